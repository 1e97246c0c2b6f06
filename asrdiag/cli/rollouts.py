"""`asrdiag rewards inspect` and `asrdiag rewards probe`: rollout logs read, scored and reported."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import as_text, complain, out, out_data
from .paths import STANDARD_OUTPUT, check_destination

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ..metrics.rewards import DGWGPOReward
    from ..rollouts.session import Findings, Question

_FILE_WIDTH = 120
_PARAMETERS = ("tau", "alpha_s", "alpha_dyn", "clip", "language", "normalizer")


def inspect(options: argparse.Namespace) -> int:
    """`asrdiag rewards inspect`."""
    from ..rollouts.as_data import groups_csv, inspection_data

    findings, reward = _look(options, n_cases=options.cases, use_logged=options.logged)
    how = {"margin": options.margin, "k": options.k}

    def render(console: "Console") -> "RenderableType":
        from ..rollouts.inspection_table import render_inspection

        return render_inspection(findings, reward, console.width, **how)

    _report(options, lambda: inspection_data(findings, reward, **how), render)
    _write_csv(options, lambda: groups_csv(findings.inspection.groups))
    return _complain(findings)


def probe(options: argparse.Namespace) -> int:
    """`asrdiag rewards probe`."""
    from ..errors import UsageError
    from ..metrics.rewards import probing
    from ..rollouts.as_data import probe_csv, probe_data

    criterion = probing.Criterion(
        margin=options.margin,
        least_preservation=options.min_bap,
        least_valid=options.min_valid,
        k=options.k,
    )
    findings, reward = _look(options, n_cases=0, use_logged=False)
    groups = findings.inspection.groups
    try:
        found = probing.probe(groups.joined(findings.greedy) if findings.greedy else groups, criterion)
    except ValueError as error:
        raise UsageError(f"{error}; give --temperatures, one for each file") from None

    def render(console: "Console") -> "RenderableType":
        from ..rollouts.probe_table import render_probe

        return render_probe(found, criterion, console.width)

    _report(options, lambda: probe_data(findings, found, reward, criterion), render)
    _write_csv(options, lambda: probe_csv(found))
    return _complain(findings)


def _look(
    options: argparse.Namespace, *, n_cases: int, use_logged: bool
) -> tuple["Findings", "DGWGPOReward"]:
    from ..errors import UsageError
    from ..metrics.rewards import DGWGPOReward
    from ..rollouts.reading import find_logs
    from ..rollouts.session import Question

    given = {name: getattr(options, name) for name in _PARAMETERS}
    try:
        reward = DGWGPOReward.preset(
            options.preset or "paper", **{name: value for name, value in given.items() if value is not None}
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    files = find_logs(options.files)
    for option in ("out", "csv"):
        check_destination(f"--{option}", getattr(options, option), files)
    if options.csv == STANDARD_OUTPUT and (
        options.out == STANDARD_OUTPUT or (options.json and options.out is None)
    ):
        raise UsageError("found the report and --csv for standard output, expected one of them in a file")
    question = Question(
        reward,
        use_logged=use_logged,
        n_cases=n_cases,
        fields=dict(options.field),
        temperatures=options.temperatures,
    )
    return _read(files, question), reward


def _read(files: list[Path], question: "Question") -> "Findings":
    from ..rollouts.session import look_into

    with _bar(files) as progress:
        return look_into(files, question, progress)


@contextmanager
def _bar(files: list[Path]) -> Iterator[Callable[[int, int], None]]:
    """How far reading is, on a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from ..runner.console import StderrConsole

    console = StderrConsole(stderr=True, highlight=False)
    sizes = [path.stat().st_size if path.is_file() else 0 for path in files]
    columns = "reading", BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=sum(sizes))

        def advance(number: int, offset: int) -> None:
            progress.update(task, completed=sum(sizes[:number]) + offset)

        yield advance


def _report(
    options: argparse.Namespace,
    data: Callable[[], dict[str, Any]],
    render: "Callable[[Console], RenderableType]",
) -> None:
    """The tables or the JSON; nothing where standard output is taken by the CSV."""
    from ..store.atomic import write_text

    if options.csv == STANDARD_OUTPUT and options.out is None:
        return
    to_file = options.out is not None and options.out != STANDARD_OUTPUT
    if options.json:
        import json

        text = json.dumps(data(), ensure_ascii=False, indent=2, allow_nan=False)
        if not to_file:
            out_data(text)
    else:
        text = as_text(render, _FILE_WIDTH if to_file else None).removesuffix("\n")
        if not to_file:
            out(text)
    if to_file:
        write_text(options.out, text + "\n")


def _write_csv(options: argparse.Namespace, make: Callable[[], str]) -> None:
    from ..store.atomic import write_text

    if options.csv == STANDARD_OUTPUT:
        out_data(make())
    elif options.csv is not None:
        write_text(options.csv, make())


def _complain(findings: "Findings") -> int:
    for bad in findings.bad_lines:
        complain(f"asrdiag: {bad}")
    more = findings.n_bad_lines - len(findings.bad_lines)
    if more:
        complain(f"asrdiag: and {more} more lines that cannot be used")
    if findings.n_torn:
        complain(f"asrdiag: the last line of {findings.n_torn} file(s) is half written; it is left out")
    return 1 if findings.n_bad_lines else 0
