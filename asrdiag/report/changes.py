"""What a condition changes: each system's error rate against its own on the same clips as recorded."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..metrics import ERROR_RATES
from .dataset_scores import DatasetScores, ScoredCell
from .intervals import Drawn, Draws
from .numbers import percent


@dataclass(frozen=True, slots=True)
class Change:
    """One system under one condition beside the condition that leaves the audio as recorded.

    Both rates are over the same `n_clips`, which were answered under both conditions; `n_left_out` were
    answered under one only. `change_pct` is in points of per cent; its interval is paired, over `n_units`
    speakers or clips, and `None` where it cannot be told.
    """

    dataset: str
    metric: str
    system: str
    condition: str
    baseline: str
    n_clips: int
    n_left_out: int
    ref_tokens: int
    unit: Literal["speaker", "utterance"]
    n_units: int
    baseline_rate_pct: float
    rate_pct: float
    change_pct: float
    low_pct: float | None
    high_pct: float | None

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out 0; it is not corrected for how many changes are looked at."""
        low, high = self.low_pct, self.high_pct
        return low is not None and high is not None and not low <= 0 <= high


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes, and what could not be compared and why."""

    found: tuple[Change, ...]
    notes: tuple[str, ...]


def baseline_of(scores: DatasetScores, system: str) -> ScoredCell | None:
    """The cell that a system's other conditions are measured against, if the dataset has one.

    It is the first condition of the kind `as_recorded`, in the order of the suite. A dataset that is run as
    recorded only, such as a corpus that was recorded in noise, has nothing to measure.
    """
    return next((cell for cell in scores.cells if cell.system == system and cell.as_recorded), None)


def changes_of(scores: DatasetScores, draws: Draws) -> Changes:
    """The change of every system under every condition that alters the audio.

    Speakers are the independent units where all are known and there are several, else clips are.

    Args:
        scores: a dataset's scores.
        draws: its resamples.
    """
    found: list[Change] = []
    notes: list[str] = []
    for cell in scores.cells:
        baseline = baseline_of(scores, cell.system)
        if baseline is None or cell.as_recorded:
            continue
        both = baseline.answered & cell.answered
        if reason := _not_comparable(scores, baseline, cell, both):
            notes.append(f"{cell.key}: no change is told, {reason}")
        else:
            found.append(_change(scores, draws.over(both, baseline), (baseline, cell), both))
    return Changes(tuple(found), tuple(notes))


def _not_comparable(
    scores: DatasetScores, baseline: ScoredCell, cell: ScoredCell, both: NDArray[np.bool_]
) -> str | None:
    if not both.any():
        return f"no clip was answered both there and under {baseline.condition}"
    if (differing := baseline.differs(cell, both)).size:
        return (
            f"the references are not those of {baseline.condition}, first at "
            f"{scores.sample_ids[differing[0]]}; `asrdiag score` makes them alike"
        )
    return None if baseline.tokens[both].any() else "no reference has any tokens"


def _change(
    scores: DatasetScores, drawn: Drawn, pair: tuple[ScoredCell, ScoredCell], both: NDArray[np.bool_]
) -> Change:
    baseline, cell = pair
    interval = drawn.change(baseline, cell)
    before, after = drawn.rate_pct(baseline), drawn.rate_pct(cell)
    return Change(
        dataset=scores.dataset,
        metric=ERROR_RATES[scores.unit],
        system=cell.system,
        condition=cell.condition,
        baseline=baseline.condition,
        n_clips=int(both.sum()),
        n_left_out=int((baseline.answered ^ cell.answered).sum()),
        ref_tokens=int(baseline.tokens[both].sum()),
        unit=drawn.unit,
        n_units=drawn.resampled.n_units,
        baseline_rate_pct=before,
        rate_pct=after,
        change_pct=after - before,
        low_pct=percent(interval.low if interval else None),
        high_pct=percent(interval.high if interval else None),
    )
