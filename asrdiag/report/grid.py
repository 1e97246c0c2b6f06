"""The leaderboard as a grid: systems down, conditions across, one grid for each dataset and metric."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .aggregation import POOLED
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
        """The condition with a system's highest error rate, if all have equally many utterances."""
        found = {name: row for name in self.conditions if (row := self.rows.get((system, name)))}
        rates = {
            name: row["error_rate_pct"]
            for name, row in found.items()
            if row.get("error_rate_pct") is not None
        }
        comparable = len({row["n_scored"] for row in found.values()}) == 1 and len(rates) > 1
        return max(rates, key=lambda name: rates[name]) if comparable else None

    @property
    def normalizers(self) -> str:
        return "+".join(sorted({name for row in self.rows.values() for name in row["normalizer"].split("+")}))

    @property
    def complete(self) -> bool:
        """Whether every system has every utterance under every condition shown."""
        return len(self.rows) == len(self.systems) * len(self.conditions) and all(
            row["complete"] for row in self.rows.values()
        )


def make_grids(rows: Iterable[Row]) -> Iterator[Grid]:
    """Arrange the measured rows of cells; of a cell with several subsets the row pooled over all is shown.

    Systems of several runs that share a name are told apart by the run's directory.
    """
    measured = [
        row for row in rows if row.get("metric") and row.get("source") != "published" and _is_shown(row)
    ]
    names = system_names(measured)
    pooled = {_cell(row) for row in measured if row["aggregate"]}
    grids: dict[tuple[str, str], dict[tuple[str, str], Row]] = {}
    for row in measured:
        if bool(row["aggregate"]) == (_cell(row) in pooled):
            name = names[row["run"], row["system"]]
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


def system_names(rows: Iterable[Row]) -> dict[tuple[str, str], str]:
    """What systems are called, by run and id: with the run where several measured ones share the id."""
    runs: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.get("source") != "published":
            runs.setdefault(row["system"], {})[row["run"]] = None
    return {
        (run, system): f"{system} [{run}]" if len(found) > 1 else system
        for system, found in runs.items()
        for run in found
    }


def _is_shown(row: Row) -> bool:
    return not row["aggregate"] or (row["aggregate"] == POOLED and not row["subset"])


def _cell(row: Row) -> tuple[str, ...]:
    return row["run"], row["system"], row["dataset"], row["condition"], row["metric"]
