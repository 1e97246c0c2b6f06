"""What a stratified sample says of the whole that it was drawn from."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inputs import as_list
from .influence import t_quantile
from .resampling import check_options, numbered

Kind = Literal["mean", "share"]

FEW = 10
"""Of fewer units than this the variance cannot be told, if they happen to stand for little or much."""


@dataclass(frozen=True, slots=True)
class StratifiedMean:
    """The mean of a whole, or a share of it, as a sample tells it.

    `low` and `high` say where the mean of the whole lies, not that of another whole like it: with
    everything sampled they are the mean. They are `None` where nothing tells how units differ."""

    value: float
    low: float | None
    high: float | None
    level: float
    sampled: int
    """Units of the sample (of the domain, if there is one)."""
    covered: float
    """The share of the whole that lies in strata with a sampled unit; the rest is not spoken of."""


def stratified_mean(
    values: ArrayLike,
    strata: Sequence[Hashable],
    sizes: Mapping[Any, int],
    *,
    domain: Sequence[bool] | None = None,
    kind: Kind = "mean",
    bounds: tuple[float, float] = (-math.inf, math.inf),
    level: float = 0.95,
) -> StratifiedMean | None:
    """Return the mean over a whole whose strata were sampled at random, each by itself.

    A unit stands for N / n of its stratum's N units, n of which were sampled. The mean is the weighted mean
    of the sampled units; within a `domain` (a part of the whole that cuts through strata) it is that of the
    units inside, a ratio of two estimates. Its variance is linearised (Cochran, Sampling Techniques, 1977,
    5A.14): sum over strata of N^2 (1 - n / N) s^2 / n, over the squared size of the domain. Where a stratum
    has only one sampled unit, s^2 is pooled over the other strata. Strata that were sampled whole are
    known: they add nothing to it.

    The interval of a `mean` is Student's t, cut to `bounds`. That of a `share` (values 0 and 1) is Clopper
    and Pearson's with the effective number of units p (1 - p) / variance (Korn & Graubard, Survey
    Methodology 24, 1998), so that it says something of what the sample never met. With fewer than 10 units
    of one of the two values it is never more than were sampled, and for shares of 0 and 1 it is Kish's.

    Args:
        values: of the sampled units.
        strata: the stratum of each.
        sizes: how many units each stratum has in all.
        domain: whether each sampled unit is inside.
        kind: of what.
        bounds: of the values, for a mean.
        level: of the interval.

    Returns:
        `None` if no sampled unit is inside.

    Raises:
        ValueError: The lengths differ, a stratum has no size or more sampled units than it has, a value is
            not finite, or one of a share is neither 0 nor 1.

    >>> found = stratified_mean([1, 0, 0, 0], ["a", "a", "b", "b"], {"a": 10, "b": 30}, kind="share")
    >>> found.value, found.covered  # (10 * 0.5 + 30 * 0) / 40
    (0.125, 1.0)
    >>> stratified_mean([1, 0], ["a", "a"], {"a": 2}, kind="share").high
    0.5
    """
    numbers = np.asarray(values, dtype=np.float64)
    labels = as_list(strata, "strata", "labels, one for each value")
    inside = np.ones(len(labels), bool) if domain is None else np.asarray(domain, dtype=bool)
    _check(numbers, labels, inside, kind)
    check_options(level, 1)
    if not inside.any():
        return None
    rows, n_strata = numbered("strata", labels)
    names: list[Hashable] = list(dict.fromkeys(labels))
    population = _population(names, sizes)
    drawn = np.bincount(rows, minlength=n_strata).astype(np.float64)
    if (drawn > population).any():
        worst = int(np.argmax(drawn - population))
        raise ValueError(
            f"stratum {names[worst]!r} has {population[worst]:g} units, {drawn[worst]:g} sampled"
        )
    total = sum(sizes.values())
    sample = _Sample(numbers, inside, rows, population, drawn)
    covered = float(population.sum()) / total if total else 1.0
    low, high = sample.interval(kind, bounds, level)
    return StratifiedMean(sample.mean(), low, high, level, int(inside.sum()), covered)


class _Sample:
    """Sampled units in strata, the known ones and the others kept apart."""

    def __init__(
        self,
        values: NDArray[np.float64],
        inside: NDArray[np.bool_],
        rows: NDArray[np.int64],
        population: NDArray[np.float64],
        drawn: NDArray[np.float64],
    ) -> None:
        self.population, self.drawn, self.rows, self.inside = population, drawn, rows, inside
        self.weights = (population / drawn)[rows] * inside
        self.values = np.where(inside, values, 0.0)
        self.open = (drawn < population)[rows]
        """Units of strata that are not known whole."""
        weighted = self.weights * self.values
        self.size = float(self.weights.sum())
        self.open_size = float(self.weights[self.open].sum())
        self.known_sum = float(weighted[~self.open].sum())
        self.open_mean = float(weighted[self.open].sum()) / self.open_size if self.open_size else 0.0

    def mean(self) -> float:
        return self._of_whole(self.open_mean)

    def interval(
        self, kind: Kind, bounds: tuple[float, float], level: float
    ) -> tuple[float, float] | tuple[None, None]:
        if not self.open_size:
            return self.mean(), self.mean()
        variance, degrees = self._variance()
        if kind == "share":
            ends: tuple[float, float] | None = self._share_ends(variance, degrees, level)
        elif degrees >= 1:
            reach = t_quantile(level, degrees + 1) * math.sqrt(variance)
            ends = max(bounds[0], self.open_mean - reach), min(bounds[1], self.open_mean + reach)
        else:
            ends = None
        return (None, None) if ends is None else (self._of_whole(ends[0]), self._of_whole(ends[1]))

    def _of_whole(self, open_mean: float) -> float:
        return (self.known_sum + self.open_size * open_mean) / self.size

    def _variance(self) -> tuple[float, float]:
        """Of the open strata's mean, and its degrees of freedom."""
        count = len(self.population)
        pulls = np.where(self.inside, self.values - self.open_mean, 0.0) * self.open
        sums = np.bincount(self.rows, pulls, minlength=count)
        squares = np.bincount(self.rows, pulls**2, minlength=count) - sums**2 / self.drawn
        spread = np.maximum(squares, 0.0)
        reached = np.bincount(self.rows, self.inside & self.open, minlength=count) > 0
        several, single = reached & (self.drawn > 1), reached & (self.drawn == 1)
        degrees = float((self.drawn[several] - 1).sum())
        if degrees:
            pooled = float(spread[several].sum()) / degrees
        else:
            units = int((self.inside & self.open).sum())
            degrees = float(units - 1)
            pooled = float((pulls**2).sum()) / degrees if degrees else 0.0
        variances = np.zeros(count)
        variances[several] = spread[several] / (self.drawn[several] - 1)
        variances[single] = pooled
        rest = 1 - self.drawn / self.population
        terms = self.population**2 * rest * variances / self.drawn
        return float(terms[reached].sum()) / self.open_size**2, degrees

    def _share_ends(self, variance: float, degrees: float, level: float) -> tuple[float, float]:
        from scipy.special import betaincinv

        share = min(1.0, max(0.0, self.open_mean))
        weights = self.weights[self.open & self.inside]
        # The nearer the sample comes to all there is, the more it tells.
        rest = max(1e-12, 1 - len(weights) / max(self.open_size, len(weights) + 1e-9))
        most = len(weights) / rest
        if variance > 0 and 0 < share < 1 and degrees >= 1 and len(weights) > 1:
            units = share * (1 - share) / variance
            units *= (t_quantile(level, len(weights)) / t_quantile(level, degrees + 1)) ** 2
            met = int(self.values[self.open & self.inside].sum())
            if min(met, len(weights) - met) < FEW:
                units = min(most, units)
        else:
            units = float(weights.sum()) ** 2 / float((weights**2).sum()) / rest
        hits, tail = units * share, (1 - level) / 2
        low = float(betaincinv(hits, units - hits + 1, tail)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1, units - hits, 1 - tail)) if hits < units else 1.0
        return min(low, share), max(high, share)


def _population(names: Sequence[Hashable], sizes: Mapping[Any, int]) -> NDArray[np.float64]:
    if missing := [name for name in names if name not in sizes]:
        raise ValueError(f"sizes has no stratum {missing[0]!r}; known: {', '.join(map(repr, sizes))}")
    return np.array([sizes[name] for name in names], dtype=np.float64)


def _check(
    values: NDArray[np.float64], labels: Sequence[Hashable], inside: NDArray[np.bool_], kind: Kind
) -> None:
    if not len(values) == len(labels) == len(inside):
        raise ValueError(f"{len(values)} values, {len(labels)} strata and {len(inside)} entries of domain")
    if not np.isfinite(values).all():
        raise ValueError(f"values[{int(np.argmin(np.isfinite(values)))}] is not finite")
    if kind not in ("mean", "share"):
        raise ValueError(f"unknown kind {kind!r}; known: mean, share")
    if kind == "share" and not np.isin(values, (0.0, 1.0)).all():
        raise ValueError("a share is of values 0 and 1; found others")
