"""What the header of an audio file promises, without decoding it."""

import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from

from .audio_encoded import encoded_audio

HEAD_BYTES = 4096
"""In which the header of a plain wav file is looked for."""
_WAV_ENCODINGS = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
}
"""By the tag of the `fmt ` chunk and the bits a sample; the names are libsndfile's."""


@dataclass(frozen=True, slots=True)
class AudioHeader:
    """What audio says of itself."""

    frames: int
    """At least one; of a file that was cut short, as many as it had."""
    sample_rate_hz: int
    channels: int
    encoding: str
    """libsndfile's names of container and samples: `WAV PCM_16`, `FLAC PCM_16`, `OGG VORBIS`."""

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate_hz


def read_header(path: Path, *, row: int | None = None, column: str = "audio") -> AudioHeader:
    """The header of an audio file, or of a clip in a table (see `audio_tables`).

    Raises:
        SampleError: the file or the row is missing, empty or not audio.
    """
    if row is None and (header := plain_wav(path)):
        return header
    encoded = encoded_audio(path, row, column)
    with encoded.opened() as sound:
        return AudioHeader(
            encoded.promised_frames(sound),
            int(sound.samplerate),
            int(sound.channels),
            f"{sound.format} {sound.subtype}",
        )


def stretch_s(length_s: float, offset_s: float, duration_s: float | None) -> float:
    """How long a stretch of audio is, in seconds; NaN if it is not inside it, save for 1 ms of rounding.

    >>> stretch_s(5.0, 1.0, None), stretch_s(5.0, 4.0, 1.0005), stretch_s(5.0, 4.0, 2.0)
    (4.0, 1.0005, nan)
    """
    available = length_s - offset_s
    wanted = available if duration_s is None else duration_s
    return wanted if available > 0 and wanted <= available + 0.001 else math.nan


def outside(length_s: float, offset_s: float, duration_s: float | None) -> str:
    """What is wrong with a stretch that is not inside its audio.

    >>> outside(5.0, 4.0, 2.0)
    'has 5.000 s, the stretch ends at 6.000 s'
    """
    if duration_s is None or length_s <= offset_s:
        return f"has {length_s:.3f} s, the stretch starts at {offset_s} s"
    return f"has {length_s:.3f} s, the stretch ends at {offset_s + duration_s:.3f} s"


def plain_wav(path: Path | bytes) -> AudioHeader | None:
    """The header of a whole wav file of the usual kinds, quicker than by libsndfile; `None`: ask that."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for whoever writes to it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(handle)
        head = os.read(handle, HEAD_BYTES) if stat.S_ISREG(status.st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(handle)
    return parse_wav(head, status.st_size)


def parse_wav(head: bytes, size: int) -> AudioHeader | None:
    """The header in the first bytes of a wav file of `size` bytes.

    `None` if it is of a rarer kind, damaged or cut short, if its data begin beyond these bytes, or if
    anything follows them.
    """
    if len(head) < 44 or head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt ":
        return None
    length, tag, channels, rate, _, align, bits = unpack_from("<IHHIIHH", head, 16)
    encoding = _WAV_ENCODINGS.get((tag, bits))
    usual = length in (16, 18) and 0 < rate < 1_000_000 and 0 < channels < 100
    if encoding is None or not usual or align != channels * bits // 8:
        return None
    position = 20 + length
    while position + 8 <= len(head):
        name, length = unpack_from("<4sI", head, position)
        body = position + 8
        if name == b"data":
            whole = length > 0 and length % align == 0 and size == body + length + length % 2
            return AudioHeader(length // align, rate, channels, f"WAV {encoding}") if whole else None
        # Other chunks may be damaged in ways that only libsndfile knows.
        if (name, length) not in ((b"fact", 4), (b"PEAK", 8 + 8 * channels)) and name != b"LIST":
            return None
        position = body + length + length % 2
    return None
