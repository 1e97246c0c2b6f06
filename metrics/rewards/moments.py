"""Correlations of a reward's components over all rollouts and within groups, gathered batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .measured import Values


class Moments:
    """Sums of squares and products, of all values about their mean and of each group's about its own.

    Memory is that of two square matrices, however many values there are.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        n = len(self.names)
        self._count, self._mean = 0, np.zeros(n)
        self._about_mean, self._within = np.zeros((n, n)), np.zeros((n, n))

    def add(self, columns: Mapping[str, Values], sizes: NDArray[np.int64]) -> None:
        """Take in whole groups: one value for each member in each column, the groups one after the other."""
        values = np.stack([columns[name] for name in self.names], axis=1)
        if not len(values):
            return
        starts = (np.cumsum(sizes) - sizes)[sizes > 0]
        filled = sizes[sizes > 0]
        group_means = np.add.reduceat(values, starts, axis=0) / filled[:, None]
        own = values - np.repeat(group_means, filled, axis=0)
        self._within += own.T @ own
        # Two sets of values joined: Chan, Golub and LeVeque (1979).
        count, mean = len(values), values.mean(axis=0)
        centred, shift = values - mean, mean - self._mean
        joined = self._count + count
        self._about_mean += centred.T @ centred
        self._about_mean += np.outer(shift, shift) * (self._count * count / joined)
        self._mean += shift * (count / joined)
        self._count = joined

    def correlation(self, *, within_groups: bool) -> dict[str, dict[str, float | None]]:
        """Pearson correlations of every column with every other; `None` where one does not vary."""
        products = self._within if within_groups else self._about_mean
        scale = np.sqrt(np.diag(products).clip(min=0))
        scale[scale < 1e-9 * max(self._count, 1) ** 0.5] = 0.0
        found: dict[str, dict[str, float | None]] = {}
        for row, name in enumerate(self.names):
            found[name] = {
                other: float(np.clip(products[row, column] / (scale[row] * scale[column]), -1, 1))
                if scale[row] and scale[column]
                else None
                for column, other in enumerate(self.names)
            }
        return found

    def shares(self, total: str, parts: Sequence[str]) -> dict[str, float | None]:
        """What share of `total`'s variance within groups comes from each of the parts that it is the sum of.

        The share of a part is cov(part, total) / var(total), so the shares add up to 1; a part that works
        against the others has a negative one. `None` where nothing varies.
        """
        sum_ = self.names.index(total)
        variance = self._within[sum_, sum_]
        return {
            part: float(self._within[self.names.index(part), sum_] / variance) if variance > 1e-12 else None
            for part in parts
        }
