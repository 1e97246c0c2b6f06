"""A training clip's audio: read, or refused with a reason that can be counted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asrdiag.audio import audio_blocks
from asrdiag.audio_header import read_header
from asrdiag.errors import SampleError

REASONS = (
    "missing_audio",
    "unreadable_audio",
    "nan_audio",
    "silent_audio",
    "too_long",
    "too_short",
)
"""Why audio is refused."""

_WINDOW_S = 0.1


class ClipRefused(SampleError):
    """A clip that nothing should be trained on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        """One of `REASONS`."""
        self.detail = detail

    def __reduce__(self) -> tuple[type["ClipRefused"], tuple[str, str]]:
        return ClipRefused, (self.reason, self.detail)


@dataclass(frozen=True, slots=True)
class Limits:
    """Which clips are fit for training."""

    max_duration_s: float = 30.0
    min_duration_s: float = 0.1
    silence_dbfs: float = -60.0
    """A clip is silent if no 0.1 s of it has a higher RMS level; 0 dBFS is that of a square wave at full
    scale."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clip is: a file, a stretch of one, or a row in a table of clips."""

    path: Path
    offset_s: float = 0.0
    duration_s: float | None = None
    row: int | None = None
    column: str = "audio"

    @property
    def is_whole_file(self) -> bool:
        """Whether it is a file of its own, so that its path alone says what it is."""
        return self.row is None and self.offset_s == 0 and self.duration_s is None


def read_clip(path: Path, sample_rate_hz: int, limits: Limits = Limits()) -> npt.NDArray[np.float32]:
    """Read a clip's audio, if it can be trained on.

    Args:
        path: a wav, flac, ogg or mp3 file; channels are averaged.
        sample_rate_hz: the rate wanted.
        limits: which clips are fit.

    Returns:
        float32 of shape [n_samples], every value finite.

    Raises:
        ClipRefused: the file is missing or damaged, holds NaN, is silent, or too long or short. Of one that
            is too long by its header nothing is decoded.
    """
    return read_place(Place(path), sample_rate_hz, limits)


def read_place(place: Place, sample_rate_hz: int, limits: Limits = Limits()) -> npt.NDArray[np.float32]:
    """What `read_clip` does, of a stretch of a file or a row of a table too."""
    _require_there(place)
    try:
        _require_duration(_promised_s(place), limits, place)
        samples = np.concatenate(list(_blocks(place, sample_rate_hz)))
    except ClipRefused:
        raise
    except SampleError as error:
        reason = "nan_audio" if "NaN" in str(error) else "unreadable_audio"
        raise ClipRefused(reason, str(error)) from error
    require_fit(samples, sample_rate_hz, limits, str(place.path))
    return samples


def require_fit(samples: npt.NDArray[np.float32], sample_rate_hz: int, limits: Limits, name: str) -> None:
    """Refuse samples that are too long or short, not finite or silent.

    Raises:
        ClipRefused: they are; `name` says which clip.
    """
    _require_duration(len(samples) / sample_rate_hz, limits, name)
    if not np.isfinite(samples).all():
        raise ClipRefused("nan_audio", f"{name}: found NaN or infinity, expected finite samples")
    level = loudest_dbfs(samples, sample_rate_hz)
    if level < limits.silence_dbfs:
        raise ClipRefused(
            "silent_audio",
            f"{name}: its loudest {_WINDOW_S:g} s has {level:.1f} dBFS, expected at least "
            f"{limits.silence_dbfs:g}",
        )


def loudest_dbfs(samples: npt.NDArray[np.float32], sample_rate_hz: int) -> float:
    """The RMS level of the loudest 0.1 s, on a grid of that length; minus infinity for digital silence.

    >>> square = np.tile(np.array([0.5, -0.5], np.float32), 800)
    >>> round(loudest_dbfs(np.concatenate([np.zeros(1600, np.float32), square]), 16000), 2)
    -6.02
    """
    size = max(1, round(_WINDOW_S * sample_rate_hz))
    whole = len(samples) // size * size
    powers = [float(np.mean(np.square(rest, dtype=np.float64))) for rest in (samples[whole:],) if len(rest)]
    if whole:
        windows = np.square(samples[:whole], dtype=np.float64).reshape(-1, size)
        powers.append(float(windows.mean(axis=1).max()))
    most = max(powers, default=0.0)
    return 10 * math.log10(most) if most > 0 else -math.inf


def is_there(path: Path) -> bool:
    """Whether it is a file; a name that none can have (with a null byte, or too long) is none's."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _require_there(place: Place) -> None:
    if not is_there(place.path):
        raise ClipRefused("missing_audio", f"{place.path}: no such file; expected an audio file")


def _promised_s(place: Place) -> float:
    if place.duration_s is not None:
        return place.duration_s
    return read_header(place.path, row=place.row, column=place.column).duration_s - place.offset_s


def _require_duration(duration_s: float, limits: Limits, place: Place | str) -> None:
    name = place if isinstance(place, str) else str(place.path)
    if duration_s > limits.max_duration_s:
        raise ClipRefused(
            "too_long", f"{name}: {duration_s:.1f} s, expected at most {limits.max_duration_s:g} s"
        )
    if duration_s < limits.min_duration_s:
        raise ClipRefused(
            "too_short", f"{name}: {duration_s:.3f} s, expected at least {limits.min_duration_s:g} s"
        )


def _blocks(place: Place, sample_rate_hz: int) -> Iterator[npt.NDArray[np.float32]]:
    return audio_blocks(
        place.path,
        sample_rate_hz,
        offset_s=place.offset_s,
        duration_s=place.duration_s,
        row=place.row,
        column=place.column,
    )
