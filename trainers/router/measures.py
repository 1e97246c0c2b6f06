"""How well two sides are told apart, with intervals, and how far a probability can be believed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
TEMPERATURES = (0.2, 10.0)
"""Between which a temperature is looked for: where no clip is taken for the other side, none is best."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n`, with its 95 % interval; `None` where `n` is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def share(hits: int, n: int) -> Share:
    """A share and Wilson's interval, which has room above 0 and below 1 where nothing, or all, is a hit.

    Clips are taken as independent; several versions of one recording are not quite.

    Source: E. B. Wilson, Journal of the American Statistical Association 22, 1927.

    >>> share(8, 10)  # (0.8 + z2/20 +- z sqrt(0.016 + z2/400)) / (1 + z2/10), z2 = 3.8415
    Share(value=0.8, low=0.4901..., high=0.9433..., n=10)
    """
    if n == 0:
        return Share(None, None, None, 0)
    rate, z2 = hits / n, _Z**2
    centre, room = rate + z2 / (2 * n), _Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    low, high = (centre - room) / (1 + z2 / n), (centre + room) / (1 + z2 / n)
    return Share(rate, max(0.0, low), min(1.0, high), n)


def auc(logits: Floats, degraded: Flags) -> Share:
    """The chance that a degraded clip has a higher logit than a clean one, ties counting half; its interval.

    The variance is DeLong's, the interval is made on the logit scale; where every pair is in order and that
    variance is 0, it is Wilson's for as many successes as the smaller side has clips.

    Args:
        logits: shape [n_clips].
        degraded: shape [n_clips].

    Returns:
        `n` is the number of pairs; the values are `None` if one side is empty.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).value  # 3 of 4 pairs
    0.75
    """
    clean, worse = np.sort(logits[~degraded]), np.sort(logits[degraded])
    n_pairs = len(clean) * len(worse)
    if not n_pairs:
        return Share(None, None, None, 0)

    def above(values: Floats, others: Floats) -> Floats:
        found: Floats = (
            np.searchsorted(others, values, "left") + np.searchsorted(others, values, "right")
        ) / (2 * len(others))
        return found

    of_worse, of_clean = above(worse, clean), 1 - above(clean, worse)
    value = float(of_worse.mean())
    smaller = min(len(clean), len(worse))
    if smaller < 2 or value in (0.0, 1.0):
        bound = share(round(value * smaller), smaller)
        return Share(value, bound.low, bound.high, n_pairs)
    error = math.sqrt(of_worse.var(ddof=1) / len(worse) + of_clean.var(ddof=1) / len(clean))
    centre, room = math.log(value / (1 - value)), _Z * error / (value * (1 - value))
    return Share(value, _sigmoid(centre - room), _sigmoid(centre + room), n_pairs)


def side_weights(degraded: Flags) -> Floats:
    """Weights by which both sides count the same and all add up to 1; shape [n_clips]."""
    n_degraded = int(degraded.sum())
    n_sides = (n_degraded > 0) + (n_degraded < len(degraded))
    counts = np.where(degraded, n_degraded, len(degraded) - n_degraded)
    found: Floats = 1 / (counts * n_sides)
    return found


def nll(logits: Floats, degraded: Flags, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood of the labels, in nats, both sides counting the same.

    >>> round(nll(np.array([0.0, 0.0]), np.array([True, False])), 4)  # ln 2
    0.6931
    """
    signed = np.where(degraded, logits, -logits) / temperature
    return float(np.sum(side_weights(degraded) * np.logaddexp(0, -signed)))


def fit_temperature(logits: Floats, degraded: Flags) -> float:
    """The number between 0.2 and 10 to divide logits by that makes the labels likeliest.

    It moves no clip across p = 0.5. Source: Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    low, high = map(math.log, TEMPERATURES)
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(60):  # the interval is then 1e-12 wide; the likelihood has one peak in 1 / temperature
        first, second = high - golden * (high - low), low + golden * (high - low)
        if nll(logits, degraded, math.exp(first)) <= nll(logits, degraded, math.exp(second)):
            high = second
        else:
            low = first
    return round(math.exp((low + high) / 2), 4)


@dataclass(frozen=True, slots=True)
class Bin:
    """Clips whose p(degraded) is in [low, high); the last bin has its upper end too."""

    low: float
    high: float
    n: int
    mean_p: float | None
    degraded_share: float | None
    """With both sides counting the same."""


def reliability(logits: Floats, degraded: Flags, n_bins: int = 10) -> tuple[tuple[Bin, ...], float | None]:
    """Bins of equal width, and the expected calibration error: the mean gap between p and share, by weight.

    Both sides count the same whatever their sizes, since p is made for even odds. The error is `None` if
    one side is empty.

    >>> bins, error = reliability(np.array([2.0, -2.0]), np.array([True, False]))
    >>> round(error, 4)  # p is 0.8808 where the share is 1, and 0.1192 where it is 0
    0.1192
    """
    p = 1 / (1 + np.exp(-np.clip(logits, -700, 700)))
    weights = side_weights(degraded)
    places = np.minimum((p * n_bins).astype(np.int64), n_bins - 1)
    bins, gap = [], 0.0
    for place in range(n_bins):
        inside = places == place
        mass = float(weights[inside].sum())
        mean_p = rate = None
        if mass:
            mean_p = float((weights * p)[inside].sum()) / mass
            rate = float(weights[inside & degraded].sum()) / mass
            gap += mass * abs(mean_p - rate)
        bins.append(Bin(place / n_bins, (place + 1) / n_bins, int(inside.sum()), mean_p, rate))
    return tuple(bins), gap if 0 < int(degraded.sum()) < len(degraded) else None


def quarters(severity: Floats) -> Mapping[str, Flags]:
    """Which clips are in which quarter of the severity; a bound belongs to the lower one, 0 to the first.

    >>> {name: int(found.sum()) for name, found in quarters(np.array([0.0, 0.25, 0.26, np.nan])).items()}
    {'0-0.25': 2, '0.25-0.5': 1, '0.5-0.75': 0, '0.75-1': 0}
    """
    edges = (0.0, 0.25, 0.5, 0.75, 1.0)
    names = (f"{low:g}-{high:g}" for low, high in pairwise(edges))
    places = np.clip(np.ceil(severity * 4) - 1, 0, 3)
    return {name: places == number for number, name in enumerate(names)}


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
