"""One clip's way: read, played faster or slower, degraded, encoded, described."""

import hashlib
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .. import __version__
from ..audio import sha256_of, to_pcm16_grid
from ..blocks import gathered
from ..errors import SampleError, SaveError, UsageError
from ..runner.source import load, load_blocks, source_of
from ..simulation.base import Source
from ..simulation.speed import change_speed
from ..simulation.steps import Clip
from .encoded_clip import EncodedClip
from .formats import AudioFormat, encoded
from .recipe import Recipe, Take
from .source import Entry, as_utf8
from .spool import Spool

MOST_IN_MEMORY = 1 << 24
"""Samples of a clip, 64 MiB or 17 minutes at 16 kHz; longer ones are worked on in files."""

Stage = Literal["load", "degrade", "encode"]


@dataclass(frozen=True, slots=True)
class Made:
    """A degraded clip, not yet written anywhere."""

    name: str
    """Of its file, without suffix; `/` where its id has one."""
    audio: EncodedClip
    duration_s: float
    row: dict[str, Any]
    """Of the manifest, all but `audio`, the path."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no clip."""

    record: dict[str, Any]


class ClipMaker:
    """Makes the versions of a list's clips, in any order; the last clip read is kept for its next version."""

    def __init__(self, spool: Spool, recipe: Recipe, chosen: AudioFormat, folder: Path | None = None) -> None:
        """What is long is put into temporary files in `folder`; `None`: where such files go."""
        self._spool, self._recipe, self._format, self._folder = spool, recipe, chosen, folder
        self._pool = spool.talkers() if recipe.draws_on_pool() else ()
        self._held: tuple[int, Entry, Clip] | None = None

    def make(self, position: int, number: int) -> Made | Failed:
        """A version of a clip; whatever goes wrong is recorded, save what concerns every clip."""
        entry = self._held[1] if self._held and self._held[0] == position else self._spool[position]
        take = self._recipe.take(entry.utterance.sample_id, number)
        stage: Stage = "load"
        try:
            clean = self._clean(position, entry)
            stage = "degrade"
            played = clean if take.speed == 1 else change_speed(clean, take.speed)
            source = Source(entry.utterance, self._pool, load, self._recipe.seed)
            heard, degradation = take.condition.degraded(played, self._recipe.sample_rate_hz, source)
            to_pcm16_grid(heard, out=heard)
            stage = "encode"
            return self._made(entry, take, clean, heard, degradation)
        except (SaveError, UsageError):
            raise
        except Exception as error:  # noqa: BLE001  (the per-sample boundary; it is recorded)
            trace = "" if isinstance(error, SampleError) else traceback.format_exc()
            return failure(entry, take, stage, error, trace)

    def lost(self, position: int, number: int, error: Exception) -> Failed:
        """What is recorded of a clip over which its process ended."""
        entry = self._spool[position]
        return failure(entry, self._recipe.take(entry.utterance.sample_id, number), "degrade", error)

    def _clean(self, position: int, entry: Entry) -> Clip:
        if self._held is None or self._held[0] != position:
            self._held = None  # the old clip makes room before the new one is read
            parts = load_blocks(entry.utterance, self._recipe.sample_rate_hz)
            self._held = (position, entry, gathered(parts, self._folder, MOST_IN_MEMORY))
        return self._held[2]

    def _made(
        self, entry: Entry, take: Take, clean: Clip, heard: Clip, degradation: Mapping[str, Any]
    ) -> Made:
        utterance, condition, rate = entry.utterance, take.condition, self._recipe.sample_rate_hz
        audio = encoded(heard, rate, self._format, self._folder)
        digest = hashlib.sha256()
        for part in audio.parts():
            digest.update(part)
        duration_s = round(len(heard) / rate, 6)
        source = source_of(utterance)
        row = {
            "text": utterance.reference if entry.text_known else None,
            "id": id_of(utterance.sample_id, condition.id),
            "duration": duration_s,
            "speaker": utterance.speaker,
            "language": utterance.language,
            "subset": utterance.subset or None,
            "factors": {
                **utterance.factors,
                "scenario": condition.scenario,
                "severity": degradation["severity"],
            },
            "simulation": {
                "asrdiag": __version__,
                "condition": condition.id,
                "sample_id": utterance.sample_id,
                "seed": self._recipe.seed,
                "speed": take.speed,
                "source": {**source, "path": as_utf8(source["path"]), "sha256": sha256_of(clean, rate)},
                "degradation": dict(degradation),
                "sample_rate_hz": rate,
                "sha256": sha256_of(heard, rate),
                "file_sha256": digest.hexdigest(),
            },
        }
        return Made(name_of(utterance.sample_id, condition.id), audio, duration_s, row)


def failure(entry: Entry, take: Take, stage: Stage, error: Exception, trace: str = "") -> Failed:
    """What is recorded of a clip that could not be made."""
    utterance = entry.utterance
    return Failed(
        {
            "id": id_of(utterance.sample_id, take.condition.id),
            "sample_id": utterance.sample_id,
            "condition": take.condition.id,
            "path": as_utf8(str(utterance.audio_path)),
            "stage": stage,
            "type": type(error).__name__,
            "message": as_utf8(str(error)),
            "traceback": as_utf8(trace),
        }
    )


def id_of(sample_id: str, condition_id: str) -> str:
    """The id of a version of a clip, unique in the corpus.

    >>> id_of("sp01", "far_field-noise.m050")
    'sp01+far_field-noise.m050'
    """
    return f"{sample_id}+{condition_id}"


def name_of(sample_id: str, condition_id: str) -> str:
    """The name of its file, without suffix: safe for file systems and for readers of WebDataset shards.

    Those take everything from the first dot on for a suffix, so there is none. Characters of the clip's id
    that are not letters, digits, `_`, `@`, `=` or `-` become `_`, and long ones are cut; a hash then keeps
    apart what was changed.

    >>> name_of("s1/sp01", "noise.m050"), name_of("../a.b", "noise.m050")
    ('s1/sp01+noise-m050', '__/a_b-af99c6d0+noise-m050')
    """
    safe = "/".join(_safe(part) for part in sample_id.split("/"))
    if safe != sample_id:
        safe += f"-{hashlib.sha256(sample_id.encode()).hexdigest()[:8]}"
    return f"{safe}+{condition_id.replace('.', '-')}"


def _safe(part: str) -> str:
    # A file system takes names of 255 bytes; the condition's and the hash need some.
    return re.sub(r"[^\w@=-]", "_", part).encode()[:120].decode(errors="ignore") or "_"
