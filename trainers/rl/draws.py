"""Which clips a step samples answers to: decided by the seed alone, place by place."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from asrdiag.errors import UsageError

from ..sft.pool import Pool


class Draws:
    """An endless sequence of clips, of which each process takes every `stride`-th from its `first` on.

    The place in it is all that a checkpoint has to know.

    Every clip comes once in a round, in a new order in each; with `enrich`, a round has so many of each bin
    that its shares are right, and of a bin that is larger than its share another part in each round.

    Raises:
        UsageError: no clip may be drawn, or a bin has an unknown name.
    """

    def __init__(
        self,
        pool: Pool,
        enrich: Mapping[str, float] | None,
        seed: int,
        *,
        first: int = 0,
        stride: int = 1,
    ) -> None:
        self._seed, self._stride = seed, stride
        self.place = first
        bins = bins_of(pool)
        if enrich is None:
            self._bins = {"all": np.arange(len(pool))}
            self._shares = {"all": 1.0}
        else:
            for name in enrich:
                if name not in bins:
                    raise UsageError(
                        f"train.enrich: unknown bin {name!r}; these rows have: {', '.join(bins) or 'none'}"
                    )
            self._bins = {name: bins[name] for name in enrich}
            total = sum(enrich.values())
            self._shares = {name: weight / total for name, weight in enrich.items()}
        sizes = {name: len(found) / self._shares[name] for name, found in self._bins.items()}
        self._round_size = max(1, round(min(sizes.values()))) if len(pool) else 0
        if not self._round_size:
            raise UsageError(f"{pool.rows.path}: no row can be used, expected at least one")
        self._counts = {name: max(1, round(self._round_size * share)) for name, share in self._shares.items()}
        self._round_size = sum(self._counts.values())
        self._round: tuple[int, npt.NDArray[np.int64]] | None = None

    def __next__(self) -> int:
        """The next clip's index into the pool."""
        number, at = divmod(self.place, self._round_size)
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
    """Indices of a pool's rows by how hard they are: `clean`, `<30`, `<50`, `<70`, `>=70`, `ungraded`."""
    wer, clean = pool.known.base_wer, pool.known.clean
    names = np.select(
        [clean, np.isnan(wer), wer < 0.3, wer < 0.5, wer < 0.7],
        ["clean", "ungraded", "<30", "<50", "<70"],
        ">=70",
    )
    return {str(name): np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())}
