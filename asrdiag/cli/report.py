"""`asrdiag report RUN...`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import SubParsers
from .output import complain, out, out_data, show_contents
from .paths import STANDARD_OUTPUT, check_destination, destination

if TYPE_CHECKING:
    from ..report.contents import Contents

_BESIDE_THE_RUN = Path()


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "report",
        help="show what each condition changes, or write it all as a web page",
        usage="asrdiag report RUN [RUN ...] [--html [FILE]] [--published]",
        description="Shows error rates by condition and their change against the audio as recorded. With "
        "--html it writes one page, which needs no network: leaderboard, heat map, curves, changes, failure "
        "modes and worst cases.",
    )
    parser.add_argument("runs", metavar="RUN", type=Path, nargs="*", help="run directories")
    parser.add_argument(
        "--html",
        type=destination,
        nargs="?",
        const=_BESIDE_THE_RUN,
        metavar="FILE",
        help="write the page here (default: report.html in the first run); - for standard output",
    )
    parser.add_argument(
        "--published", action="store_true", help="with --html: published results of the same benchmarks too"
    )
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError
    from ..report.contents import contents_of
    from ..report.outdated import outdated
    from ..store.folder import RunFolder

    if not options.runs:
        raise UsageError("no RUN is given; it stands before --html, which takes what follows as its FILE")
    if options.html not in (None, _BESIDE_THE_RUN) and options.html.is_dir():
        raise UsageError(
            f"--html {options.html}: this is a folder, expected a file; runs stand before --html"
        )
    if options.published and options.html is None:
        raise UsageError("--published is for --html; `asrdiag leaderboard --published` shows a table of them")
    check_destination("--html", options.html)
    folders = [RunFolder(path) for path in options.runs]
    for folder in folders:
        if old := outdated(folder):
            complain(f"asrdiag: {old}")
    contents = contents_of(folders, published=options.published, worst=options.html is not None)
    if options.html is None:
        show_contents(contents)
        return 0
    path = folders[0].path / "report.html" if options.html == _BESIDE_THE_RUN else options.html
    return _write(contents, path)


def _write(contents: "Contents", path: Path) -> int:
    from ..report.page.document import page_of
    from ..store.atomic import write_text

    text = page_of(contents)
    if path == STANDARD_OUTPUT:
        out_data(text)
        return 0
    write_text(path, text)
    for note in contents.notes:
        complain(f"asrdiag: {note}")
    out(f"report: {path}")
    return 0
