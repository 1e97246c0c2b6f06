"""The leaderboard as rows: from run directories to CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..store.folder import RunFolder
from .aggregation import mean_over_datasets
from .columns import COLUMNS
from .judged import JudgedColumns

Row = Mapping[str, Any]

LEADERBOARD_COLUMNS = tuple(COLUMNS)
_RESULT = LEADERBOARD_COLUMNS[LEADERBOARD_COLUMNS.index("metric") : LEADERBOARD_COLUMNS.index("complete") + 1]
_NO_NUMBERS = ("metric", "normalizer", "names_by", "semantic_model", "judge", "complete")
METRICS = tuple(name for name in _RESULT if name not in _NO_NUMBERS)
GROUP_COLUMNS = ("run_id", "system", "dataset", "condition", "factor", "value", "language", *_RESULT)


def leaderboard_rows(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """A run's rows: those of each scored cell, means over datasets, then the suite's cells without scores.

    Besides the columns of the leaderboard each row has `run`, the directory. Those of scored cells have
    `benchmark`, the published benchmark that the dataset is, or `None`, and `as_recorded`, whether the
    condition leaves the audio as it is; macro rows have `members`, the names of their subsets.

    Raises:
        UsageError: this is not a run directory, or a summary is damaged.
    """
    run = folder.read_run()
    common = {"run": str(folder.path), "run_id": run["run_id"]}
    judged = JudgedColumns(folder)
    scored = set()
    found: list[dict[str, Any]] = []
    for summary in folder.summaries():
        scored.add(summary["cell"])
        cell = run["cells"][summary["cell"]]
        of_cell = {
            "benchmark": cell.get("benchmark"),
            "as_recorded": cell["identity"].get("condition") == {"kind": "as_recorded"},
        }
        for row in summary["rows"]:
            reason = run["not_run"].get(row["dataset"])
            note = {"note": f"not run: {reason}; these are earlier results"} if reason else {}
            found.append(
                {**common, "source": "measured", **of_cell, **row, **judged.of(summary, row), **note}
            )
    yield from found
    yield from mean_over_datasets(found)
    for key in run["suite_cells"]:
        if key not in scored:
            yield common | _unscored(key, run["cells"].get(key), run["not_run"])


def _unscored(key: str, cell: Row | None, reasons: Mapping[str, str]) -> dict[str, Any]:
    system, dataset, condition = key.split("/")
    row = {"system": system, "dataset": dataset, "condition": condition, "complete": False}
    if cell is not None:
        row |= {name: cell[name] for name in ("model_id", "model_revision", "severity", "snr_db")}
        row["n_expected"] = sum(sum(languages.values()) for languages in cell["n_expected"].values())
    reason = reasons.get(dataset)
    return row | {"note": f"not run: {reason}" if reason else "not run yet"}


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
