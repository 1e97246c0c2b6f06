"""Encoded audio, in a file or in a table's cell: opening it, and how many frames it promises."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from .audio_tables import clip_in_table
from .errors import SampleError

_UNKNOWN_FRAMES = 2**62
_LARGEST_OGG_PAGE = 65307


@dataclass(frozen=True, slots=True)
class Encoded:
    """Audio as wav, flac, ogg or mp3, not yet decoded."""

    name: str
    """In messages: the file, with the row where it is a table."""
    content: Path | bytes

    def stream(self) -> io.BufferedReader | io.BytesIO:
        """From its first byte on."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The `soundfile.SoundFile`, for the duration of a `with` block.

        Raises:
            SampleError: it is not audio, or reading in the block finds it damaged.
        """
        # By its name where there is a file: libsndfile reads that without going through Python.
        given = io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content
        try:
            sound = soundfile.SoundFile(given)
        # TypeError: headerless `.raw`; UnicodeError: a name that is not UTF-8, which soundfile cannot pass on
        except (soundfile.SoundFileError, TypeError, UnicodeError) as error:
            # Not the whole message: of audio in memory it names the address.
            found = getattr(error, "error_string", error)
            raise SampleError(
                f"{self.name}: not readable as audio ({found}); expected wav, flac, ogg or mp3"
            ) from error
        try:
            with sound:
                yield sound
        except soundfile.SoundFileError as error:
            raise self.cut_short(str(error)) from error

    def promised_frames(self, sound: Any) -> int:
        """How many frames the header promises; libsndfile itself corrects a truncated wav or ogg silently.

        Raises:
            SampleError: it promises none, does not say how many, or the last page of an ogg is incomplete.
        """
        frames = int(sound.frames)
        if frames >= _UNKNOWN_FRAMES:
            raise SampleError(
                f"{self.name}: the header does not say how long it is, as of a file written to a pipe; "
                "expected a number of frames (encode it again into a file)"
            )
        if sound.format in ("WAV", "WAVEX"):
            frames = max(frames, self._wav_frames())
        elif sound.format == "OGG" and not self._ogg_is_whole():
            raise self.cut_short("its last page is incomplete")
        if frames == 0:
            raise SampleError(f"{self.name}: holds no audio (0 frames); expected at least one")
        return frames

    def cut_short(self, found: str) -> SampleError:
        """The error of audio that ends too early."""
        return SampleError(f"{self.name}: damaged or cut short ({found}); expected the whole file")

    def _wav_frames(self) -> int:
        """Frames by the data chunk's length; 0 where that was left open, as of a file written to a pipe."""
        with self.stream() as stream:
            if stream.read(4) != b"RIFF":
                return 0
            stream.seek(12)
            block_align = 0
            while len(header := stream.read(8)) == 8:
                name, length = header[:4], int.from_bytes(header[4:], "little")
                if name == b"data":
                    return length // block_align if block_align and length < 0x7FFFF000 else 0
                body = stream.tell()
                if name == b"fmt ":
                    block_align = int.from_bytes(stream.read(14)[12:14], "little")
                stream.seek(body + length + length % 2)
        return 0

    def _ogg_is_whole(self) -> bool:
        """Whether the last page is all there; its header lists the lengths of its segments."""
        with self.stream() as stream:
            size = stream.seek(0, io.SEEK_END)
            stream.seek(max(0, size - _LARGEST_OGG_PAGE))
            tail = stream.read()
        page = tail[tail.rfind(b"OggS") :]
        if len(page) < 27 or len(page) < 27 + page[26]:
            return False
        return len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def encoded_audio(path: Path, row: int | None, column: str) -> Encoded:
    """The audio of a file, or of a row in a table of clips.

    Raises:
        SampleError: there is no such file or row, or nothing is in it.
    """
    if row is None:
        return Encoded(str(path), _existing(path, str(path)))
    name = f"{path}: row {row}"
    clip = clip_in_table(path, row, column)
    if isinstance(clip, Path):
        return Encoded(f"{name}: {clip}", _existing(clip, f"{name}: {clip}"))
    return Encoded(name, clip)


def _existing(path: Path, name: str) -> Path:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise SampleError(f"{name}: no such file; expected an audio file") from None
    except OSError as error:
        raise SampleError(f"{name}: {error.strerror or error}; expected an audio file") from error
    if not path.is_file():
        raise SampleError(f"{name}: not a file; expected an audio file")
    if size == 0:
        raise SampleError(f"{name}: the file is empty (0 bytes); expected audio")
    return path
