"""Measured results in the layout of the published tables: systems down, averages across."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from .published_tables import MIXED, Column, Table, system_ids, table
from .rows import Row, to_csv

_FIRST = ("run_id", "system", "name", "access", "source", "metric")


@dataclass(frozen=True, slots=True)
class WideTable:
    """Rows by column, and what had to be left empty."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]

    def to_csv(self) -> str:
        return to_csv(self.rows, self.columns)


def wide_table(rows: Sequence[Row], family: str, *, published: bool = False) -> WideTable:
    """The results of one family of benchmarks, a key of `FAMILIES`, as recorded.

    A number is there only where all utterances that it stands for are scored. It is the mean of the error
    rates of the column's subsets, and `overall` the mean of the benchmarks' means. With the metric `mixed`
    it is the errors over the reference tokens of all its subsets, English words and Chinese characters
    counted alike, as the scorer that was released with Voices-in-the-Wild-Bench does; such a number is
    nowhere else, since it depends on how much of each language there is.

    Args:
        rows: of one or several runs, as `leaderboard_rows` gives them.
        family: which table.
        published: whether the rows as published follow.
    """
    printed = table(family)
    names = [column.name for column in printed.columns]
    benchmarks = {name for column in printed.columns for name in column.benchmarks}
    by_system: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.get("metric") and row.get("as_recorded") and row["benchmark"] in benchmarks:
            by_system.setdefault((row["run"], row["system"]), []).append(row)
    access = {entry.system: entry.access for entry in printed.entries}
    found: list[dict[str, Any]] = []
    notes: list[str] = []
    for (_, system), own in by_system.items():
        values: dict[str, float | None] = {}
        for column in printed.columns:
            values[column.name] = _value(column, own, values)
        notes += _shortcomings(printed, system, own)
        first = {"run_id": own[0]["run_id"], "system": system, "name": own[0]["model_id"]}
        first |= {"access": access.get(system), "source": "measured", "metric": printed.metric}
        found.append(first | values)
    if published:
        for entry in printed.entries:
            first = {"system": system_ids()[entry.name], "name": entry.name, "access": entry.access}
            found.append(first | {"source": "published", "metric": printed.metric, **entry.values})
    return WideTable((*_FIRST, *names), tuple(found), tuple(dict.fromkeys(notes)))


def _value(column: Column, rows: Sequence[Row], values: Mapping[str, float | None]) -> float | None:
    if len(column.benchmarks) > 1:
        parts = [values[name] for name in column.benchmarks]
        known = [part for part in parts if part is not None]
        return fmean(known) if len(known) == len(parts) else None
    members = list(_members(column, rows))
    if sorted(row["subset"] for row in members) != sorted(column.subsets):
        return None
    if not all(row["complete"] for row in members) or not _placed(column, rows):
        return None
    if column.metric == MIXED:
        return _pooled_rate(members)
    rates = [row["error_rate_pct"] for row in members]
    return None if None in rates else fmean(rates)


def _members(column: Column, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of the column's subsets."""
    for row in rows:
        same = row["benchmark"] in column.benchmarks and column.metric in (MIXED, row["metric"])
        if same and not row["aggregate"] and row["subset"] in column.subsets:
            yield row


def _placed(column: Column, rows: Iterable[Row]) -> bool:
    """Whether it is known which subset every missing utterance is of.

    For Voices-in-the-Wild-Bench only totals are documented, so that this is known of failed ones, which were
    there. Where others are missing any subset may lack some.
    """
    return column.metric != MIXED or not any(
        row["n_expected"] - row["n_scored"] > row["n_failed"]
        for row in rows
        if row["benchmark"] in column.benchmarks
    )


def _pooled_rate(rows: Sequence[Row]) -> float | None:
    kinds = ("substitutions_soft", "substitutions_hard", "deletions", "insertions")
    tokens = sum(row["ref_tokens"] for row in rows)
    return 100 * sum(row[kind] for row in rows for kind in kinds) / tokens if tokens else None


def _shortcomings(printed: Table, system: str, rows: Sequence[Row]) -> Iterator[str]:
    """Why numbers that one might expect are not there: for each benchmark that the run has, in part."""
    needed: dict[str, set[str]] = {}
    complete: dict[str, set[str]] = {}
    for column in printed.columns:
        if len(column.benchmarks) == 1:
            [benchmark] = column.benchmarks
            needed.setdefault(benchmark, set()).update(column.subsets)
            members = _members(column, rows) if _placed(column, rows) else ()
            found = {row["subset"] for row in members if row["complete"]}
            complete.setdefault(benchmark, set()).update(found)
    for benchmark in dict.fromkeys(row["benchmark"] for row in rows):
        if complete[benchmark] < needed[benchmark]:
            yield (
                f"{benchmark} of {system}: {len(complete[benchmark])} of {len(needed[benchmark])} subsets "
                "are complete; averages that need others are left empty"
            )
