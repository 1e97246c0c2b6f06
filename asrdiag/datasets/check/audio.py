"""Looking at one clip's audio: its header, whether it is all there, and a hash by which copies are found."""

import os
import stat
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np

from ...audio_encoded import Encoded, encoded_audio
from ...audio_header import HEAD_BYTES, AudioHeader, parse_wav, read_header
from ...errors import SampleError

Place: TypeAlias = tuple[bytes, int | None, str]
"""A file's path; with a row and a column, a clip in that table."""

_CHUNK_BYTES = 2**20
_BLOCK_FRAMES = 2**18


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What there is to know of a clip's audio."""

    header: AudioHeader | None
    """`None` if it cannot be read."""
    digest: str
    """BLAKE2b of the encoded bytes, 128 bits in hexadecimal; "" if they cannot be read."""
    problem: str = ""
    """Why it cannot be read as a whole; "" if it can be."""
    elsewhere: bool = False
    """Whether it is a file that the cell of a table names."""
    absent: bool = False
    """Whether the problem is that there is no such file."""


def look_at(place: Place) -> AudioFacts:
    """Read a clip's audio from beginning to end; all but plain wav is decoded."""
    name, row, column = place
    if row is None and (facts := _look_at_plain_wav(name)):
        return facts
    path = Path(os.fsdecode(name))
    try:
        encoded = encoded_audio(path, row, column)
        with encoded.stream() as stream:
            digest = _digest(b"", stream)
    except SampleError as error:
        return AudioFacts(None, "", str(error), absent=not path.exists())
    except OSError as error:
        return AudioFacts(None, "", f"{path}: {error.strerror or error}; expected an audio file")
    try:
        header = read_header(path, row=row, column=column)
        _decode(encoded, header)
    except SampleError as error:
        return AudioFacts(None, digest, str(error))
    return AudioFacts(header, digest, elsewhere=row is not None and isinstance(encoded.content, Path))


def _look_at_plain_wav(name: bytes) -> AudioFacts | None:
    """The same for a whole wav file of integers, in a third of the time; `None` for any other."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for whoever writes to it.
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb", buffering=0) as stream:
            status = os.fstat(handle)
            head = stream.read(_CHUNK_BYTES) if stat.S_ISREG(status.st_mode) else b""
            header = parse_wav(head[:HEAD_BYTES], status.st_size)
            # Numbers with a fraction may be no numbers.
            is_plain = header is not None and " PCM_" in header.encoding
            return AudioFacts(header, _digest(head, stream)) if is_plain else None
    except (OSError, ValueError):
        return None


def _digest(head: bytes, stream: IO[bytes]) -> str:
    digest = blake2b(head, digest_size=16)
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _decode(encoded: Encoded, header: AudioHeader) -> None:
    frames = 0
    with encoded.opened() as sound:
        while len(samples := sound.read(_BLOCK_FRAMES, dtype="float32")):
            if not np.isfinite(samples).all():
                raise SampleError(f"{encoded.name}: found NaN or infinity, expected finite samples")
            frames += len(samples)
    if frames < header.frames:
        raise encoded.cut_short(f"{frames} of {header.frames} frames could be read")
