"""Whether two scores rank the members of each group alike: Kendall's tau-b, many groups at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK_PAIRS = 2_000_000
"""Ordered pairs compared at a time: it bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """Unordered pairs of members of each group, as int64 arrays of shape (groups,).

    A pair that is tied in both scores is in `pairs` only.
    """

    pairs: NDArray[np.int64]
    concordant: NDArray[np.int64]
    discordant: NDArray[np.int64]
    only_first_tied: NDArray[np.int64]
    only_second_tied: NDArray[np.int64]

    @property
    def tau_b(self) -> NDArray[np.float64]:
        """Kendall's tau-b in [-1, 1] of each group; NaN where one of the scores is the same for all.

        (C - D) / sqrt((C + D + only first tied) (C + D + only second tied)) (Kendall, 1945).
        """
        ranked = self.concordant + self.discordant
        scale = np.sqrt((ranked + self.only_first_tied) * (ranked + self.only_second_tied))
        difference = (self.concordant - self.discordant).astype(np.float64)
        tau = np.full(len(scale), np.nan)
        np.divide(difference, scale, out=tau, where=scale > 0)
        return tau


def count_pairs(first: ArrayLike, second: ArrayLike, sizes: ArrayLike) -> PairCounts:
    """Count how two scores rank the pairs within each group.

    Args:
        first: one score, of shape (members,): the groups one after the other.
        second: the other one, of the same shape.
        sizes: how many members each group has.

    Work grows with the sum of the squares of the sizes; memory does not.

    Raises:
        ValueError: The lengths do not fit, or a score is NaN.

    >>> count_pairs([1, 2, 3, 5, 5], [1, 3, 2, 0, 1], [3, 2]).tau_b.round(4).tolist()
    [0.3333, nan]
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    lengths = np.asarray(sizes, np.int64)
    if not (one.shape == other.shape == (lengths.sum(),)) or (lengths < 0).any():
        raise ValueError(f"scores of shapes {one.shape} and {other.shape}, expected ({lengths.sum()},)")
    if np.isnan(one).any() or np.isnan(other).any():
        raise ValueError("a score is NaN, expected numbers")
    counts = np.zeros((4, len(lengths)), np.int64)
    for rows, members in groups_by_size(lengths):
        a, b = one[members], other[members]
        size = a.shape[1]
        height = min(size, max(1, _BLOCK_PAIRS // size))
        width = max(1, _BLOCK_PAIRS // (height * size))
        for start in range(0, len(rows), width):
            part = slice(start, start + width)
            for top in range(0, size, height):
                upper = slice(top, top + height)
                x = np.sign(a[part, upper, None] - a[part, None, :]).astype(np.int8)
                y = np.sign(b[part, upper, None] - b[part, None, :]).astype(np.int8)
                product = x * y
                counts[:, rows[part]] += np.stack(
                    [
                        np.count_nonzero(product > 0, axis=(1, 2)),
                        np.count_nonzero(product < 0, axis=(1, 2)),
                        np.count_nonzero((x == 0) & (y != 0), axis=(1, 2)),
                        np.count_nonzero((x != 0) & (y == 0), axis=(1, 2)),
                    ]
                )
    return PairCounts(lengths * (lengths - 1) // 2, *(counts // 2))


def groups_by_size(sizes: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The groups of each size together: their numbers (n,), and their members' places (n, size).

    >>> [(rows.tolist(), members.tolist()) for rows, members in groups_by_size(np.array([2, 1, 2]))]
    [([1], [[2]]), ([0, 2], [[0, 1], [3, 4]])]
    """
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[sizes > 0]).tolist():
        rows = np.flatnonzero(sizes == size)
        yield rows, starts[rows, None] + np.arange(size)
