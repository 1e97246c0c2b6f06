"""`asrdiag run SUITE`."""

import argparse
import shlex
import sys
from contextlib import nullcontext
from pathlib import Path

from .arguments import SubParsers, add_selection, counting, load
from .output import complain, out, show


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "run",
        help="transcribe and score every cell of a suite; again to resume",
        description="Transcribes and scores every cell (system x dataset x condition) of a suite. The same "
        "command again goes on where it stopped.",
    )
    parser.add_argument("suite", metavar="SUITE", help="a YAML file, or the name of a packaged suite")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the run directory (default: runs/SUITE-NAME)"
    )
    add_selection(parser)
    parser.add_argument(
        "--batch-size", type=counting, metavar="N", help="clips a batch (default: the engine's)"
    )
    parser.add_argument("--workers", type=counting, metavar="N", help="worker processes (default: one a CPU)")
    parser.add_argument(
        "--executor", choices=("local", "ray"), default="local", help="local (default): this machine"
    )
    parser.add_argument(
        "--address", metavar="HOST:PORT", help="an existing Ray cluster, or auto (default: one started here)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--fresh", action="store_true", help="move an earlier run aside and begin anew")
    parser.add_argument("--progress", choices=("rich", "plain", "none"), help="default: rich on a terminal")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..ray_cluster import ray_cluster
    from ..report.rows import leaderboard_rows
    from ..runner.display import make_display
    from ..runner.execute import Resources
    from ..runner.ray_pool import require_room
    from ..runner.session import run_session
    from ..store.folder import RunFolder

    def place(suite: str) -> Path:
        return options.out or Path("runs") / suite

    _check_executor(options)
    on_ray = options.executor == "ray"
    here = not on_ray or options.device == "cpu"
    plan = load(options, None if options.fresh else place, device_is_here=here)
    path = place(plan.suite.suite.name)
    if options.dry_run:
        from ..runner.dry_run import describe

        out(describe(plan, path, fresh=options.fresh))
        return 0
    command = shlex.join(["asrdiag", *sys.argv[1:]])

    try:
        with ray_cluster(options.address) if on_ray else nullcontext() as cluster:
            if cluster is not None:
                require_room(cluster, plan.systems, options.device)
            out(f"run directory: {path}")
            result = run_session(
                plan,
                path,
                Resources(options.workers, options.device, options.batch_size, cluster),
                make_display(options.progress),
                command=command,
                fresh=options.fresh,
            )
    except KeyboardInterrupt:
        resume = shlex.join(["asrdiag", *(word for word in sys.argv[1:] if word != "--fresh")])
        complain(f"\ninterrupted; what is done is kept. To go on: {resume}")
        return 130
    if result.nothing_to_do:
        cells = f"{len(plan.cells)} of {len(plan.suite_keys)} cells"
        if result.complete:
            out(f"nothing to do: {cells} complete")
        else:
            out(f"nothing to do in the selected {cells}")
    show(list(leaderboard_rows(RunFolder(path))))
    for line in result.failures:
        complain(f"asrdiag: {line}; see {path / 'errors.jsonl'}")
    out(f"run directory: {path}")
    return 1 if result.failures else 0


def _check_executor(options: argparse.Namespace) -> None:
    """What only Ray can do, and what it does itself.

    Raises:
        UsageError: the options contradict each other, or Ray is not installed.
    """
    from ..errors import UsageError
    from ..ray_cluster import require_ray

    if options.executor != "ray":
        if options.address is not None:
            raise UsageError("--address is for --executor ray; leave it out, or add that")
        return
    if options.device not in ("cpu", "cuda"):
        raise UsageError(
            f"--device {options.device} with --executor ray: expected cpu or cuda; Ray itself says which GPU"
        )
    require_ray()
