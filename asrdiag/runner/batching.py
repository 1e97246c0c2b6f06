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

        Half of the batch's seconds, if these were at least half of what there was room for. Otherwise half of
        its clips: many short ones say nothing of a few long ones, since what takes the memory may be so much
        a clip (Whisper's windows, a chat model's prompt).

        Args:
            clips: of the batch, 2 or more.
            longest_s: seconds of its longest clip.

        >>> Room(clips=16).halved(16, 3.0)
        Room(clips=8, padded_s=inf)
        >>> Room(clips=16, padded_s=240.0).halved(10, 20.0)
        Room(clips=16, padded_s=100.0)
        >>> Room(clips=64, padded_s=480.0).halved(64, 1.0)
        Room(clips=32, padded_s=480.0)
        """
        if clips * longest_s < self.padded_s / 2:
            return Room(max(1, clips // 2), self.padded_s)
        return Room(self.clips, clips * longest_s / 2)


def batches(
    positions: Sequence[int], duration_s: Callable[[int], float], room: Room
) -> Iterator[tuple[int, ...]]:
    """Positions in batches of clips of like length; one by one, in their order, where a batch is one clip.

    Of each window the longest clips come first, since with them memory runs out, if it does; then the
    shortest, which tell whether anything fits; then the others, the longer before the shorter.

    Args:
        positions: of utterances in their dataset.
        duration_s: an utterance's length by its position; asked once for each, a window at a time.
        room: what a batch may hold.

    >>> lengths = {0: 2.0, 1: 5.0, 2: 2.5, 5: 4.5}
    >>> list(batches((0, 1, 2, 5), lengths.__getitem__, Room(clips=2)))
    [(1, 5), (2, 0)]
    >>> list(batches(range(6), float, Room(clips=2)))
    [(5, 4), (1, 0), (3, 2)]
    >>> list(batches((0, 1, 2, 5), lengths.__getitem__, Room(clips=1)))
    [(0,), (1,), (2,), (5,)]
    """
    if room.clips == 1:
        yield from ((position,) for position in positions)
        return
    for start in range(0, len(positions), WINDOW * room.clips):
        window = positions[start : start + WINDOW * room.clips]
        cut = list(room.cut([duration_s(position) for position in window]))
        for batch in (*cut[:1], *cut[1:][-1:], *cut[1:-1]):
            yield tuple(window[index] for index in batch)
