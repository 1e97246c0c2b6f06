"""Batches of clips of like length, within what a recogniser is given at once."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

WINDOW = 32
"""So many batches' worth of clips are sorted by length at a time: enough that neighbours differ by little."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a recogniser is given at once."""

    clips: int
    padded_s: float = math.inf
    """Seconds of audio, each clip counted as long as the longest beside it: what a padded batch takes."""

    def cut(self, durations_s: Sequence[float]) -> Iterator[tuple[int, ...]]:
        """Indices of `durations_s` in batches that fit, the longest clips first.

        A clip that is too long by itself is a batch of its own.

        >>> list(Room(clips=3, padded_s=8.0).cut([1.0, 4.0, 3.0, 9.0, 1.0, 1.0]))
        [(3,), (1, 2), (0, 4, 5)]
        """
        longest_first = sorted(range(len(durations_s)), key=lambda index: -durations_s[index])
        start = 0
        while start < len(longest_first):
            longest_s = durations_s[longest_first[start]]
            fit = self.clips if not longest_s else int(min(self.clips, self.padded_s / longest_s))
            end = start + max(1, fit)
            yield tuple(longest_first[start:end])
            start = end

    def halved(self, clips: int, longest_s: float) -> "Room":
        """What to give in future, after a batch of several clips has run out of memory.

        Where seconds are counted half of the batch's are left, elsewhere half of its clips.

        >>> Room(clips=16).halved(16, 3.0)
        Room(clips=8, padded_s=inf)
        >>> Room(clips=16, padded_s=240.0).halved(10, 20.0)
        Room(clips=16, padded_s=100.0)
        """
        if math.isinf(self.padded_s):
            return Room(max(1, clips // 2))
        return Room(self.clips, clips * longest_s / 2)


def batches(
    positions: Sequence[int], duration_s: Callable[[int], float], room: Room
) -> Iterator[tuple[int, ...]]:
    """Positions in batches of clips of like length; one by one, in their order, where a batch is one clip.

    Args:
        positions: of utterances in their dataset.
        duration_s: an utterance's length by its position; asked once for each, a window at a time.
        room: what a batch may hold.

    >>> lengths = {0: 2.0, 1: 5.0, 2: 2.5, 5: 4.5}
    >>> list(batches((0, 1, 2, 5), lengths.__getitem__, Room(clips=2)))
    [(1, 5), (2, 0)]
    >>> list(batches((0, 1, 2, 5), lengths.__getitem__, Room(clips=1)))
    [(0,), (1,), (2,), (5,)]
    """
    if room.clips == 1:
        yield from ((position,) for position in positions)
        return
    for start in range(0, len(positions), WINDOW * room.clips):
        window = positions[start : start + WINDOW * room.clips]
        for batch in room.cut([duration_s(position) for position in window]):
            yield tuple(window[index] for index in batch)
