"""`asrdiag export RUN...`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .arguments import SubParsers
from .output import complain, out, silence
from .paths import STANDARD_OUTPUT, check_destination, destination

_FORMATS = ("csv", "jsonl", "zip", "html")
_ORDERS = ("errors", "rate", "least", "longest", "shortest")


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "export",
        help="write cases to a file, or a case study as a web page",
        usage="asrdiag export RUN [RUN ...] [--where FILTER] [--cases FILE] [--out FILE]",
        description="Writes the answers of runs with their scores and texts: as CSV, as JSON Lines, or as a "
        "ZIP with the audio. With --cases it is the cases of a case study, as a web page without scripts.",
    )
    parser.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="run directories")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="FILTER",
        help="only these answers, as in an address of the explorer: system=ID, mode=empty, rate=20.., "
        "text=word; may be given several times",
    )
    parser.add_argument("--order", choices=_ORDERS, help="which come first (default: those with most errors)")
    parser.add_argument("--cases", type=Path, metavar="FILE", help="the cases of this case study")
    parser.add_argument(
        "--out",
        type=destination,
        metavar="FILE",
        help="write this file; its ending says in which format (default: cases.csv in the first run, or with "
        "--cases a page beside that FILE); - for standard output",
    )
    parser.add_argument("--format", choices=_FORMATS, help="where the ending of --out does not say it")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..app.exporting import Order, export
    from ..report.page.text import count
    from ..store.atomic import replacing

    form, study = _format(options), options.cases
    if study and (options.where or options.order):
        raise UsageError(
            "--where and --order are for whole runs; with --cases the file says which and in which order"
        )
    path = options.out or (study.with_suffix(f".{form}") if study else options.runs[0] / f"cases.{form}")
    check_destination("--out", path, [study] if study else [])
    if path.is_dir():
        raise UsageError(f"--out {path}: this is a folder, expected a file")
    order = Order(tuple(options.runs), form, tuple(options.where), options.order or _ORDERS[0], study)
    if path == STANDARD_OUTPUT:
        try:
            told = export(order, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # nobody reads on
            silence(sys.stdout)
            return 0
        return _said(told)
    with replacing(path) as temporary, temporary.open("wb") as stream:
        told = export(order, stream)
    out(f"{'page' if form == 'html' else 'export'}: {path} ({count(told.n_cases, 'case')})")
    return _said(told)


def _said(told: Any) -> int:
    for line in (*told.problems, *told.notes):
        complain(f"asrdiag: {line}")
    return 1 if told.problems else 0


def _format(options: argparse.Namespace) -> str:
    form: str
    if options.format:
        form = options.format
    elif options.out in (None, STANDARD_OUTPUT):
        form = "html" if options.cases else "csv"
    else:
        form = options.out.suffix.lower().removeprefix(".")
        if form not in _FORMATS:
            raise UsageError(
                f"--out {options.out}: the ending is no format; known: .{', .'.join(_FORMATS)}, or --format"
            )
    if form == "html" and not options.cases:
        raise UsageError(
            "a page is made of chosen cases: --cases FILE; `asrdiag report RUN --html` is of a run"
        )
    return form
