"""What every primitive takes: a clip of mono float32 samples that are numbers."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...audio_file import AudioFile
from ...blocks import A, Audio, blank_like, blocks, each_block

CHUNK = 1 << 16
"""What is worked on in float64 goes so many samples at a time, so that an hour takes little room."""

LOUDEST = 1000.0
"""A peak above is no audio on the scale of -1 to 1; most likely it is on that of 16-bit integers."""


def require_clip(samples: Any, sample_rate_hz: Any) -> None:
    """Check that something is a clip: float32 of shape [n_samples], finite, nominally in [-1, 1].

    Peaks above full scale are allowed up to 1000, because steps of a chain may leave them.

    Raises:
        TypeError: it is no NumPy array, or not of float32.
        ValueError: it is not mono, holds NaN or infinity or peaks above 1000, or the rate is no positive
            whole number.

    >>> require_clip(np.zeros((2, 16000), np.float32), 16000)
    Traceback (most recent call last):
    ...
    ValueError: samples have the shape (2, 16000), expected mono: (n_samples,); average or pick channels first
    """
    array = isinstance(samples, np.ndarray)
    if not isinstance(samples, AudioFile) and not (array and samples.dtype == np.float32):
        found = f"an array of {samples.dtype}" if array else type(samples).__name__
        raise TypeError(f"samples are {found}, expected a NumPy array of float32")
    if array and samples.ndim != 1:
        raise ValueError(
            f"samples have the shape {samples.shape}, expected mono: (n_samples,); "
            "average or pick channels first"
        )
    if isinstance(sample_rate_hz, bool) or not isinstance(sample_rate_hz, int | np.integer):
        raise ValueError(f"sample_rate_hz is {sample_rate_hz!r}, expected a whole number")
    if sample_rate_hz <= 0:
        raise ValueError(f"sample_rate_hz is {sample_rate_hz}, expected more than 0")
    peak = peak_of(samples)
    if not peak <= LOUDEST:
        if math.isfinite(peak):
            raise ValueError(f"samples peak at {peak:g}, expected a scale on which full scale is 1")
        where, value = _first_not_finite(samples)
        raise ValueError(
            f"sample {where} of {len(samples)} is {value} ({where / sample_rate_hz:.3f} s); "
            "expected finite values"
        )


def _first_not_finite(samples: Audio) -> tuple[int, np.float32]:
    for part in blocks(len(samples)):
        block = samples[part]
        if not (finite := np.isfinite(block)).all():
            return part.start + (where := int(np.argmin(finite))), block[where]
    raise AssertionError("all are finite")


def require_within(name: str, value: float, low: float, high: float) -> None:
    """Check a parameter.

    Raises:
        ValueError: it lies outside `low` to `high`, or is NaN.
    """
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}, expected {low:g} to {high:g}")


def chunks(samples: Audio) -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
    """A clip in float64, a stretch at a time, each with its place.

    >>> [part for part, _ in chunks(np.zeros(70000, np.float32))]
    [slice(0, 65536, None), slice(65536, 70000, None)]
    """
    for start in range(0, len(samples), CHUNK):
        part = slice(start, min(start + CHUNK, len(samples)))
        yield part, samples[part].astype(np.float64)


def peak_of(samples: Audio) -> float:
    """The largest absolute value; 0 for no samples, NaN if one is NaN.

    >>> peak_of(np.array([0.25, -0.5], np.float32))
    0.5
    """
    peak = np.float32(0)
    for part in blocks(len(samples)):
        block = samples[part]
        peak = np.maximum(peak, np.maximum(block.max(), -block.min()))
    return float(peak)


def scaled(samples: A, gain: float, *, out: A | None = None) -> A:
    """The clip times a gain, which is rounded to float32 first: one rounding for each sample."""
    out = blank_like(samples) if out is None else out
    factor = np.float32(gain)
    each_block(samples, out, lambda given, to: np.multiply(given, factor, out=to))
    return out
