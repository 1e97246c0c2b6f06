"""Shares with their intervals: how often something happens, and how sure that is."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics.statistics.influence import effective_units, influence, standard_error, t_quantile
from asrdiag.metrics.statistics.resampling import unit_sums

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the ends of the 95 % interval in %; `None` where nothing can be told."""

    hits: int
    of: int
    low_pct: float | None
    high_pct: float | None

    @property
    def pct(self) -> float | None:
        return 100 * self.hits / self.of if self.of else None


def wilson(hits: NDArray[np.int64], of: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends of 95 % intervals of shares of independent cases, in %; NaN for none of none.

    Wilson's score interval (JASA 22, 1927), which holds for few cases and near 0 and 100 % too.

    >>> low, high = wilson(np.array([8, 0]), np.array([10, 5]))
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([49.0, 0.0], [94.3, 43.4])
    """
    n = np.where(of > 0, of, np.nan).astype(np.float64)
    return _wilson(hits / n, n, _Z)


def share(hits: NDArray[np.int64], of: NDArray[np.int64], blocks: Sequence[Hashable] | None = None) -> Share:
    """A share over units that may be of different size, such as clips heard under several conditions.

    Wilson's interval for as many independent cases as would tell as much: the cases are divided by the
    design effect, the linearised variance between units over that of independent cases, at least 1 (modified
    Wilson interval: Franco, Little, Louis & Slud, J. Survey Statistics and Methodology 7, 2019). Where the
    share is 0 or all, nothing tells how alike the cases of a unit are, and they count as independent.
    Quantiles are those of Student's t for as many units as are effective.

    Args:
        hits: of each unit, shape [n_units].
        of: the cases of each unit.
        blocks: one label for each unit; those with the same, such as a speaker's, are one.

    >>> share(np.array([3, 0, 0, 1]), np.array([3, 3, 3, 3]))
    Share(hits=4, of=12, low_pct=3.6, high_pct=86.9)
    """
    units = unit_sums(np.stack([hits, of], axis=1), blocks)
    n_hits, n = int(units[:, 0].sum()), int(units[:, 1].sum())
    effective = effective_units(units[:, 1])
    if effective < 1.5:
        return Share(n_hits, n, None, None)
    rate = n_hits / n
    counts = float(n)
    if 0 < rate < 1:
        alone = rate * (1 - rate) / n
        between = standard_error(influence(units[:, 0], units[:, 1]), effective) ** 2
        counts = n / max(1.0, between / alone)
    low, high = _wilson(np.array([rate]), np.array([counts]), t_quantile(LEVEL, effective))
    return Share(n_hits, n, round(float(low[0]), 1), round(float(high[0]), 1))


def _wilson(
    rates: NDArray[np.float64], n: NDArray[np.float64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle = (rates + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(rates * (1 - rates) / n + z * z / (4 * n * n))
    return 100 * np.maximum(middle - reach, 0), 100 * np.minimum(middle + reach, 1)


def reached(share_: Share) -> tuple[float, float]:
    """How far the interval reaches below and above the share, in percentage points; 0 where there is none."""
    pct = share_.pct
    if pct is None or share_.low_pct is None or share_.high_pct is None or math.isnan(pct):
        return 0.0, 0.0
    return max(0.0, pct - share_.low_pct), max(0.0, share_.high_pct - pct)
