"""Reading stretches of audio files, and writing clips so that reading gives back the same samples."""

import hashlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from .audio_encoded import Encoded, encoded_audio
from .audio_header import read_header
from .blocks import A, Audio, blank_like, blocks, each_block, is_long
from .errors import SampleError, SaveError
from .store.atomic import replacing

_FULL_SCALE = 32768
_MP3_LEAD_IN_FRAMES = 30 * 1152
"""An mp3 decoder needs what came before: a frame may keep its data in up to ten earlier ones."""


def read_audio(
    path: Path,
    sample_rate_hz: int,
    *,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    channel: int | None = None,
    row: int | None = None,
    column: str = "audio",
) -> npt.NDArray[np.float32]:
    """Read a stretch of a wav, flac, ogg or mp3 file, or of one in a table, as mono audio at a given rate.

    The file is sought to the stretch, so three seconds of an hour cost three seconds. Channels are averaged;
    another rate is converted with soxr's HQ setting after the cut, so the result depends on nothing outside
    the stretch.

    Args:
        path: the file, or a table of clips (Parquet, Arrow) of which `row` says which.
        sample_rate_hz: the rate wanted.
        offset_s: where the stretch begins, in seconds from the start of the file.
        duration_s: its length in seconds; `None`: to the end. It may exceed the file by 1 ms of rounding.
        channel: take this channel, counted from 0, alone; `None`: the mean of all.
        row: which row of a table of clips, counted from 0; `None` for a file of its own.
        column: the table's column of audio.

    Returns:
        float32 of shape [n_samples], n_samples >= 1; nominally in [-1, 1], every value finite.

    Raises:
        SampleError: the file is missing, empty, not audio, damaged or shorter than its header says; the
            stretch is empty or not inside it; a sample is NaN or infinite; the table has no such row or is
            damaged.

    >>> read_audio(Path("gone.wav"), 16000)
    Traceback (most recent call last):
    ...
    asrdiag.errors.SampleError: gone.wav: no such file; expected an audio file
    """
    samples = np.empty(0, np.float32)
    parts = audio_blocks(
        path,
        sample_rate_hz,
        offset_s=offset_s,
        duration_s=duration_s,
        channel=channel,
        row=row,
        column=column,
    )
    for part in parts:
        done = len(samples)
        samples.resize(done + len(part), refcheck=False)  # it grows where it is: an hour is not there twice
        samples[done:] = part
    return samples


def audio_blocks(
    path: Path,
    sample_rate_hz: int,
    *,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    channel: int | None = None,
    row: int | None = None,
    column: str = "audio",
) -> Iterator[npt.NDArray[np.float32]]:
    """Read what `read_audio` reads, bit for bit, a stretch at a time: an hour in the memory for a minute.

    Arguments and errors are those of `read_audio`; errors come when the damage is reached.
    """
    name = str(path) if row is None else f"{path}: row {row}"
    if not 0 <= offset_s < math.inf:
        raise SampleError(f"{name}: the stretch begins at {offset_s} s; expected 0 or more")
    if duration_s is not None and not 0 < duration_s < math.inf:
        raise SampleError(f"{name}: the stretch lasts {duration_s} s; expected more than 0")
    encoded = encoded_audio(path, row, column)
    with encoded.opened() as sound:
        rate = sound.samplerate
        frames = encoded.promised_frames(sound)
        start, stop = _stretch(name, rate, frames, offset_s, duration_s)
        lead_in = min(start, _MP3_LEAD_IN_FRAMES) if sound.format == "MP3" else 0
        sound.seek(min(start - lead_in, sound.frames))
        # After each read soundfile would seek to where it is, and an mp3 decoder forget what came before.
        sound.seekable = lambda: False
        sound.read(lead_in)
        parts = _mono(encoded, sound, slice(start, stop), frames, channel)
        yield from (
            parts if rate == sample_rate_hz else _at_rate(parts, rate, sample_rate_hz, stop - start, name)
        )


def _mono(
    encoded: Encoded, sound: Any, stretch: slice, frames: int, channel: int | None
) -> Iterator[npt.NDArray[np.float32]]:
    for part in blocks(stretch.stop - stretch.start):
        first, wanted = stretch.start + part.start, part.stop - part.start
        samples = sound.read(wanted, dtype="float32", always_2d=True)
        if len(samples) < wanted:
            raise encoded.cut_short(f"{first + len(samples)} of {frames} frames could be read")
        if channel is not None:
            samples = samples[:, channel : channel + 1]
        mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
        if not (finite := np.isfinite(mono)).all():
            where = (first + int(np.argmin(finite))) / sound.samplerate
            raise SampleError(f"{encoded.name}: NaN or infinity at {where:.3f} s; expected finite samples")
        yield np.ascontiguousarray(mono, dtype=np.float32)


def _at_rate(
    parts: Iterator[npt.NDArray[np.float32]], rate: int, sample_rate_hz: int, frames: int, name: str
) -> Iterator[npt.NDArray[np.float32]]:
    made = 0
    for converted in _converted(parts, rate, sample_rate_hz, frames):
        made += len(converted)
        yield converted
    if not made:
        raise SampleError(
            f"{name}: {frames} frames at {rate} Hz; expected at least one at {sample_rate_hz} Hz"
        )


def _converted(
    parts: Iterator[npt.NDArray[np.float32]], rate: int, sample_rate_hz: int, frames: int
) -> Iterator[npt.NDArray[np.float32]]:
    if not is_long(frames):  # the same bits; a stream takes half a millisecond to begin
        for part in parts:
            yield soxr.resample(part, rate, sample_rate_hz, quality="HQ")
        return
    stream = soxr.ResampleStream(rate, sample_rate_hz, 1, dtype="float32", quality="HQ")
    read = 0
    for part in parts:
        read += len(part)
        yield stream.resample_chunk(part, last=read == frames)


def audio_duration_s(path: Path, *, row: int | None = None, column: str = "audio") -> float:
    """The length in seconds that the header of an audio file, or of one in a table, promises.

    Raises:
        SampleError: the file or the row is missing, empty or not audio.
    """
    return read_header(path, row=row, column=column).duration_s


def to_pcm16_grid(samples: A, *, out: A | None = None) -> A:
    """Round to what a 16-bit file can hold: multiples of 1/32768 from -1 to 32767/32768, clipped there.

    What comes out survives `write_flac` and `read_audio` at the same rate bit for bit. It goes to `out` if
    that is given, which may be `samples`.

    Raises:
        ValueError: a sample is NaN or infinite.

    >>> [float(x) for x in to_pcm16_grid(np.array([-1.5, 1e-5, 2e-5, 1.0], np.float32)) * 32768]
    [-32768.0, 0.0, 1.0, 32767.0]
    """
    out = blank_like(samples) if out is None else out
    each_block(samples, out, lambda given, to: np.divide(_as_int16(given), np.float32(_FULL_SCALE), out=to))
    return out


def write_flac(path: Path, samples: npt.NDArray[np.float32], sample_rate_hz: int) -> None:
    """Write mono float32 samples [n_samples] as 16-bit FLAC, atomically, rounded as by `to_pcm16_grid`.

    Raises:
        SaveError: the file could not be written; an older one of that name is intact, nothing is left over.
        ValueError: a sample is NaN or infinite.
    """
    # Encoded in memory because libsndfile does not report every failed write; Python's file object does.
    encoded = io.BytesIO()
    try:
        write_pcm16(encoded, samples, sample_rate_hz, "FLAC", "PCM_16")
    except soundfile.SoundFileError as error:
        raise SaveError(
            f"{path}: could not be encoded as 16-bit FLAC at {sample_rate_hz} Hz: {error}"
        ) from error
    with replacing(path) as temporary:
        temporary.write_bytes(encoded.getbuffer())


def write_pcm16(stream: Any, samples: Audio, sample_rate_hz: int, container: str, coding: str) -> None:
    """Encode mono audio, rounded as by `to_pcm16_grid`, in a format as libsndfile names it.

    `stream` is anything that can `write`, `seek` and `tell`.

    Raises:
        soundfile.SoundFileError: the encoder refuses it.
        ValueError: a sample is NaN or infinite.
    """
    with soundfile.SoundFile(stream, "w", sample_rate_hz, 1, coding, format=container) as sound:
        sound.seekable = lambda: False  # or soundfile would seek after every block
        for part in blocks(len(samples)):
            # Integers, because libsndfile would scale floats by 32767 when writing and by 32768 when reading.
            sound.write(_as_int16(samples[part]))


def sha256_of(samples: Audio, sample_rate_hz: int) -> str:
    """SHA-256, in hexadecimal, of the rate (8 bytes, little-endian) and the float32 samples (little-endian).

    >>> sha256_of(np.zeros(2, np.float32), 16000)[:16]
    '32c31d84207ed2a6'
    """
    digest = hashlib.sha256(sample_rate_hz.to_bytes(8, "little"))
    for part in blocks(len(samples)):
        digest.update(np.ascontiguousarray(samples[part], dtype="<f4").data)
    return digest.hexdigest()


def _as_int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    if not np.isfinite(samples).all():
        raise ValueError("samples hold NaN or infinity; expected finite values")
    steps = np.rint(samples * np.float32(_FULL_SCALE))
    return np.asarray(np.clip(steps, -_FULL_SCALE, _FULL_SCALE - 1), dtype=np.int16)


def _stretch(name: str, rate: int, frames: int, offset_s: float, duration_s: float | None) -> tuple[int, int]:
    start = round(offset_s * rate)
    if start >= frames:
        raise SampleError(
            f"{name}: the stretch begins at {offset_s} s; expected under its length, {frames / rate:.3f} s"
        )
    stop = frames if duration_s is None else round((offset_s + duration_s) * rate)
    if stop > frames + max(1, rate // 1000):
        raise SampleError(
            f"{name}: the stretch ends at {stop / rate:.3f} s; expected no more than its length, "
            f"{frames / rate:.3f} s"
        )
    stop = min(stop, frames)
    if stop <= start:
        raise SampleError(
            f"{name}: {duration_s} s is less than one frame at {rate} Hz; expected at least one"
        )
    return start, stop
