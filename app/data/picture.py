"""What a clip looks like: its waveform as an envelope, and its spectrogram."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.corpus.spectrogram import FLOOR_DB, TOP_DB, WINDOW_S, levels_db, png_of

from .sound import Sound, flac_of, samples_of

COLUMNS = 1200
"""Of a picture at most, however long the clip is."""
LONGEST_S = 1800.0
"""A clip that is read at all, since several are kept in memory with their pictures."""
_ROWS = 128
_SPECTRA = 8
"""At most for one column of a long clip; the strongest is shown."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it is played and as it looks.

    The envelope holds the lowest and the highest sample of each column, in percent of full scale.
    """

    flac: bytes
    spectrogram: bytes
    """A PNG; `FLOOR_DB` is darkest, `TOP_DB` lightest, 0 at the bottom, half the sample rate at the top."""
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    duration_s: float
    top_hz: float
    peak_db: float | None
    """Against full scale; `None` for silence."""


def read_clip(sound: Sound, sample_rate_hz: int) -> Clip:
    """Read a stretch of audio, mono, to be played and to be seen.

    Raises:
        SampleError: it cannot be read, or is longer than `LONGEST_S`.
    """
    samples = samples_of(sound, sample_rate_hz, LONGEST_S)
    lowest, highest = (tuple(np.round(100.0 * side, 1).tolist()) for side in envelope(samples))
    peak = float(np.abs(samples).max(initial=0.0))
    return Clip(
        flac=flac_of(samples, sample_rate_hz),
        spectrogram=spectrogram(samples, sample_rate_hz),
        lowest=lowest,
        highest=highest,
        duration_s=len(samples) / sample_rate_hz,
        top_hz=sample_rate_hz / 2,
        peak_db=20 * math.log10(peak) if peak else None,
    )


def envelope(
    samples: NDArray[np.float32], columns: int = COLUMNS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest sample of each of `columns` stretches, or of each sample if there are fewer.

    >>> envelope(np.array([0.5, -0.5, 0.25, 0.125], np.float32), 2)
    (array([-0.5  ,  0.125]), array([0.5 , 0.25]))
    """
    if not len(samples):
        return np.zeros(0), np.zeros(0)
    n = min(columns, len(samples))
    starts = np.arange(n) * len(samples) // n
    return (
        np.minimum.reduceat(samples, starts).astype(np.float64),
        np.maximum.reduceat(samples, starts).astype(np.float64),
    )


def spectrogram(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """A PNG of `COLUMNS` columns at most, one for at least 5 ms; of a long clip no stretch is passed over
    unless it is longer than `COLUMNS` times 8 windows (four minutes), when some are.
    """
    seconds = len(samples) / sample_rate_hz
    width = max(1, min(COLUMNS, math.ceil(seconds / 0.005)))
    each = max(1, min(_SPECTRA, math.ceil(seconds / (width * WINDOW_S))))
    levels = levels_db(samples, sample_rate_hz, width * each, _ROWS)
    levels = levels.reshape(_ROWS, width, each).max(axis=2)
    shade = np.clip((levels - FLOOR_DB) / (TOP_DB - FLOOR_DB), 0, 1)
    return png_of(np.rint(255 * shade).astype(np.uint8)[::-1])


def scale_png() -> bytes:
    """The colours of a spectrogram from `FLOOR_DB` on the left to `TOP_DB` on the right."""
    shades: NDArray[Any] = np.arange(256, dtype=np.uint8)[None, :]
    return png_of(shades)
