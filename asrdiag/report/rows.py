"""The leaderboard as rows: from run directories to CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..store.folder import RunFolder
from .columns import COLUMNS

Row = Mapping[str, Any]

LEADERBOARD_COLUMNS = tuple(COLUMNS)
_RESULT = LEADERBOARD_COLUMNS[LEADERBOARD_COLUMNS.index("metric") : LEADERBOARD_COLUMNS.index("complete") + 1]
METRICS = tuple(name for name in _RESULT if name not in ("metric", "normalizer", "complete"))
GROUP_COLUMNS = ("run_id", "system", "dataset", "condition", "factor", "value", "language", *_RESULT)


def leaderboard_rows(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """A run's rows: each cell's, then one for each dataset that was never run.

    Besides the columns of the leaderboard each measured row has `run`, the directory.

    Raises:
        UsageError: this is not a run directory.
    """
    run = folder.read_run()
    measured = {"run": str(folder.path), "run_id": run["run_id"], "source": "measured"}
    found = set()
    for summary in folder.summaries():
        for row in summary["rows"]:
            found.add(row["dataset"])
            yield measured | row
    for dataset, reason in run["not_run"].items():
        if dataset not in found:
            note = f"not run: {reason}"
            yield {"run_id": run["run_id"], "dataset": dataset, "complete": False, "note": note}


def group_rows(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """A run's results broken down by factors of the utterances."""
    run_id = folder.read_run()["run_id"]
    for summary in folder.summaries():
        for row in summary["groups"]:
            yield {"run_id": run_id, **row}


def to_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Rows as CSV: four decimals at most, `true` and `false`, nothing where a number does not exist."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return stream.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
