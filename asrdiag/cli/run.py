"""`asrdiag run SUITE`."""

import argparse
import os
import shlex
import sys
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
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--fresh", action="store_true", help="move an earlier run aside and begin anew")
    parser.add_argument("--progress", choices=("rich", "plain", "none"), help="default: rich on a terminal")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..report.rows import leaderboard_rows
    from ..runner.display import make_display
    from ..runner.execute import Resources
    from ..runner.session import run_session
    from ..store.folder import RunFolder

    def place(suite: str) -> Path:
        return options.out or Path("runs") / suite

    plan = load(options, None if options.fresh else place)
    path = place(plan.suite.suite.name)
    if options.dry_run:
        from ..runner.dry_run import describe

        out(describe(plan, path, fresh=options.fresh))
        return 0
    out(f"run directory: {path}")
    command = shlex.join(["asrdiag", *sys.argv[1:]])
    resources = Resources(options.workers or len(os.sched_getaffinity(0)), options.device, options.batch_size)
    try:
        result = run_session(
            plan, path, resources, make_display(options.progress), command=command, fresh=options.fresh
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
