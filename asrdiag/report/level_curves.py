"""Error rate against SNR or severity: of a condition's levels, and of corpora whose clips have one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..metrics import ERROR_RATES
from ..store.folder import RunFolder
from .answers import factors_of
from .changes import baseline_of
from .curves import Parameter, effect_of
from .dataset_scores import DatasetScores, ScoredCell
from .intervals import Drawn, Draws
from .numbers import percent

PARAMETERS: tuple[Parameter, ...] = ("snr_db", "severity")


@dataclass(frozen=True, slots=True)
class Point:
    """A system's error rate at one level, over `n_clips`; `None` for an end that cannot be told."""

    level: float
    condition: str
    n_clips: int
    ref_tokens: int
    rate_pct: float
    low_pct: float | None
    high_pct: float | None


@dataclass(frozen=True, slots=True)
class LevelCurve:
    """One system's error rate at the levels of one effect, from easy to hard.

    `levels_of` says where they come from. `condition`: a suite's condition at several levels; all points are
    over the same clips, those that were answered at every level and `n_left_out` were not, and
    `as_recorded_pct` is the rate on these clips as recorded, where it is known. `corpus`: a factor of the
    clips, so each level has clips of its own; `effect` is then the condition, one that leaves the audio as
    it is.
    """

    dataset: str
    metric: str
    system: str
    effect: str
    parameter: Parameter
    levels_of: Literal["condition", "corpus"]
    unit: Literal["speaker", "utterance"]
    points: tuple[Point, ...]
    n_left_out: int = 0
    as_recorded_pct: float | None = None


@dataclass(frozen=True, slots=True)
class LevelCurves:
    """The curves, and what could not be made into one and why."""

    found: tuple[LevelCurve, ...]
    notes: tuple[str, ...]


def sweep_curves(
    scores: DatasetScores, entries: Mapping[str, Mapping[str, Any]], draws: Draws
) -> LevelCurves:
    """The curves of conditions that were run at several levels.

    Args:
        scores: a dataset's scores.
        entries: the entries of its cells in `run.json`, by key.
        draws: the dataset's resamples.
    """
    groups: dict[tuple[str, str, Parameter], list[ScoredCell]] = {}
    for cell in scores.cells:
        effect, parameter = effect_of(cell.condition, entries[cell.key])
        if parameter is not None and cell.answered.any():
            groups.setdefault((cell.system, effect, parameter), []).append(cell)
    curves: list[LevelCurve] = []
    notes: list[str] = []
    for (_, effect, parameter), cells in groups.items():
        if len(cells) > 1:
            cells.sort(key=lambda cell: _level(cell, parameter), reverse=parameter == "snr_db")
            try:
                curves.append(_sweep(scores, draws, (effect, parameter), cells))
            except ValueError as error:
                where = f"{cells[0].key.partition('/')[0]}/{scores.dataset}/{effect}"
                notes.append(f"{where}: no curve, {error}")
    return LevelCurves(tuple(curves), tuple(notes))


def _level(cell: ScoredCell, parameter: Parameter) -> float:
    value = cell.snr_db if parameter == "snr_db" else cell.severity
    assert value is not None
    return value


def _sweep(
    scores: DatasetScores, draws: Draws, what: tuple[str, Parameter], cells: Sequence[ScoredCell]
) -> LevelCurve:
    effect, parameter = what
    common = np.logical_and.reduce([cell.answered for cell in cells])
    tried = np.logical_or.reduce([cell.answered for cell in cells])
    first = cells[0]
    if not first.tokens[common].any():
        raise ValueError("no clip with any reference was answered at all levels")
    drawn = draws.over(common, first)
    for cell in cells[1:]:
        if cell.key not in drawn.row_of:
            raise ValueError(
                f"the references at {cell.condition} are not those at {first.condition}; "
                "`asrdiag score` makes them alike"
            )
    clean = baseline_of(scores, first.system)
    return LevelCurve(
        dataset=scores.dataset,
        metric=ERROR_RATES[scores.unit],
        system=first.system,
        effect=effect,
        parameter=parameter,
        levels_of="condition",
        unit=drawn.unit,
        points=tuple(_point(_level(cell, parameter), cell, common, drawn) for cell in cells),
        n_left_out=int((tried & ~common).sum()),
        as_recorded_pct=drawn.rate_pct(clean) if clean and clean.key in drawn.row_of else None,
    )


def corpus_curves(
    scores: DatasetScores, levels: Mapping[Parameter, NDArray[np.float64]], draws: Draws
) -> Iterator[LevelCurve]:
    """The curves of a corpus whose clips have a level of their own, for audio that was left as it is.

    Args:
        scores: a dataset's scores.
        levels: by parameter, the level of each clip, shape [n_clips]; NaN for a clip without one.
        draws: the dataset's resamples.
    """
    for parameter, of_clip in levels.items():
        values = sorted(set(of_clip[~np.isnan(of_clip)].tolist()), reverse=parameter == "snr_db")
        for cell in scores.cells if len(values) > 1 else ():
            if not cell.as_recorded:
                continue
            points, units = [], set[Literal["speaker", "utterance"]]()
            for value in values:
                chosen = cell.answered & (of_clip == value)
                if not cell.tokens[chosen].any():
                    continue
                drawn = draws.over(chosen, cell)
                units.add(drawn.unit)
                points.append(_point(value, cell, chosen, drawn))
            if len(points) > 1:
                yield LevelCurve(
                    dataset=scores.dataset,
                    metric=ERROR_RATES[scores.unit],
                    system=cell.system,
                    effect=cell.condition,
                    parameter=parameter,
                    levels_of="corpus",
                    unit="utterance" if "utterance" in units else "speaker",
                    points=tuple(points),
                )


def clip_levels(folder: RunFolder, scores: DatasetScores) -> dict[Parameter, NDArray[np.float64]]:
    """What the corpus says of each clip's SNR or severity, from the records of the cell with most clips.

    Of a dataset whose audio was always altered nothing is read.
    """
    as_recorded = [cell for cell in scores.cells if cell.as_recorded]
    if not as_recorded:
        return {}
    fullest = max(as_recorded, key=lambda cell: int(cell.answered.sum()))
    factors = factors_of(folder, fullest.key)
    found: dict[Parameter, NDArray[np.float64]] = {}
    for parameter in PARAMETERS:
        values = [_number(factors.get(name, {}).get(parameter)) for name in scores.sample_ids]
        if not np.isnan(values).all():
            found[parameter] = np.array(values)
    return found


def _number(text: str | None) -> float:
    try:
        return float(text) if text is not None else np.nan
    except ValueError:
        return np.nan


def _point(level: float, cell: ScoredCell, chosen: NDArray[np.bool_], drawn: Drawn) -> Point:
    interval = drawn.interval(cell)
    return Point(
        level=level,
        condition=cell.condition,
        n_clips=int(chosen.sum()),
        ref_tokens=int(cell.tokens[chosen].sum()),
        rate_pct=drawn.rate_pct(cell),
        low_pct=percent(interval.low if interval else None),
        high_pct=percent(interval.high if interval else None),
    )
