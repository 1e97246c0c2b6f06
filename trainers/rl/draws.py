"""Which clips a step samples answers to: decided by the seed alone, place by place."""

import math
from collections.abc import Mapping
from typing import get_args

import numpy as np
import numpy.typing as npt

from asrdiag.errors import UsageError

from ..learning.pool import Pool
from .schema import BinName

_LIMITS = ((0.3, "<30"), (0.5, "<50"), (0.7, "<70"))
BINS: tuple[BinName, ...] = get_args(BinName)


class Draws:
    """An endless sequence of clips, of which each process takes every `stride`-th from its `first` on.

    The place in it is all that a checkpoint has to know.

    Every clip comes once in a round, in a new order in each; with `enrich`, a round has so many of each bin
    that its shares are right, and of a bin that is larger than its share another part in each round.

    Raises:
        UsageError: there is no clip, or none in a bin.
    """

    def __init__(
        self,
        pool: Pool,
        enrich: Mapping[BinName, float] | None,
        seed: int,
        *,
        first: int = 0,
        stride: int = 1,
    ) -> None:
        self._seed, self._stride = seed, stride
        self.place = first
        if not len(pool):
            raise UsageError(f"{pool.rows.path}: no row can be used, expected at least one")
        bins = bins_of(pool)
        if enrich is None:
            self._bins = {"all": np.arange(len(pool))}
            self._shares = {"all": 1.0}
        else:
            for name in enrich:
                if name not in bins:
                    raise UsageError(
                        f"train.enrich: {pool.rows.path} has no usable row in the bin {name!r}; it has "
                        f"rows in: {', '.join(bins)}"
                    )
            self._bins = {name: bins[name] for name in enrich}
            total = sum(enrich.values())
            self._shares = {name: weight / total for name, weight in enrich.items()}
        sizes = {name: len(found) / self._shares[name] for name, found in self._bins.items()}
        smallest = min(sizes.values())
        self._counts = {name: max(1, round(smallest * share)) for name, share in self._shares.items()}
        self.round_size = sum(self._counts.values())
        self._round: tuple[int, npt.NDArray[np.int64]] | None = None

    def __next__(self) -> int:
        """The next clip's index into the pool."""
        number, at = divmod(self.place, self.round_size)
        if self._round is None or self._round[0] != number:
            self._round = (number, self._of_round(number))
        self.place += self._stride
        return int(self._round[1][at])

    def take(self, n: int) -> list[int]:
        """The next `n` clips."""
        return [next(self) for _ in range(n)]

    def _of_round(self, number: int) -> npt.NDArray[np.int64]:
        found = []
        for place, (name, clips) in enumerate(self._bins.items()):
            count = self._counts[name]
            # The bin's own endless sequence, cut where this round's share of it lies.
            first, last = number * count, (number + 1) * count
            passes = range(first // len(clips), -(-last // len(clips)))
            shuffled = [
                np.random.default_rng([self._seed, 11, place, each]).permutation(clips) for each in passes
            ]
            start = first - passes.start * len(clips)
            found.append(np.concatenate(shuffled)[start : start + count])
        draws = np.random.default_rng([self._seed, 12, number])
        return draws.permutation(np.concatenate(found))


def bins_of(pool: Pool) -> dict[str, npt.NDArray[np.int64]]:
    """Indices of a pool's rows by how hard they are, in the order of `BINS`; no bin is empty."""
    graded = zip(pool.known.base_wer.tolist(), pool.known.clean.tolist(), strict=True)
    names = np.array([bin_of(wer, clean=clean) for wer, clean in graded], dtype=str)
    return {name: found for name in BINS if len(found := np.flatnonzero(names == name))}


def bin_of(base_wer: float | None, *, clean: bool) -> str:
    """How hard a clip is, by the base system's error rate on it.

    >>> bin_of(0.4, clean=False), bin_of(1.2, clean=False), bin_of(None, clean=False)
    ('<50', '>=70', 'ungraded')
    """
    if clean:
        return "clean"
    if base_wer is None or math.isnan(base_wer):
        return "ungraded"
    return next((name for limit, name in _LIMITS if base_wer < limit), ">=70")
