"""What a sampling temperature offers: how often the best of K beats the base, and the chosen one keeps it.

CPI_d and BAP_d of arXiv 2605.19833. d is a `margin` in error rate: 0.05 is five points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .agreement import groups_by_size

_TOLERANCE = 1e-9
"""0.15 - 0.05 is a little less than 0.1."""


def candidate_potential(
    error_rates: ArrayLike, base: ArrayLike, sizes: ArrayLike, *, margin: float, k: int | None = None
) -> NDArray[np.float64]:
    """For each group the probability that the best of `k` candidates has WER <= base - margin.

    Their mean over prompts is the candidate potential CPI. With as many candidates as `k` it is 0 or 1 for
    each group, as published. Of more candidates it is the mean over all choices of k among them,
    1 - C(n - c, k) / C(n, k) with c of n good enough (the unbiased pass@k of Chen et al., 2021), which makes
    temperatures with different numbers of candidates comparable.

    Args:
        error_rates: of the candidates, the groups one after the other.
        base: the base model's error rate for each group; NaN where unknown, and so is the result.
        sizes: how many candidates each group has.
        margin: what an error rate must be lower by.
        k: candidates drawn; `None` for all. Groups with fewer give NaN.

    >>> candidate_potential([0.2, 0.5, 0.4, 0.4], [0.3, 0.4], [2, 2], margin=0.05).tolist()
    [1.0, 0.0]
    >>> candidate_potential([0.2, 0.5], [0.3], [2], margin=0.05, k=1).tolist()
    [0.5]
    """
    rates, bases = np.asarray(error_rates, np.float64), np.asarray(base, np.float64)
    lengths = np.asarray(sizes, np.int64)
    good = rates <= np.repeat(bases, lengths) - margin + _TOLERANCE
    n_good = _sums(good, lengths)
    chosen = lengths if k is None else np.full_like(lengths, k)
    missed = _choose_ratio(lengths - n_good, lengths, chosen)
    return np.where(np.isnan(bases) | (lengths < chosen) | (lengths == 0), np.nan, (1 - missed).round(12))


def base_preservation(
    error_rates: ArrayLike,
    rewards: ArrayLike,
    base: ArrayLike,
    sizes: ArrayLike,
    *,
    margin: float,
    k: int | None = None,
) -> NDArray[np.float64]:
    """For each group the probability that the candidate of highest reward among `k` has WER <= base + margin.

    Their mean over prompts is the base-ability preservation BAP. Candidates of equal reward are equally
    likely the highest. Arguments and `k` are as in `candidate_potential`.

    >>> base_preservation([0.2, 0.5], [0.9, 0.1], [0.3], [2], margin=0.05).tolist()
    [1.0]
    >>> base_preservation([0.2, 0.5], [0.9, 0.1], [0.3], [2], margin=0.05, k=1).tolist()
    [0.5]
    """
    rates, values = np.asarray(error_rates, np.float64), np.asarray(rewards, np.float64)
    bases, lengths = np.asarray(base, np.float64), np.asarray(sizes, np.int64)
    kept = (rates <= np.repeat(bases, lengths) + margin + _TOLERANCE).astype(np.float64)
    found = np.full(len(lengths), np.nan)
    for rows, members in groups_by_size(lengths):
        size = members.shape[1]
        drawn = size if k is None else k
        if drawn > size or not drawn:
            continue
        order = np.argsort(values[members], axis=1)
        ranked = np.take_along_axis(values[members], order, axis=1)
        hits = np.take_along_axis(kept[members], order, axis=1)
        # The candidate of rank i (from 0) is the highest if the k - 1 others drawn lie below it.
        below = np.arange(size)
        highest = _choose_ratio(below, np.full(size, size), np.full(size, drawn - 1))
        highest *= drawn / (size - drawn + 1)
        found[rows] = (_shared_by_ties(highest, ranked) * hits).sum(axis=1)
    return np.where(np.isnan(bases), np.nan, found.round(12))


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of `n` independent cases (Wilson, 1927).

    >>> [round(end, 3) for end in wilson_interval(0.9, 40)]
    [0.769, 0.96]
    """
    z = 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * ((share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5)
    return max(0.0, middle - half), min(1.0, middle + half)


def _shared_by_ties(probability: NDArray[np.float64], ranked: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities (size,) for each row, levelled over neighbours of equal value."""
    rows, size = ranked.shape
    begins = np.ones((rows, size), np.bool_)
    begins[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    block = np.cumsum(begins.ravel()) - 1
    repeated = np.broadcast_to(probability, (rows, size)).ravel()
    mean = np.bincount(block, repeated) / np.bincount(block)
    shared: NDArray[np.float64] = mean[block].reshape(rows, size)
    return shared


def _choose_ratio(m: NDArray[np.int64], n: NDArray[np.int64], k: NDArray[np.int64]) -> NDArray[np.float64]:
    """C(m, k) / C(n, k) for m <= n."""
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, max(n.max(initial=0), 1) + 1)))])
    possible = (k <= m) & (k <= n)
    m, n, k = (np.where(possible, each, 0) for each in (m, n, k))
    ratio = log_factorial[m] - log_factorial[m - k] - log_factorial[n] + log_factorial[n - k]
    return np.where(possible, np.exp(ratio), 0.0)


def _sums(values: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    totals = np.concatenate([[0], np.cumsum(values)])
    ends = np.cumsum(sizes)
    return np.asarray(totals[ends] - totals[ends - sizes], np.int64)
