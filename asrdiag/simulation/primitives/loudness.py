"""Loudness by ITU-R BS.1770, measured as pyloudnorm does."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ...blocks import A, Audio, copied
from .clip import require_clip, require_within, scaled
from .recursions import energy_until

_BLOCK_S = 0.4
_STEP = 0.25
_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0


def loudness_lufs(samples: Audio, sample_rate_hz: int) -> float | None:
    """The integrated loudness of a clip in LUFS.

    The clip is K-weighted (a shelf of +4 dB at 1500 Hz and a high-pass at 38 Hz), its power taken over blocks
    of 0.4 s that overlap by 75 %. Blocks under -70 LUFS are left out, then those 10 LU or more below the mean
    of the rest. Filters and blocks are pyloudnorm's, which differ by up to 0.13 dB from the coefficients that
    the standard prints for 48 kHz.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate, more than 3000 Hz.

    Returns:
        `None` for a clip of less than 0.4 s, or without a block above -70 LUFS.

    Raises:
        TypeError, ValueError: the clip or its rate is not as said.

    Source: ITU-R BS.1770-4; pyloudnorm 0.2.0, `Meter(rate).integrated_loudness`.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(32000) / 16000).astype(np.float32)
    >>> round(loudness_lufs(tone, 16000), 2)
    -3.08
    >>> loudness_lufs(tone[:6399], 16000) is None
    True
    """
    require_clip(samples, sample_rate_hz)
    if sample_rate_hz <= 3000:
        raise ValueError(f"sample_rate_hz is {sample_rate_hz}, expected more than 3000 to weight loudness")
    if len(samples) < _BLOCK_S * sample_rate_hz:
        return None
    # Written as in pyloudnorm, so that edges round to the same samples.
    blocks = int(np.round((len(samples) / sample_rate_hz - _BLOCK_S) / (_BLOCK_S * _STEP)) + 1)
    turns = np.arange(blocks) * _STEP
    edges = (_BLOCK_S * np.stack([turns, turns + 1]) * sample_rate_hz).astype(np.int64)
    known = np.union1d(edges, edges)
    sums = energy_until(samples, _k_weighting(int(sample_rate_hz)), known)[np.searchsorted(known, edges)]
    power = np.maximum(sums[1] - sums[0], 0) / (_BLOCK_S * sample_rate_hz)
    loud = power[power >= 10 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_DB) / 10)]
    if not len(loud):
        return None
    loud = loud[loud > np.mean(loud) * 10 ** (_RELATIVE_GATE_LU / 10)]
    return _OFFSET_DB + 10 * math.log10(float(np.mean(loud)))


def loudness_gain(measured_lufs: float, target_lufs: float) -> float:
    """The factor that takes a clip from one loudness to another, a float32 value.

    >>> loudness_gain(-26.0, -20.0)
    1.9952622652053833
    """
    return float(np.float32(10 ** ((target_lufs - measured_lufs) / 20)))


def set_loudness(samples: A, sample_rate_hz: int, *, target_lufs: float, out: A | None = None) -> A:
    """Scale a clip to an integrated loudness; one that has none (see `loudness_lufs`) stays as it is.

    Nothing is clipped or limited: peaks may exceed full scale.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        target_lufs: -100 to 0.

    Returns:
        float32 of the same length.

    Raises:
        TypeError, ValueError: the clip or the parameter is not as said.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(32000) / 16000).astype(np.float32)
    >>> round(loudness_lufs(set_loudness(tone, 16000, target_lufs=-23.0), 16000), 4)
    -23.0
    """
    require_within("target_lufs", target_lufs, -100, 0)
    measured = loudness_lufs(samples, sample_rate_hz)
    if measured is None:
        return copied(samples, out)
    return scaled(samples, loudness_gain(measured, target_lufs), out=out)


@lru_cache(maxsize=32)
def _k_weighting(sample_rate_hz: int) -> npt.NDArray[np.float64]:
    """b0 b1 b2 a1 a2 of the shelf, then of the high-pass, by the cookbook of Robert Bristow-Johnson."""
    a = 10 ** (4.0 / 40)
    w = 2 * math.pi * 1500.0 / sample_rate_hz
    c, alpha = math.cos(w), math.sin(w) / (2 * math.sqrt(0.5))
    root = 2 * math.sqrt(a) * alpha
    shelf = (
        a * ((a + 1) + (a - 1) * c + root),
        -2 * a * ((a - 1) + (a + 1) * c),
        a * ((a + 1) + (a - 1) * c - root),
        (a + 1) - (a - 1) * c + root,
        2 * ((a - 1) - (a + 1) * c),
        (a + 1) - (a - 1) * c - root,
    )
    w = 2 * math.pi * 38.0 / sample_rate_hz
    c, alpha = math.cos(w), math.sin(w) / (2 * 0.5)
    high = ((1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha)
    sections = [[b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0] for b0, b1, b2, a0, a1, a2 in (shelf, high)]
    return np.array(sections).ravel()
