"""`asrdiag score RUN`, and `asrdiag score --ref R --hyp H`."""

import argparse
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from .arguments import SubParsers
from .output import complain, out, show
from .paths import destination, source
from .score_semantic import add_semantic, again, check_semantic, measure_run, show_semantic

REPORTS = ("table", "json", "csv", "sclite")
_OF_FILES = (
    *("ref", "hyp", "ref_format", "hyp_format", "language", "unit", "missing_as_empty"),
    *("speaker_separator", "by", "report", "out"),
)


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "score",
        help="score transcripts: a run's again, or any two files",
        usage="asrdiag score RUN [--normalizer NAME] [--semantic [MODEL]]\n"
        "       asrdiag score --ref FILE --hyp FILE [options]\n"
        "       asrdiag score --ref FILE [options]   (a file that holds both sides)",
        description="Scores a run's transcripts again, without transcribing; or scores files of transcripts "
        "that any other tool wrote: trn, Kaldi text, CSV, TSV, JSON, ctm, stm.",
    )
    parser.add_argument(
        "run", metavar="RUN", type=Path, nargs="?", help="a run directory; its samples stay untouched"
    )
    parser.add_argument(
        "--normalizer",
        metavar="NAME",
        help="use this normaliser instead of the suite's or the language's own",
    )
    parser.add_argument(
        "--keywords",
        nargs="+",
        action="extend",
        metavar="TEXT",
        help="words and phrases that must not be lost, instead of the suite's",
    )
    parser.add_argument(
        "--ner",
        nargs="+",
        action="extend",
        metavar="PIPELINE",
        help="tell names by these spaCy pipelines, one for each language, instead of the suite's: names of "
        "installed ones or folders (extra `ner`)",
    )
    add_semantic(parser)
    files = parser.add_argument_group("files of transcripts")
    files.add_argument(
        "--ref", type=source, metavar="FILE", help="what was said; - for standard input, here or in --hyp"
    )
    files.add_argument("--hyp", type=source, metavar="FILE", help="what was recognised")
    for side in ("ref", "hyp"):
        files.add_argument(
            f"--{side}-format",
            metavar="FORMAT",
            help="trn, kaldi, csv, tsv, jsonl, ctm, stm or lines (default: by suffix, else by content)",
        )
    files.add_argument(
        "--language", metavar="TAG", help="of utterances that state none (default: en); decides WER or CER"
    )
    files.add_argument(
        "--unit",
        choices=("word", "character", "mixed"),
        help="count these (WER, CER or MER), whatever the language",
    )
    files.add_argument(
        "--missing-as-empty",
        action="store_true",
        help="an utterance without a hypothesis was answered with nothing (default: it has no score, and the "
        "exit status is 1)",
    )
    files.add_argument(
        "--speaker-separator",
        metavar="TEXT",
        help="where no speaker is stated, it is the utterance's id up to the first TEXT",
    )
    files.add_argument(
        "--by",
        nargs="+",
        action="extend",
        metavar="COLUMN",
        help="group by one or several of speaker, language and the columns",
    )
    files.add_argument("--report", choices=REPORTS, help="default: by --out's suffix, else table")
    files.add_argument(
        "--out", type=destination, metavar="PATH", help="write the report there; - for standard output"
    )
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..errors import UsageError, unknown
    from ..metrics import NORMALIZERS

    name = options.normalizer
    if name is not None and name not in NORMALIZERS:
        raise UsageError(unknown("normaliser", name, NORMALIZERS))
    check_semantic(options)
    _check_content(options)
    if options.run is None:
        from .score_files import run_files

        return run_files(options)
    for option in _OF_FILES:
        if getattr(options, option) not in (None, False):
            raise UsageError(
                f"found RUN and --{option.replace('_', '-')}, which is for files; expected a run or files, "
                "not both"
            )
    if options.run.is_file():
        raise UsageError(
            f"{options.run}: found a file, expected a run directory; files go to --ref and --hyp"
        )
    return _run_again(options)


def _changes(options: argparse.Namespace, cell: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say instead of the cell's entry in `run.json`."""
    changes: dict[str, Any] = {}
    if options.normalizer:
        changes["normalizers"] = dict.fromkeys(cell["normalizers"], options.normalizer)
    if options.keywords:
        changes["keywords"] = options.keywords
    if options.ner:
        changes["ner"] = options.ner
    return changes


def _run_again(options: argparse.Namespace) -> int:
    from ..report.rows import leaderboard_rows
    from ..report.write import write_reports
    from ..scoring import score_cell
    from ..store.folder import RunFolder
    from ..store.lock import RunLock

    folder = RunFolder(options.run)
    folder.read_run()
    with RunLock(options.run):
        cells = {key: cell | _changes(options, cell) for key, cell in folder.read_run()["cells"].items()}
        sampled = {key: cell for key, cell in cells.items() if folder.has_samples_of(key, cell)}
        measured = measure_run(options, folder, sampled)
        scored = 0
        try:
            for key in _watched(sampled):
                score_cell(folder, key, sampled[key])
                scored += 1
        except KeyboardInterrupt:
            write_reports(folder)
            complain(
                f"asrdiag: interrupted: {scored} of {len(sampled)} cells are scored anew, the others keep "
                f"the scores they had. To score all: {again(options)}"
            )
            return 130
        write_reports(folder)
    out(f"{scored} of {len(cells)} cells scored")
    rows = list(leaderboard_rows(folder))
    show(rows)
    if measured is not None:
        show_semantic(measured, rows)
    return 0


def _check_content(options: argparse.Namespace) -> None:
    from ..errors import UsageError
    from ..metrics.diagnosis.entities import check_keywords
    from ..ner import load_recogniser

    try:
        check_keywords(options.keywords or ())
    except ValueError as error:
        raise UsageError(f"--keywords: {error}") from None
    for name in options.ner or ():
        load_recogniser(name)


def _watched(keys: Collection[str]) -> Iterator[str]:
    """The keys, beside a bar on the terminal that says how many are done, how fast, and how long to go."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TimeRemainingColumn,
    )

    class Rate(ProgressColumn):
        def render(self, task: Task) -> str:
            return f"cells, {task.speed:.1f}/s," if task.speed else "cells"

    console = Console(stderr=True)
    columns = "scoring", BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(keys)
