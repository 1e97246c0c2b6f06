"""Intervals of many rates over the same clips, and of their changes, from one set of resamples."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..metrics import Interval
from ..metrics.statistics.influence import effective_units, influence
from ..metrics.statistics.interval import Method, around, between_quantiles, choose_method
from ..metrics.statistics.resampling import resampled_sums, unit_sums
from .dataset_scores import DatasetScores, ScoredCell
from .speaker_blocks import speaker_blocks

LEVEL = 0.95
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Resampled:
    """Error rates over the same clips, ready for their intervals; made by `resample`.

    The numbers are those of `bootstrap_interval` and `paired_bootstrap`, with the same draws; only the
    drawing, which takes nearly all of the time, is done once for all rates.
    """

    units: NDArray[np.int64]
    """Shape [n_units, n_rates + 1]: errors of each rate, then reference tokens."""
    method: Method
    effective: float
    drawn: NDArray[np.float64]
    """Shape [n_resamples, n_rates]; without rows for Student's t."""

    @property
    def n_units(self) -> int:
        return len(self.units)

    def rate(self, row: int) -> float | None:
        """The pooled rate, a fraction; `None` without reference tokens."""
        tokens = int(self.units[:, -1].sum())
        return int(self.units[:, row].sum()) / tokens if tokens else None

    def interval(self, row: int) -> Interval | None:
        """The interval of a rate; `None` where it cannot be told."""
        rate = self.rate(row)
        if rate is None or self.n_units < 2:
            return None
        if self.method == "t":
            return around(rate, self._influence(row), LEVEL, self.effective, lowest=0.0)
        return between_quantiles(self.drawn[:, row], LEVEL, self.n_units, self.effective)

    def change(self, before: int, after: int) -> Interval | None:
        """The interval of the rate `after` less the rate `before`; `None` where it cannot be told."""
        first, second = self.rate(before), self.rate(after)
        if first is None or second is None or self.n_units < 2:
            return None
        if self.method == "t":
            pull = self._influence(after) - self._influence(before)
            return around(second - first, pull, LEVEL, self.effective)
        gaps = self.drawn[:, after] - self.drawn[:, before]
        return between_quantiles(gaps, LEVEL, self.n_units, self.effective)

    def _influence(self, row: int) -> NDArray[np.float64]:
        return influence(self.units[:, row], self.units[:, -1])


def resample(
    errors: NDArray[np.int64], tokens: NDArray[np.int64], blocks: Sequence[Hashable] | None
) -> Resampled:
    """Draw the clips, or blocks of them, once for several rates.

    Args:
        errors: shape [n_rates, n_clips].
        tokens: of the references, shape [n_clips].
        blocks: one label for each clip, such as its speaker; `None` for clips that are independent.

    >>> found = resample(np.array([[0, 1, 0, 2], [1, 3, 2, 2]]), np.array([5, 5, 5, 5]), None)
    >>> change = found.change(0, 1)
    >>> round(found.rate(1) - found.rate(0), 2), round(change.low, 2), round(change.high, 2)
    (0.25, -0.05, 0.55)
    """
    units = unit_sums(np.vstack([errors, tokens]).T, blocks)
    effective = effective_units(units[:, -1])
    method = choose_method("auto", effective)
    drawn = np.empty((0, len(errors)))
    if method == "bootstrap":
        sums = resampled_sums(units, RESAMPLES, seed=0)
        sums = sums[sums[:, -1] > 0]
        drawn = sums[:, :-1] / sums[:, -1:]
    return Resampled(units, method, effective, drawn)


class Draws:
    """The resamples of a dataset's cells: all cells that have answers to the same clips share them."""

    def __init__(self, scores: DatasetScores) -> None:
        self._scores = scores
        self._made: dict[bytes, Drawn] = {}

    def over(self, chosen: NDArray[np.bool_], like: ScoredCell) -> "Drawn":
        """The resamples over some clips, of every cell that answered them all with the references of `like`.

        Speakers are drawn as blocks where all are known and there are several, else clips are drawn.

        Args:
            chosen: shape [n_clips]; `like` answered all of these.
            like: one of the cells.
        """
        tokens = like.tokens[chosen]
        key = sha256(chosen.tobytes() + tokens.tobytes() + like.normalizer[chosen].tobytes()).digest()
        if key not in self._made:
            cells = [
                cell
                for cell in self._scores.cells
                if cell.answered[chosen].all() and not cell.differs(like, chosen).size
            ]
            blocks = speaker_blocks([self._scores.speakers[place] for place in np.flatnonzero(chosen)])
            errors = np.stack([cell.errors[chosen] for cell in cells])
            self._made[key] = Drawn(
                resample(errors, tokens, blocks),
                "speaker" if blocks else "utterance",
                {cell.key: row for row, cell in enumerate(cells)},
            )
        return self._made[key]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Resamples over some clips, the independent units, and which row is which cell's."""

    resampled: Resampled
    unit: Literal["speaker", "utterance"]
    row_of: dict[str, int]

    def rate_pct(self, cell: ScoredCell) -> float:
        """The cell's rate over these clips, in %; there has to be a reference token."""
        rate = self.resampled.rate(self.row_of[cell.key])
        assert rate is not None
        return 100 * rate

    def interval(self, cell: ScoredCell) -> Interval | None:
        return self.resampled.interval(self.row_of[cell.key])

    def change(self, before: ScoredCell, after: ScoredCell) -> Interval | None:
        return self.resampled.change(self.row_of[before.key], self.row_of[after.key])
