"""What conditions do to the systems of a run: curves and changes, over a whole dataset or a part of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError
from asrdiag.metrics import ERROR_RATES
from asrdiag.report.changes import Change, changes_of
from asrdiag.report.curves import level_of
from asrdiag.report.dataset_scores import DatasetScores, read_scores
from asrdiag.report.intervals import Draws
from asrdiag.report.level_curves import LevelCurve, clip_levels, corpus_curves, sweep_curves
from asrdiag.report.matrix import Matrix, matrices

from .index import Index
from .runs import OpenRun


@dataclass(frozen=True, slots=True)
class Part:
    """The clips that are looked at: those of a subset, in a language if it has several; "" means all."""

    subset: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Robustness:
    """The curves and changes of one dataset under one metric, and what could not be told and why."""

    curves: tuple[LevelCurve, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


NOTHING = Robustness((), (), ())


def dataset_scores(
    run: OpenRun, index: Index, dataset: str, metric: str, names: Mapping[str, str]
) -> DatasetScores | None:
    """The scores of a dataset side by side, of the cells that can be read; `None` if there are none.

    Raises:
        AsrdiagError: scores were damaged since the index was read.
    """
    cells = run.cells
    keys = [key for key in run.scored if cells[key]["dataset"] == dataset and (run.name, key) in index.cells]
    found = read_scores(run, run.read_run(), keys, names)
    return next((scores for scores in found if ERROR_RATES[scores.unit] == metric), None)


def robustness_of(run: OpenRun, index: Index, scores: DatasetScores, part: Part) -> Robustness:
    """The curves and changes of one run, as a report has them; of a part they are over its clips only.

    Args:
        run: the run.
        index: the scores of the open runs, which say what subset clips are in.
        scores: the run's scores of one dataset.
        part: the clips to look at.
    """
    if part != Part():
        chosen = _clips_of(run, index, scores, part)
        if not chosen.any():
            return NOTHING
        scores = _only(scores, chosen)
    draws = Draws(scores)
    swept, changed = sweep_curves(scores, run.cells, draws), changes_of(scores, draws)
    notes = [*swept.notes, *changed.notes]
    curves = list(swept.found)
    try:
        curves += corpus_curves(scores, clip_levels(run, scores), draws)
    except (AsrdiagError, OSError) as error:
        notes.append(f"whether clips have an SNR of their own cannot be told: {error}")
    return Robustness(tuple(curves), changed.found, tuple(notes))


def _clips_of(run: OpenRun, index: Index, scores: DatasetScores, part: Part) -> NDArray[np.bool_]:
    """Which of the clips are in a part, shape [n_clips]."""
    passed = index.labels["subset"].among([part.subset])
    if part.language:
        passed &= index.labels["language"].among([part.language])
    inside: dict[str, bool] = {}
    wanted = set(scores.sample_ids)
    for cell in scores.cells:
        rows = index.cells.get((run.name, cell.key), range(0))
        ids = index.sample_ids.slice(rows.start, len(rows)).to_pylist()
        inside.update(zip(ids, passed[rows.start : rows.stop].tolist(), strict=True))
        if inside.keys() >= wanted:
            break
    return np.array([inside.get(sample_id, False) for sample_id in scores.sample_ids], dtype=np.bool_)


def _only(scores: DatasetScores, chosen: NDArray[np.bool_]) -> DatasetScores:
    places = np.flatnonzero(chosen).tolist()
    arrays = ("answered", "errors", "tokens", "normalizer")
    return replace(
        scores,
        sample_ids=tuple(scores.sample_ids[place] for place in places),
        speakers=tuple(scores.speakers[place] for place in places),
        cells=tuple(
            replace(cell, **{name: getattr(cell, name)[chosen] for name in arrays}) for cell in scores.cells
        ),
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """What differs between a curve's levels: by name a number for each of its points.

    `varied` is the one that the suite varies alone, or "".
    """

    values: Mapping[str, Sequence[float]]
    varied: str = ""


def parameters_of(curve: LevelCurve, cells: Mapping[str, Mapping[str, Any]]) -> Parameters:
    """The parameters of a condition whose values differ between a curve's levels.

    Args:
        curve: a curve of conditions; one of a corpus has no parameters.
        cells: by condition, the entry in `run.json` of the curve's cell.
    """
    if curve.levels_of != "condition" or not all(point.condition in cells for point in curve.points):
        return Parameters({})
    try:
        levels = [level_of(cells[point.condition], curve.parameter) for point in curve.points]
        vary = (cells[curve.points[0].condition]["identity"].get("condition") or {}).get("vary")
        varied = str(vary["parameter"]) if vary else ""
    except (KeyError, TypeError, AttributeError):  # of another version, or damaged: then it has none
        return Parameters({})
    found = {varied: _numbers([level.varied for level in levels])} if varied else {}
    for name in dict.fromkeys(name for level in levels for name in level.parameters):
        found.setdefault(name, _numbers([level.parameters.get(name) for level in levels]))
    again = varied.partition(".")[2]  # among the steps, without the name of the scenario
    kept = {name: values for name, values in found.items() if len(set(values)) > 1 and name != again}
    return Parameters(kept, varied if varied in kept else "")


def _numbers(values: Sequence[object]) -> list[float]:
    """The values, if all are numbers."""
    numbers = [float(each) for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    return numbers if len(numbers) == len(values) else []


def parts_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """The parts that the rows of a leaderboard tell apart: subsets, each with its languages if several."""
    known: dict[str, dict[str, None]] = {}
    for row in rows:
        if row["subset"] and not row["aggregate"]:
            known.setdefault(row["subset"], {})[row["language"]] = None
    for subset, languages in known.items():
        for language in languages:
            yield Part(subset, language if len(languages) > 1 else "")


def matrices_of(rows: Sequence[Mapping[str, Any]], part: Part) -> Iterator[Matrix]:
    """The error rates of one dataset under one metric, by what systems are called.

    Of a whole dataset by condition, and by subset where it has several; of a part by condition.

    Args:
        rows: the leaderboard's rows of the dataset under the metric, see `rows.rows_of`.
        part: the clips to look at.
    """
    named = [dict(row) | {"system": row["called"]} for row in rows]
    if part != Part():
        wanted = [
            row | {"subset": ""}
            for row in named
            if not row["aggregate"]
            and row["subset"] == part.subset
            and part.language in ("", row["language"])
        ]
        yield from matrices(wanted)
        return
    yield from matrices(named, dict.fromkeys(row["condition"] for row in named if row.get("as_recorded")))
