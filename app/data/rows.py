"""The leaderboard of the open runs."""

from collections.abc import Sequence
from typing import Any

from asrdiag.report.matrix import whole_rows
from asrdiag.report.published import published_rows
from asrdiag.report.rows import leaderboard_rows

from .index import ERRORS
from .runs import OpenRun, called


def rows_of(runs: Sequence[OpenRun]) -> list[dict[str, Any]]:
    """The leaderboard's rows of all runs, see `report.rows`, with two more columns.

    `run_name` is what the run is called, `called` what the system is, which is its id unless several runs
    have a system of that id.
    """
    names = called(runs)
    return [
        row | {"run_name": run.name, "called": names.get((run.name, row["system"]), row["system"])}
        for run in runs
        for row in leaderboard_rows(run)
    ]


def measured(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those over whole datasets: one for each run, system, dataset, condition and metric."""
    found: list[dict[str, Any]] = []
    for run in dict.fromkeys(row["run_name"] for row in rows):
        found += [dict(row) for row in whole_rows([row for row in rows if row["run_name"] == run])]
    return found


def published(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The published rows beside measured ones, and a note for each benchmark that has none."""
    beside = published_rows(rows)
    return [row | {"run_name": "", "called": row["system"]} for row in beside.rows], beside.notes


def parts(row: dict[str, Any]) -> dict[str, float]:
    """The four kinds of errors in % of the reference; empty where they are not known."""
    tokens = row.get("ref_tokens")
    counts: dict[str, Any] = {kind: row.get(column) for kind, column in ERRORS.items()}
    if not tokens or None in counts.values():
        return {}
    return {kind: 100 * number / tokens for kind, number in counts.items()}
