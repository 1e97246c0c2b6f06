"""Spectral filtering with first-order RC low-passes and high-passes, repeated for a steeper slope."""

import math

from ...blocks import A
from .clip import require_clip, require_within
from .recursions import MOST_PASSES, one_pole


def lowpass(
    samples: A,
    sample_rate_hz: int,
    cutoff_hz: float,
    *,
    passes: int = 1,
    wet: float = 1.0,
    out: A | None = None,
) -> A:
    """Attenuate what lies above a frequency, by 6 dB an octave for each pass.

    One pass is y[n] = y[n-1] + s (x[n] - y[n-1]) with s = 1 / (1 + rate / (2 pi cutoff)), from y[0] = x[0]
    on: the RC filter of pydub's `low_pass_filter`, without its rounding to integers. Its response is
    s / |1 - (1 - s) exp(-2 pi i f / rate)|, about -3 dB at the cut-off where that is far below the rate.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        cutoff_hz: above 0, at most half the rate.
        passes: how often, 1 to 16.
        wet: the share of each pass in its output, 0 to 1; the rest is what went into that pass.

    Returns:
        float32 of the same length.

    Raises:
        TypeError, ValueError: the clip or a parameter is not as said.

    >>> import numpy as np
    >>> step = np.array([0, 1, 1, 1], np.float32)
    >>> lowpass(step, 16000, 16000 / (2 * np.pi)).tolist()  # s = 1/2
    [0.0, 0.5, 0.75, 0.875]
    """
    require_clip(samples, sample_rate_hz)
    _require_filter(sample_rate_hz, cutoff_hz, passes, wet)
    share = smoothing(sample_rate_hz, cutoff_hz)
    return one_pole(samples, share, 0.0, 1 - share, wet=wet, passes=passes, out=out)


def highpass(
    samples: A,
    sample_rate_hz: int,
    cutoff_hz: float,
    *,
    passes: int = 1,
    wet: float = 1.0,
    out: A | None = None,
) -> A:
    """Attenuate what lies below a frequency, by 6 dB an octave for each pass.

    One pass is y[n] = k (y[n-1] + x[n] - x[n-1]) with k = 1 / (1 + 2 pi cutoff / rate), from y[0] = x[0] on:
    the RC filter of pydub's `high_pass_filter`, without its rounding to integers. Its response is
    k |1 - exp(-2 pi i f / rate)| / |1 - k exp(-2 pi i f / rate)|.

    Arguments, result and errors are those of `lowpass`.

    >>> import numpy as np
    >>> step = np.array([0, 1, 1, 1], np.float32)
    >>> highpass(step, 16000, 16000 / (2 * np.pi)).tolist()  # k = 1/2
    [0.0, 0.5, 0.25, 0.125]
    """
    require_clip(samples, sample_rate_hz)
    _require_filter(sample_rate_hz, cutoff_hz, passes, wet)
    keep = 1 - smoothing(sample_rate_hz, cutoff_hz)
    return one_pole(samples, keep, -keep, keep, wet=wet, passes=passes, out=out)


def smoothing(sample_rate_hz: int, cutoff_hz: float) -> float:
    """s = dt / (RC + dt), with dt = 1 / rate and RC = 1 / (2 pi cutoff)."""
    dt, rc = 1 / sample_rate_hz, 1 / (2 * math.pi * cutoff_hz)
    return dt / (rc + dt)


def _require_filter(sample_rate_hz: int, cutoff_hz: float, passes: int, wet: float) -> None:
    if not 0 < cutoff_hz <= sample_rate_hz / 2:
        raise ValueError(
            f"cutoff_hz is {cutoff_hz}, expected more than 0 and at most {sample_rate_hz / 2:g}, "
            f"half of {sample_rate_hz} Hz"
        )
    require_within("passes", passes, 1, MOST_PASSES)
    require_within("wet", wet, 0, 1)
