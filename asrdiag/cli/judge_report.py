"""Telling what a judge found."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from .output import as_text, complain, out, out_data
from .paths import STANDARD_OUTPUT, check_destination


def report(path: Path, options: argparse.Namespace) -> int:
    """Show a judge's report; the exit status."""
    from ..errors import UsageError
    from ..judge.published import SOURCE, published_judgements
    from ..judge.rendering import render_report
    from ..judge.report import make_report
    from ..judge.summary import summarize
    from ..report.rows import LEADERBOARD_COLUMNS, leaderboard_rows, to_csv
    from ..store.atomic import write_text
    from ..store.folder import RunFolder
    from ..store.lock import RunLock

    check_destination("--json", options.json, [options.human] if options.human else [])
    folder = RunFolder(path)
    found = make_report(folder, options.judge, options.human)
    published = published_judgements() if options.published else ()
    if published:
        found.notes.append(SOURCE)
    record = found.as_record() | ({"published": [asdict(entry) for entry in published]} if published else {})
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if options.json == STANDARD_OUTPUT:
        out_data(text)
    else:
        out(as_text(lambda _: render_report(found, published)).removesuffix("\n"))
    if options.json and options.json != STANDARD_OUTPUT:
        write_text(options.json, text)
    try:
        with RunLock(path):
            summarize(folder)
            write_text(folder.leaderboard, to_csv(leaderboard_rows(folder), LEADERBOARD_COLUMNS))
    except UsageError as error:
        complain(f"asrdiag: {folder.leaderboard} is not written: {error}")
    return 0
