"""Measured rooms: speech as it would have sounded where an impulse response was recorded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..audio import read_audio
from ..blocks import A, blank_like, blocks
from ..errors import SampleError, UsageError
from ..spec import Json
from .base import Samples, Source
from .recordings import Recording, RecordingsFolder, digest_of, require_content
from .seeding import draws

ATTEMPTS = 8

DIRECT_BEFORE_S = 0.001
DIRECT_AFTER_S = 0.0025
"""Around its peak, what counts as the direct path: the interval with which direct-to-reverberant ratios are
usually taken. Source: Zahorik (2002), Direct-to-reverberant energy ratio sensitivity, J. Acoust. Soc. Am.
112, 2110-2117."""

_NEAR_PEAK = 0.5
"""The direct path is the first arrival within 6 dB of the highest: a strong reflection may exceed it."""


@dataclass(frozen=True, slots=True)
class RoomResponse:
    """An impulse response with its direct path at a known place."""

    samples: npt.NDArray[np.float64]
    """Shape [n]; the direct path, around `lead`, has an energy of 1."""
    lead: int
    """Where the direct path's peak is. What comes before is its own rise, 1 ms at most."""
    direct_to_reverberant_db: float | None
    """`None` where nothing follows the direct path."""


class RoomFolder(RecordingsFolder):
    """Rooms from the impulse responses below a folder."""

    def room(self, owner: str) -> "RoomResponses":
        """The rooms.

        Raises:
            UsageError: the folder is missing or empty, or has no such category.
        """
        return RoomResponses(self.folder, self.recordings(owner))


@dataclass(frozen=True)
class RoomResponses:
    """The impulse responses of a folder. A clip gets a random one."""

    folder: Path
    recordings: tuple[Recording, ...]
    """At least one."""

    def identity(self) -> dict[str, Json]:
        return {"rooms": "folder", "files": len(self.recordings), "sha256": self._sha256}

    @cached_property
    def _sha256(self) -> str:
        return digest_of(self.recordings)

    def respond(
        self, samples: A, sample_rate_hz: int, source: Source, base_id: str, *, out: A | None = None
    ) -> tuple[A, dict[str, Json]]:
        """Speech in a room of the folder: the direct path as it was, in place, with the reflections.

        `out` is where it goes and may be `samples`; `None`: to new audio of the same kind.

        Returns:
            As many samples as went in (the tail is cut), and what was drawn.

        Raises:
            SampleError: none of the responses drawn for this clip can be used.
        """
        sample_id = source.utterance.sample_id
        files = draws(source.seed, sample_id, base_id, "room")
        left_out: list[dict[str, str]] = []
        for _ in range(ATTEMPTS):
            recording = self.recordings[int(files.random_sample() * len(self.recordings))]
            try:
                response = read_response(self.folder / recording.name, sample_rate_hz)
            except SampleError as error:
                left_out.append({"room_file": recording.name, "reason": str(error)})
                continue
            return in_room(samples, response, out=out), {
                "room_folder": str(self.folder),
                "room_file": recording.name,
                "room_category": recording.category,
                "room_sha256": recording.sha256,
                "room_response_s": len(response.samples) / sample_rate_hz,
                "direct_to_reverberant_db": response.direct_to_reverberant_db,
                "rooms_left_out": left_out,
            }
        raise SampleError(
            f"{sample_id}: none of {ATTEMPTS} responses drawn from the folder {self.folder} can be used; "
            f"the first: {left_out[0]['reason']}"
        )


@dataclass(frozen=True)
class RecordedRoom:
    """The room that a record names, and no other."""

    record: Mapping[str, Json]

    def identity(self) -> dict[str, Json]:
        return {"rooms": "folder", "sha256": self.record["room_sha256"]}

    def respond(
        self, samples: A, sample_rate_hz: int, source: Source, base_id: str, *, out: A | None = None
    ) -> tuple[A, dict[str, Json]]:
        """Speech in that room.

        Raises:
            SampleError: its response is gone, or another.
        """
        path = Path(str(self.record["room_folder"])) / str(self.record["room_file"])
        require_content(path, str(self.record["room_sha256"]))
        return in_room(samples, read_response(path, sample_rate_hz), out=out), dict(self.record)


def room_from_record(record: Mapping[str, Json]) -> RecordedRoom:
    """The room that a record names, if its response is still where it was.

    Raises:
        UsageError: it does not name one from a folder.
    """
    if not {"room_folder", "room_file", "room_sha256"} <= record.keys():
        raise UsageError("the record is of a clip in measured rooms; expected them to be given")
    return RecordedRoom(record)


def read_response(path: Path, sample_rate_hz: int) -> RoomResponse:
    """Read an impulse response, find its direct path and scale it to that path's energy.

    Of a file with several channels the first is taken: their mean would be no place in the room.

    Raises:
        SampleError: the file cannot be read or is silent.
    """
    return aligned(read_audio(path, sample_rate_hz, channel=0), sample_rate_hz, str(path))


def aligned(response: Samples, sample_rate_hz: int, name: str) -> RoomResponse:
    """An impulse response from 1 ms before its direct path on, with the direct path at an energy of 1.

    The direct path is the first local peak of the magnitude that is within 6 dB of the highest. Its energy is
    that from 1 ms before to 2.5 ms after.

    Raises:
        SampleError: it is silent.

    >>> room = aligned(np.array([0, 0, 4, 0, 0, 3, 0], np.float32), 1000, "example")
    >>> room.samples.tolist(), room.lead
    ([0.0, 1.0, 0.0, 0.0, 0.75, 0.0], 1)
    >>> round(room.direct_to_reverberant_db, 2)  # 20 log10(4/3)
    2.5
    """
    size = np.abs(response.astype(np.float64))
    if not size.any():
        raise SampleError(f"{name}: silent; expected an impulse response")
    first = int(np.argmax(size >= _NEAR_PEAK * size.max()))
    while first + 1 < len(size) and size[first + 1] > size[first]:
        first += 1
    lead = min(first, round(DIRECT_BEFORE_S * sample_rate_hz))
    kept = response[first - lead :].astype(np.float64)
    end = lead + 1 + round(DIRECT_AFTER_S * sample_rate_hz)
    direct, late = float(np.sum(kept[:end] ** 2)), float(np.sum(kept[end:] ** 2))
    ratio_db = 10 * math.log10(direct / late) if late > 0 else None
    return RoomResponse(kept / math.sqrt(direct), lead, ratio_db)


def in_room(samples: A, response: RoomResponse, *, out: A | None = None) -> A:
    """Convolve a clip with a response; the direct path stays where the clip was.

    Args:
        samples: mono audio, shape [n_samples].
        response: at the same sample rate.
        out: where the result goes; may be `samples`. `None`: to new audio of the same kind.

    Returns:
        float32 of shape [n_samples]; what rings on after the clip is cut.

    >>> in_room(np.array([1, 2, 3], np.float32), RoomResponse(np.array([0, 1, 0.5]), 1, None))
    array([1. , 2.5, 4. ], dtype=float32)
    """
    from scipy.signal import oaconvolve

    out = blank_like(samples) if out is None else out
    n_samples, done = len(samples), -response.lead
    ringing = np.zeros(len(response.samples) - 1)
    for part in blocks(n_samples):
        wet = oaconvolve(samples[part].astype(np.float64), response.samples)
        wet[: len(ringing)] += ringing
        length = part.stop - part.start
        if part.stop < n_samples:
            wet, ringing = wet[:length], wet[length:].copy()
        heard = wet[max(0, -done) : n_samples - done]
        out[max(0, done) : max(0, done) + len(heard)] = heard
        done += length
    return out
