"""The leaderboard as a grid: systems down, conditions across, one grid for each dataset and metric."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .rows import Row


@dataclass(frozen=True, slots=True)
class Grid:
    """One dataset's results under one metric."""

    dataset: str
    metric: str
    language: str
    systems: tuple[str, ...]
    conditions: tuple[str, ...]
    rows: dict[tuple[str, str], Row]
    """By system and condition; a cell that was not run is not there."""

    def worst(self, system: str) -> str | None:
        """The condition a system finds hardest, among those measured on equally many utterances."""
        found = {condition: self.rows.get((system, condition)) for condition in self.conditions}
        scored = {name: row for name, row in found.items() if row and row.get("error_rate_pct") is not None}
        most = max((row["n_scored"] for row in scored.values()), default=0)
        rates = {name: row["error_rate_pct"] for name, row in scored.items() if row["n_scored"] == most}
        return max(rates, key=lambda name: rates[name]) if len(rates) > 1 else None


def make_grids(rows: Iterable[Row]) -> Iterator[Grid]:
    """Arrange leaderboard rows; of a cell with several subsets the pooled row is shown.

    Systems of several runs that share a name are told apart by the run's directory.
    """
    measured = [row for row in rows if row.get("system")]
    runs: dict[str, set[str]] = {}
    for row in measured:
        runs.setdefault(row["system"], set()).add(row["run"])
    pooled = {_cell(row) for row in measured if row["aggregate"]}
    grids: dict[tuple[str, str], dict[tuple[str, str], Row]] = {}
    for row in measured:
        if bool(row["aggregate"]) == (_cell(row) in pooled):
            name = f"{row['system']} [{row['run']}]" if len(runs[row["system"]]) > 1 else row["system"]
            grids.setdefault((row["dataset"], row["metric"]), {})[name, row["condition"]] = row
    for (dataset, metric), found in grids.items():
        yield Grid(
            dataset,
            metric,
            "+".join(sorted({language for row in found.values() for language in row["language"].split("+")})),
            tuple(dict.fromkeys(system for system, _ in found)),
            tuple(dict.fromkeys(condition for _, condition in found)),
            found,
        )


def _cell(row: Row) -> tuple[str, ...]:
    return row["run"], row["system"], row["dataset"], row["condition"], row["metric"]
