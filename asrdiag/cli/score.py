"""`asrdiag score RUN`."""

import argparse
from pathlib import Path

from .arguments import SubParsers
from .output import out, show


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "score",
        help="score a run's transcripts again, without transcribing",
        description="Makes scores, summaries and the CSV files anew from the samples, which stay untouched.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="a run directory")
    parser.add_argument("--normalizer", metavar="NAME", help="use this normaliser instead of the suite's")
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError, unknown
    from ..metrics import NORMALIZERS
    from ..report.rows import leaderboard_rows
    from ..report.write import write_reports
    from ..scoring import score_cell
    from ..store.folder import RunFolder
    from ..store.lock import RunLock

    name = options.normalizer
    if name is not None and name not in NORMALIZERS:
        raise UsageError(unknown("normaliser", name, NORMALIZERS))
    folder = RunFolder(options.run)
    folder.read_run()
    with RunLock(options.run):
        cells = folder.read_run()["cells"]
        scored = 0
        for key, cell in cells.items():
            if folder.has_samples_of(key, cell):
                normalizers = {language: name or old for language, old in cell["normalizers"].items()}
                score_cell(folder, key, cell | {"normalizers": normalizers})
                scored += 1
        write_reports(folder)
    out(f"{scored} of {len(cells)} cells scored")
    show(list(leaderboard_rows(folder)))
    return 0
