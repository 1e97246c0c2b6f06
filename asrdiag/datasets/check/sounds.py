"""Looking at the audio of a dataset: each file once, several at a time."""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from ...corpus.progress import CorpusDisplay
from ..corpus import Card
from .audio import AudioFacts, Place, look_at
from .facts import KnownFacts
from .findings import Findings

_THREADS = 8
_FILES_A_TASK = 16
_FACTS_HELD = 100_000


class Sounds:
    """The audio of a dataset's clips; a context manager around the work."""

    def __init__(self, known: KnownFacts, card: Card | None, shown: int | None) -> None:
        """
        Args:
            known: what was found before.
            card: says what rate and how many channels the files should have.
            shown: lines that are kept of each kind of finding.
        """
        self.absent = Findings("audio files that are not there", True, shown)
        self.unreadable = Findings("audio that cannot be read", True, shown)
        self.unlike = Findings("audio of another format than documented", True, shown)
        self._known, self._card = known, card
        self._held: dict[Place, AudioFacts] = {}
        self._threads = ThreadPoolExecutor(_THREADS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def look(self, places: Sequence[Place], display: CorpusDisplay) -> dict[Place, AudioFacts]:
        """What there is to know of the audio of some clips."""
        clips: dict[Place, int] = {}
        for place in places:
            clips[place] = clips.get(place, 0) + 1
        facts = {place: self._held[place] for place in clips if place in self._held}
        found = self._known.find(place for place in clips if place not in facts)
        self._judge(found, clips)
        facts |= found
        display.advance(sum(clips[place] for place in facts), 0, 0.0)
        new = [place for place in clips if place not in facts]
        tasks = [new[start : start + _FILES_A_TASK] for start in range(0, len(new), _FILES_A_TASK)]
        # The rows of a table are quickest one after the other.
        each = map if any(row is not None for _, row, _ in new) else self._threads.map
        for task, results in zip(tasks, each(_look_at_all, tasks), strict=True):
            found = dict(zip(task, results, strict=True))
            self._known.keep(found)
            self._judge(found, clips)
            facts |= found
            headers = [each.header for each in results if each.header is not None]
            display.advance(
                sum(clips[place] for place in task),
                len(results) - len(headers),
                sum(header.duration_s for header in headers),
            )
        if len(self._held) > _FACTS_HELD:
            self._held.clear()
        self._held |= facts
        return facts

    def _judge(self, found: Mapping[Place, AudioFacts], clips: Mapping[Place, int]) -> None:
        for place, facts in found.items():
            if facts.absent:
                self.absent.add(facts.problem, clips[place])
            elif facts.header is None:
                self.unreadable.add(facts.problem, clips[place])
            elif self._card is not None and self._card.sample_rate_hz is not None:
                has = (facts.header.sample_rate_hz, facts.header.channels)
                wanted = (self._card.sample_rate_hz, self._card.channels)
                if has != wanted:
                    path = os.fsdecode(place[0])
                    name = path if place[1] is None else f"{path}: row {place[1]}"
                    self.unlike.add(f"{name}: found {_format(*has)}, expected {_format(*wanted)}")


def _look_at_all(places: Iterable[Place]) -> list[AudioFacts]:
    return [look_at(place) for place in places]


def _format(sample_rate_hz: int, channels: int) -> str:
    return f"{sample_rate_hz} Hz with {channels} channel{'s' if channels > 1 else ''}"
