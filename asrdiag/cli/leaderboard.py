"""`asrdiag leaderboard RUN...`."""

import argparse
from pathlib import Path
from typing import Any

from .arguments import SubParsers
from .output import complain, out, out_data, show
from .paths import STANDARD_OUTPUT, check_destination, destination


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "leaderboard",
        help="show one or several runs as a table, CSV or Markdown",
        description="Shows the results of one or several runs. Nothing is computed anew.",
    )
    parser.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="run directories")
    parser.add_argument(
        "--published",
        action="store_true",
        help="show published results of the runs' benchmarks beside them, marked and never ranked",
    )
    parser.add_argument(
        "--csv", type=destination, metavar="PATH", help="write the rows as CSV; - for standard output"
    )
    parser.add_argument(
        "--wide",
        choices=("robust", "standard", "vitw"),
        help="with --csv: a row for each system in the layout of a published table, instead of one for each "
        "cell: robust (CHiME-4, VOiCES, NOIZEUS), standard (clean sets) or vitw (Voices-in-the-Wild-Bench)",
    )
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead of a terminal table")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError
    from ..report.outdated import outdated
    from ..report.rows import leaderboard_rows
    from ..store.folder import RunFolder

    check_destination("--csv", options.csv)
    if options.wide and not options.csv:
        raise UsageError("--wide: found no --csv, expected --csv PATH, or --csv - for standard output")
    rows = [row for path in options.runs for row in leaderboard_rows(RunFolder(path))]
    for path in options.runs:
        if old := outdated(RunFolder(path)):
            complain(f"asrdiag: {old}")
    if not any(row.get("metric") for row in rows):
        complain("asrdiag: no cell is scored yet; `asrdiag score RUN` scores what there is")
    shown = rows
    if options.published:
        from ..report.published import published_rows

        found = published_rows(rows)
        shown = [*rows, *found.rows]
        for note in found.notes:
            complain(f"asrdiag: {note}")
    if options.csv:
        _write_csv(options, rows, shown)
    if options.markdown:
        from ..report.table import to_markdown

        out(to_markdown(shown))
    elif not options.csv:
        show(shown)
    return 0


def _write_csv(options: argparse.Namespace, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> None:
    from ..report.rows import LEADERBOARD_COLUMNS, to_csv
    from ..store.atomic import write_text

    if options.wide:
        from ..report.wide import wide_table

        table = wide_table(rows, options.wide, published=options.published)
        for note in table.notes:
            complain(f"asrdiag: {note}")
        if not any(row["source"] == "measured" for row in table.rows):
            complain(f"asrdiag: --wide {options.wide}: these runs have none of its benchmarks as recorded")
        text = table.to_csv()
    else:
        text = to_csv(shown, LEADERBOARD_COLUMNS)
    if options.csv == STANDARD_OUTPUT:
        out_data(text)
    else:
        write_text(options.csv, text)
