"""`asrdiag compare RUN`."""

import argparse
from pathlib import Path

from .arguments import SubParsers, counting
from .output import complain, out_data, show_comparisons
from .paths import STANDARD_OUTPUT, check_destination, destination


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "compare",
        help="tell whether the systems of a run differ, with intervals and tests",
        description="Compares the systems of a run pair by pair on the clips that all of them answered, and "
        "writes comparisons.csv into the run directory.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="a run directory")
    parser.add_argument(
        "--systems", nargs="+", default=[], metavar="ID", help="two systems or more (default: all of the run)"
    )
    parser.add_argument(
        "--by",
        default="dataset",
        metavar="GROUP",
        help="one of condition, subset, language, speaker or a factor of the dataset; default: dataset, all "
        "in one",
    )
    for kind in ("dataset", "condition"):
        parser.add_argument(
            f"--{kind}", nargs="+", action="extend", default=[], metavar="ID", help=f"only these {kind}s"
        )
    parser.add_argument(
        "--unit",
        choices=("speaker", "utterance"),
        default="speaker",
        help="what is drawn (default: speakers, where they are known; with utterances, what is found holds "
        "for these speakers alone)",
    )
    parser.add_argument("--level", type=_share, default=0.95, help="of the intervals (default: 0.95)")
    parser.add_argument(
        "--resamples", type=counting, default=10_000, metavar="N", help="of the bootstrap (default: 10000)"
    )
    parser.add_argument(
        "--csv",
        type=destination,
        metavar="PATH",
        help="write the rows here too; - for standard output, instead of the table",
    )
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError
    from ..report.comparison_cells import Selection
    from ..report.comparisons import compare_run, comparisons_csv
    from ..store.atomic import write_text
    from ..store.folder import RunFolder
    from ..store.lock import RunLock

    check_destination("--csv", options.csv)
    folder = RunFolder(options.run)
    selection = Selection(options.systems, options.dataset, options.condition, options.by, options.unit)
    found = compare_run(folder, selection, level=options.level, resamples=options.resamples)
    if not found.rows:
        raise UsageError(f"{options.run}: nothing in common to compare: {'; '.join(found.notes)}")
    text = comparisons_csv(found.rows)
    if options.csv == STANDARD_OUTPUT:
        out_data(text)
        for note in found.notes:
            complain(f"asrdiag: {note}")
    else:
        show_comparisons(found.rows, found.notes)
    if options.csv and options.csv != STANDARD_OUTPUT:
        write_text(options.csv, text)
    try:
        with RunLock(options.run):
            write_text(folder.comparisons, text)
    except UsageError as error:
        complain(f"asrdiag: {folder.comparisons} is not written: {error}")
    return 0


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number between 0 and 1, such as 0.95")
    return value
