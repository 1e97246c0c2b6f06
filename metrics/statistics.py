"""How sure an error rate is: confidence intervals over utterances."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DRAWS_AT_ONCE = 1_000_000


class Interval(NamedTuple):
    """The two ends of a confidence interval, in the unit of the estimate."""

    low: float
    high: float


def bootstrap_interval(
    errors: ArrayLike,
    reference_tokens: ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval | None:
    """Return the percentile bootstrap interval of a pooled error rate (Bisani & Ney, ICASSP 2004).

    `errors` and `reference_tokens` hold one integer per utterance. Whole utterances are drawn with
    replacement and the rate of a draw is its errors over its reference tokens, so an utterance counts by its
    length. The interval is a fraction, not a percentage. The same arguments give the same interval (with one
    version of NumPy). Draws that happen to hold utterances with an empty reference only have no rate and are
    left out. Utterances are taken as independent, which those of one speaker are not quite.

    `None` if there are fewer than two utterances or no reference tokens.

    Raises:
        ValueError: The lengths differ, a number is negative or not an integer, `level` is not inside (0, 1)
            or `resamples` is less than 1.

    >>> interval = bootstrap_interval([0, 1, 3, 0], [10, 8, 9, 12])
    >>> interval.low < 4 / 39 < interval.high
    True
    """
    error_counts = _integers("errors", errors)
    token_counts = _integers("reference_tokens", reference_tokens)
    if len(error_counts) != len(token_counts):
        raise ValueError(
            f"errors has {len(error_counts)} utterances, reference_tokens has {len(token_counts)}"
        )
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected a number between 0 and 1")
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}, expected at least 1")
    utterances = len(error_counts)
    if utterances < 2 or not token_counts.any():
        return None

    generator = np.random.default_rng(seed)
    rates: list[NDArray[np.float64]] = []
    at_once = max(1, _DRAWS_AT_ONCE // utterances)
    for first in range(0, resamples, at_once):
        size = (min(at_once, resamples - first), utterances)
        drawn = generator.integers(0, utterances, size=size)
        tokens = token_counts[drawn].sum(axis=1)
        defined = tokens > 0
        rates.append(error_counts[drawn].sum(axis=1)[defined] / tokens[defined])
    pooled = np.concatenate(rates)
    if not len(pooled):
        return None
    low, high = np.quantile(pooled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected one number per utterance")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype} values, expected integers")
    if (array < 0).any():
        index = int(np.argmax(array < 0))
        raise ValueError(f"{name}[{index}] is {array[index]}, expected no negative number")
    return array.astype(np.int64)
