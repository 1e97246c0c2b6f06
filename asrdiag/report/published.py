"""Published error rates beside those of a run: which of a run's rows they are comparable with.

They are never ranked with measured ones and no test compares them, for nothing is known of them but the rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .aggregation import MACRO, MACRO_DATASETS
from .published_tables import FAMILIES, MIXED, Column, subset_rates, system_ids, table
from .rows import Row

SOURCE = "printed in arXiv 2605.19833"

_DIFFERS = {("GPT-4o-transcribe", "voices"): "the mean of its four rooms as printed is 24.90"}
"""What is known to be wrong in a table, by printed name and column."""


@dataclass(frozen=True, slots=True)
class Published:
    """Published rows, and why there are none for some of a run's benchmarks."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def published_rows(rows: Sequence[Row]) -> Published:
    """The published rows for the benchmarks among measured rows.

    A number is only given where there is a row that it is comparable with: of the same benchmark as recorded,
    and of the same subset, or a macro row over the very subsets that were averaged. `system` is the id that
    joins the names of a system in different tables, `model_id` the name as printed.

    Args:
        rows: of one or several runs, as `leaderboard_rows` gives them.
    """
    recorded = [row for row in rows if row.get("metric") and row.get("as_recorded") and row["benchmark"]]
    # As items, since several systems and runs have the same benchmark.
    found = dict.fromkeys(tuple(row.items()) for row in _rows(rows, recorded))
    return Published(tuple(dict(items) for items in found), tuple(dict.fromkeys(_notes(rows, recorded))))


def _rows(rows: Sequence[Row], recorded: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for column in (*table("robust").columns, *table("standard").columns):
        beside = list(_comparable(column, rows, recorded))
        family = "robust" if column in table("robust").columns else "standard"
        for entry in table(family).entries if beside else ():
            if (rate := entry.values[column.name]) is not None:
                differs = _DIFFERS.get((entry.name, column.name))
                for row in beside:
                    yield _published(row, entry.name, rate, differs)
    for name, benchmarks in subset_rates().items():
        for row in recorded:
            rate = benchmarks.get(row["benchmark"], {}).get(row["subset"]) if not row["aggregate"] else None
            if rate is not None:
                yield _published(row, name, rate)


def _comparable(column: Column, rows: Sequence[Row], recorded: Sequence[Row]) -> Iterator[Row]:
    """The measured rows that a column is comparable with."""
    if len(column.benchmarks) == 1:
        for row in recorded:
            same = row["benchmark"] == column.benchmarks[0] and row["metric"] == column.metric
            if same and subsets_of(row) == column.subsets:
                yield row
        return
    wholes = [each for each in table("robust").columns if (each.name,) == each.benchmarks]
    parts = {
        (row["run"], row["dataset"], row["condition"])
        for whole in wholes
        for row in _comparable(whole, rows, recorded)
        if not row["subset"]
    }
    for row in rows:
        if row.get("aggregate") == MACRO_DATASETS and row["n_members"] == len(column.benchmarks):
            members = {(row["run"], name, row["condition"]) for name in row["dataset"].split("+")}
            if members <= parts:
                yield row


def subsets_of(row: Row) -> frozenset[str]:
    """The subsets whose error rate, or whose mean error rate, a row has; none for a pooled row."""
    if row["aggregate"] == MACRO:
        return frozenset(row["members"])
    return frozenset() if row["aggregate"] else frozenset({row["subset"]})


def _published(beside: Row, name: str, rate: float, differs: str | None = None) -> dict[str, Any]:
    return {
        "run": "",
        "run_id": "",
        "system": system_ids()[name],
        "model_id": name,
        **{name: beside[name] for name in ("dataset", "subset", "aggregate", "condition")},
        "n_members": beside.get("n_members"),
        "language": beside["language"],
        "metric": beside["metric"],
        "error_rate_pct": rate,
        "source": "published",
        "note": f"{SOURCE}; {differs}" if differs else SOURCE,
        "benchmark": beside.get("benchmark"),
    }


def _notes(rows: Sequence[Row], recorded: Sequence[Row]) -> Iterator[str]:
    printed = {
        benchmark: column
        for family in FAMILIES
        for column in table(family).columns
        for benchmark in column.benchmarks
        if len(column.benchmarks) == 1
    }  # the last one of a benchmark, which in the table of averages is the whole
    for row in rows:
        if row.get("benchmark") in printed and row["dataset"] not in {each["dataset"] for each in recorded}:
            yield f"{row['dataset']}: published for the audio as recorded, which this run does not have"
    for row in recorded:
        column = printed.get(row["benchmark"])
        if column is None:
            continue
        if column.metric == MIXED:
            yield (
                f"{row['dataset']}: published with English words and Chinese characters counted as one; "
                "--wide vitw has that table"
            )
        elif (row["aggregate"], row["subset"]) == (MACRO, "") and len(column.subsets) > 1:
            same = [each for each in recorded if each["dataset"] == row["dataset"]]
            if column.subsets not in map(subsets_of, same):
                alone = any(row["benchmark"] in rates for rates in subset_rates().values())
                yield (
                    f"{row['dataset']}: has {row['n_members']} subsets, the published averages are over "
                    f"{len(column.subsets)} and are left out"
                    f"{'; --csv has the published numbers of single subsets' if alone else ''}"
                )
