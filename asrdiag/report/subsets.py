"""Benchmarks as tables: systems down, the averages of their subsets across."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .aggregation import MACRO, MACRO_DATASETS, POOLED
from .grid import system_names
from .rows import Row

PUBLISHED = "published"

_MOST_SUBSETS = 12
"""So many subsets are shown one by one where a dataset names no averages."""


@dataclass(frozen=True, slots=True)
class SubsetLine:
    """One system under one condition; what does not exist is `None` or not there."""

    system: str
    condition: str
    published: bool
    parts: Mapping[str, Row]
    """By column."""
    macro: Row | None
    """The mean over all subsets."""
    pooled: Row | None
    """Of all counts; where a dataset has one subset, its row."""

    def worst(self) -> str | None:
        """The column with the highest error rate, if several are complete and none is not; measured only."""
        rates = {
            name: row["error_rate_pct"]
            for name, row in self.parts.items()
            if row.get("complete") and row.get("error_rate_pct") is not None
        }
        if self.published or len(rates) < len(self.parts) or len(set(rates.values())) < 2:
            return None
        return max(rates, key=lambda name: rates[name])


@dataclass(frozen=True, slots=True)
class SubsetTable:
    """One dataset under one metric, or the mean over several datasets."""

    dataset: str
    metric: str
    language: str
    normalizer: str
    columns: tuple[str, ...]
    """Named averages, else the subsets, if they are few; the datasets where it is a mean over these."""
    lines: tuple[SubsetLine, ...]
    """Measured ones, each followed by what is published of the system; then the other published ones."""

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.condition for line in self.lines))

    @property
    def averaged(self) -> bool:
        """Whether any line has a mean over subsets or datasets."""
        return any(line.macro is not None for line in self.lines)

    def unlike(self) -> str | None:
        """Which means are over other subsets than others, as those of several runs may be; `None` if none."""
        over: dict[frozenset[str], list[str]] = {}
        for line in self.lines:
            if line.macro and not line.published and line.macro["aggregate"] == MACRO:
                over.setdefault(frozenset(line.macro["members"]), []).append(line.system)
        if len(over) < 2:
            return None
        printed = {line.macro["n_members"] for line in self.lines if line.published and line.macro}
        groups = "; ".join(
            [f"{len(of)} of {', '.join(dict.fromkeys(who))}" for of, who in over.items()]
            + [f"{number} of the published systems" for number in sorted(printed)]
        )
        return f"{self.dataset}: these means are over different subsets and cannot be compared: {groups}"


def make_subset_tables(rows: Iterable[Row]) -> Iterator[SubsetTable]:
    """A table for each dataset and metric with several subsets or published rows, then those of means.

    Rows are those of `leaderboard_rows`, with those of `published_rows` if these are to be shown. Systems of
    several runs that share a name are told apart by the run's directory.
    """
    scored = [row for row in rows if row.get("metric")]
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in scored:
        tables.setdefault((row["dataset"], row["metric"]), []).append(row)
    means: list[SubsetTable] = []
    for (dataset, metric), found in tables.items():
        kinds = {row["aggregate"] for row in found}
        if MACRO_DATASETS in kinds:
            columns = tuple(dataset.split("+"))
            wholes = [row for row in scored if row["dataset"] in columns and row["metric"] == metric]
            means.append(_table(found, columns, _dataset_means(wholes), system_names(scored)))
        elif MACRO in kinds or any(row["source"] == PUBLISHED for row in found):
            yield _table(found, _columns(found), _parts(found), system_names(scored))
    yield from means


_Key = tuple[str, str, str, str]
"""Run, system, condition, and of a published row the printed name."""


def _key(row: Row) -> _Key:
    return row["run"], row["system"], row["condition"], row["model_id"] if row["source"] == PUBLISHED else ""


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    measured = [row for row in rows if row["source"] != PUBLISHED]
    named = dict.fromkeys(row["subset"] for row in measured if row["aggregate"] == MACRO and row["subset"])
    if named:
        return tuple(named)
    alone = [(_key(row), row["subset"]) for row in measured if not row["aggregate"]]
    subsets = dict.fromkeys(subset for _, subset in alone)
    # A subset in several languages has several rows, and none is the subset's.
    each_once = len(set(alone)) == len(alone)
    return tuple(subsets) if each_once and 1 < len(subsets) <= _MOST_SUBSETS else ()


def _parts(rows: Sequence[Row]) -> dict[_Key, dict[str, Row]]:
    """By column, rows of named averages and of subsets; where both have a name, the average."""
    found: dict[_Key, dict[str, Row]] = {}
    for kind in ("", MACRO):
        for row in rows:
            if row["aggregate"] == kind and row["subset"]:
                found.setdefault(_key(row), {})[row["subset"]] = row
    return found


def _dataset_means(rows: Sequence[Row]) -> dict[_Key, dict[str, Row]]:
    found: dict[_Key, dict[str, Row]] = {}
    for row in rows:
        if row["aggregate"] == MACRO and not row["subset"]:
            found.setdefault(_key(row), {})[row["dataset"]] = row
    return found


def _table(
    rows: Sequence[Row],
    columns: tuple[str, ...],
    parts: Mapping[_Key, Mapping[str, Row]],
    names: Mapping[tuple[str, str], str],
) -> SubsetTable:
    by_line: dict[_Key, list[Row]] = {}
    for row in rows:
        by_line.setdefault(_key(row), []).append(row)
    lines = {}
    for key, found in by_line.items():
        line = _line(found, {name: row for name, row in parts.get(key, {}).items() if name in columns}, names)
        if line.parts or line.macro or line.pooled:
            lines[key] = line
    measured = [row for row in rows if row["source"] != PUBLISHED]
    return SubsetTable(
        rows[0]["dataset"],
        rows[0]["metric"],
        _joined(measured, "language"),
        _joined(measured, "normalizer"),
        columns,
        tuple(lines[key] for key in _in_order(lines)),
    )


def _line(rows: Sequence[Row], parts: Mapping[str, Row], names: Mapping[tuple[str, str], str]) -> SubsetLine:
    first = rows[0]
    published = first["source"] == PUBLISHED
    whole = {row["aggregate"]: row for row in rows if not row["subset"]}
    subsets = [row for row in rows if not row["aggregate"]]
    return SubsetLine(
        first["model_id"] if published else names[first["run"], first["system"]],
        first["condition"],
        published,
        parts,
        macro=whole.get(MACRO) or whole.get(MACRO_DATASETS),
        pooled=whole.get(POOLED) or (subsets[0] if len(subsets) == 1 else None),
    )


def _in_order(lines: Mapping[_Key, SubsetLine]) -> Iterator[_Key]:
    """Measured lines as they come, each with the published ones of its system after its last condition."""
    measured = [key for key, line in lines.items() if not line.published]
    published = [key for key, line in lines.items() if line.published]
    last = {system: (run, system, *rest) for run, system, *rest in measured}
    for key in measured:
        yield key
        if last[key[1]] == key:
            yield from (other for other in published if other[1] == key[1])
    yield from (key for key in published if key[1] not in last)


def _joined(rows: Iterable[Row], name: str) -> str:
    return "+".join(sorted({part for row in rows for part in row[name].split("+") if part}))
