"""Everything that a report says of one or several runs, as data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from ..store.folder import RunFolder
from .changes import Change, changes_of
from .dataset_scores import read_scores
from .intervals import Draws
from .level_curves import LevelCurve, clip_levels, corpus_curves, sweep_curves
from .matrix import Matrix, matrices
from .published import published_rows
from .rows import Row, leaderboard_rows
from .worst import WorstCase, worst_cases

WORST_OF_SYSTEM = 20
WORST_IN_ALL = 200


@dataclass(frozen=True, slots=True)
class SystemIdentity:
    """What a system is: the engine and the exact model behind its name."""

    name: str
    engine: str
    model_id: str
    model_revision: str


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What a run is. `not_run` holds the datasets that could not be run, with what to do about it."""

    run_id: str
    suite: str
    started: str
    ended: str
    """Dates and times in UTC, as `run.json` has them; "" where it has none."""
    version: str
    status: str
    systems: tuple[SystemIdentity, ...]
    datasets: tuple[str, ...]
    n_cells: int
    n_scored_cells: int
    not_run: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contents:
    """A report. `rows` are those of the leaderboard; systems of one name in several runs carry the run."""

    runs: tuple[RunIdentity, ...]
    rows: tuple[Row, ...]
    matrices: tuple[Matrix, ...]
    curves: tuple[LevelCurve, ...]
    changes: tuple[Change, ...]
    worst: tuple[WorstCase, ...]
    notes: tuple[str, ...]


def contents_of(folders: Sequence[RunFolder], *, published: bool = False, worst: bool = True) -> Contents:
    """Put a report together from the scores of its runs.

    Args:
        folders: the run directories.
        published: whether to add the published results of the same benchmarks.
        worst: whether to look for the worst cases, which takes reading tokens.

    Raises:
        UsageError: one is not a run directory, or is given twice, or has no scores.
        AsrdiagError: scores or samples are damaged.
    """
    runs = [(folder, folder.read_run()) for folder in folders]
    _distinct(folders)
    names = _names(runs)
    rows: list[Row] = []
    identities: list[RunIdentity] = []
    curves: list[LevelCurve] = []
    changes: list[Change] = []
    cases: list[WorstCase] = []
    notes: list[str] = []
    as_recorded: dict[str, None] = {}
    per_system = min(WORST_OF_SYSTEM, max(5, WORST_IN_ALL // sum(map(len, names))))
    for (folder, run), called in zip(runs, names, strict=True):
        scored = [summary["cell"] for summary in folder.summaries()]
        if not scored:
            raise UsageError(
                f"{folder.path}: no cell is scored yet; `asrdiag score {folder.path}` scores what there is"
            )
        rows += (
            row | {"system": called.get(row["system"], row["system"])} for row in leaderboard_rows(folder)
        )
        identities.append(_identity(run, called, len(scored)))
        tables = list(read_scores(folder, run, scored, called))
        for table in tables:
            as_recorded |= {cell.condition: None for cell in table.cells if cell.as_recorded}
            draws = Draws(table)
            swept, changed = sweep_curves(table, run["cells"], draws), changes_of(table, draws)
            curves += swept.found
            curves += corpus_curves(table, clip_levels(folder, table), draws)
            changes += changed.found
            notes += [*swept.notes, *changed.notes]
        if worst:
            cases += worst_cases(folder, tables, per_system)
    if published:
        beside = published_rows(rows)
        rows += beside.rows
        notes += beside.notes
    return Contents(
        tuple(identities),
        tuple(rows),
        tuple(matrices(rows, as_recorded)),
        tuple(curves),
        tuple(changes),
        tuple(cases),
        tuple(dict.fromkeys(notes)),
    )


def _distinct(folders: Sequence[RunFolder]) -> None:
    places = [folder.path.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{folder.path}: given twice, expected different runs")


def _names(runs: Sequence[tuple[RunFolder, Mapping[str, Any]]]) -> list[dict[str, str]]:
    """What each run's systems are called: by their ids, with the run where several have one of that id."""
    systems = [list(dict.fromkeys(key.partition("/")[0] for key in run["suite_cells"])) for _, run in runs]
    seen = Counter(system for each in systems for system in each)
    return [
        {system: f"{system} [{folder.path}]" if seen[system] > 1 else system for system in each}
        for each, (folder, _) in zip(systems, runs, strict=True)
    ]


def _identity(run: Mapping[str, Any], called: Mapping[str, str], n_scored: int) -> RunIdentity:
    sessions = run["sessions"]
    return RunIdentity(
        run_id=run["run_id"],
        suite=run["suite"],
        started=sessions[0].get("started", "") if sessions else "",
        ended=sessions[-1].get("ended", "") if sessions else "",
        version=sessions[-1].get("asrdiag", "") if sessions else "",
        status=run.get("status", ""),
        systems=tuple(_systems(run["cells"], called)),
        datasets=tuple(dict.fromkeys(key.split("/")[1] for key in run["suite_cells"])),
        n_cells=len(run["suite_cells"]),
        n_scored_cells=n_scored,
        not_run=dict(run["not_run"]),
    )


def _systems(cells: Mapping[str, Mapping[str, Any]], called: Mapping[str, str]) -> Iterator[SystemIdentity]:
    seen = set()
    for cell in cells.values():
        name = called.get(cell["system"], cell["system"])
        found = SystemIdentity(
            name, str(cell["identity"].get("engine", "")), cell["model_id"], cell["model_revision"]
        )
        if found not in seen:
            seen.add(found)
            yield found
