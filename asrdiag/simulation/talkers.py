"""Who can talk in the background of an utterance, and their voices at one level."""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..audio import audio_duration_s
from ..datasets.base import Utterance
from ..errors import SampleError
from ..levels import active_speech_level
from .base import Samples, Source

CACHE_BYTES = 64 * 2**20
"""What decoded talkers may take in one process: about 17 minutes of speech at 16 kHz."""

LONGEST_S = 120.0
"""Of an utterance that is longer, the first two minutes talk: hours of six people would take gigabytes."""

_POOLS_KEPT = 4
_SERIALS = itertools.count()

Positions = npt.NDArray[np.int64]


class Pool:
    """The utterances of a dataset, sorted by id and indexed, so that a clip's candidates cost no search."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self.serial = next(_SERIALS)
        self._given = utterances  # held, so that no other pool gets its address
        self.utterances = sorted(utterances, key=lambda utterance: utterance.sample_id)
        speakers: dict[str, int] = {}
        texts: dict[str, int] = {}
        self._speaker = np.array(
            [
                -1 if u.speaker is None else speakers.setdefault(u.speaker, len(speakers))
                for u in self.utterances
            ]
        )
        self._text = np.array([texts.setdefault(u.reference, len(texts)) for u in self.utterances])
        self._speakers, self._texts = speakers, texts
        self._position = {u.sample_id: position for position, u in enumerate(self.utterances)}

    def candidates(self, target: Utterance) -> tuple[str, Positions]:
        """Who may talk behind `target`, and how sure it is that they are others.

        Other speakers are `other_speakers`. Where there are none, utterances whose speaker is not known
        (`unknown_speakers`; all of them where the target's own is not known) or else the speaker's own
        (`same_speaker`), but then none with the target's words: it may be the same reading under another id.
        """
        other = np.ones(len(self.utterances), dtype=bool)
        if target.sample_id in self._position:
            other[self._position[target.sample_id]] = False
        other_words = other & (self._text != self._texts.get(target.reference, -1))
        groups: list[tuple[str, npt.NDArray[np.bool_]]]
        if target.speaker is None:
            groups = [("unknown_speakers", other_words)]
        else:
            speaker = self._speakers.get(target.speaker, -2)
            known = self._speaker >= 0
            groups = [
                ("other_speakers", other & known & (self._speaker != speaker)),
                ("unknown_speakers", other_words & ~known),
                ("same_speaker", other_words & (self._speaker == speaker)),
            ]
        for name, members in groups:
            positions = np.flatnonzero(members)
            if len(positions):
                return name, positions
        raise SampleError(
            f"{target.sample_id}: no other utterance among the dataset's {len(self.utterances)} to make "
            "babble of; expected at least one that is not the same words by what may be the same speaker"
        )


def shuffled(positions: Positions, rng: np.random.RandomState) -> Iterator[int]:
    """The positions in random order, drawn one at a time: a pool may hold 100,000 and a clip wants six."""
    moved: dict[int, int] = {}
    for turn in range(len(positions)):
        pick = turn + int(rng.random_sample() * (len(positions) - turn))
        yield int(positions[moved.get(pick, pick)])
        moved[pick] = moved.get(turn, turn)


@dataclass(frozen=True, slots=True)
class Voice:
    """One talker's audio, scaled to an active speech level of 0 dB; or why it cannot be used."""

    samples: Samples | None
    problem: str = ""


class VoiceCache:
    """Pools and decoded talkers of one process, bounded; the least recently used go first.

    A pool is recognised by being the same object, so it has to stay as it is while clips are made from it.
    """

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0
        self._pools: OrderedDict[int, Pool] = OrderedDict()
        self._voices: OrderedDict[tuple[int, int, int], Voice] = OrderedDict()
        self._lock = threading.Lock()

    def pool(self, utterances: Sequence[Utterance]) -> Pool:
        """The index of a pool, made at its first use."""
        with self._lock:
            pool = self._pools.pop(id(utterances), None)
            if pool is None or len(pool.utterances) != len(utterances):
                pool = Pool(utterances)
            self._pools[id(utterances)] = pool
            while len(self._pools) > _POOLS_KEPT:
                self._pools.popitem(last=False)
            return pool

    def voice(self, pool: Pool, position: int, sample_rate_hz: int, source: Source) -> Voice:
        """A talker, decoded unless it is held."""
        key = (pool.serial, position, sample_rate_hz)
        with self._lock:
            if key in self._voices:
                self._voices.move_to_end(key)
                return self._voices[key]
        voice = _decode(pool.utterances[position], sample_rate_hz, source)
        with self._lock:
            if key not in self._voices:
                self._voices[key] = voice
                self.held_bytes += _size(voice)
            while self.held_bytes > self.limit_bytes:
                self.held_bytes -= _size(self._voices.popitem(last=False)[1])
        return voice


def _decode(utterance: Utterance, sample_rate_hz: int, source: Source) -> Voice:
    try:
        samples = source.load(_beginning(utterance), sample_rate_hz)
    except SampleError as error:
        return Voice(None, str(error))
    level = active_speech_level(samples, sample_rate_hz)
    if level is None:
        return Voice(None, "no active speech in it")
    return Voice((samples * 10 ** (-level.level_db / 20)).astype(np.float32))


def _beginning(utterance: Utterance) -> Utterance:
    duration_s = utterance.duration_s
    if duration_s is None:
        length_s = audio_duration_s(
            utterance.audio_path, row=utterance.audio_row, column=utterance.audio_column
        )
        duration_s = length_s - utterance.offset_s
    return replace(utterance, duration_s=LONGEST_S) if duration_s > LONGEST_S else utterance


def _size(voice: Voice) -> int:
    return 1000 if voice.samples is None else voice.samples.nbytes
