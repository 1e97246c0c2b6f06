"""Resampling down and up again: what a narrow-band channel leaves."""

from collections.abc import Iterator

import numpy as np

from ...blocks import A, Audio, Samples, blank_like, blocks, copied, is_long
from .clip import require_clip


def resample_down_up(samples: A, sample_rate_hz: int, *, through_hz: int, out: A | None = None) -> A:
    """Send a clip through a lower sample rate and back, with soxr's HQ setting both ways.

    What remains ends at about 0.91 of half of `through_hz`. A clip whose rate is no higher stays as it is.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        through_hz: the lower rate, more than 0.

    Returns:
        float32 of the same length.

    Raises:
        TypeError, ValueError: the clip or the parameter is not as said.

    >>> tone = np.sin(2 * np.pi * 5000 * np.arange(16000) / 16000).astype(np.float32)
    >>> narrow = resample_down_up(tone, 16000, through_hz=8000)
    >>> narrow.shape, bool(np.abs(narrow[2000:-2000]).max() < 1e-3)
    ((16000,), True)
    """
    import soxr

    require_clip(samples, sample_rate_hz)
    if through_hz <= 0:
        raise ValueError(f"through_hz is {through_hz}, expected more than 0")
    if through_hz >= sample_rate_hz or not len(samples):
        return copied(samples, out)
    out = blank_like(samples) if out is None else out
    if is_long(len(samples)):
        parts = _in_blocks(samples, sample_rate_hz, through_hz)
    else:
        narrow = soxr.resample(samples[:], sample_rate_hz, through_hz, quality="HQ")
        parts = iter([soxr.resample(narrow, through_hz, sample_rate_hz, quality="HQ")])
    done = 0
    for wide in parts:
        fitting = wide[: len(samples) - done]
        out[done : done + len(fitting)] = fitting
        done += len(fitting)
    if done < len(samples):
        out[done : len(samples)] = np.zeros(len(samples) - done, np.float32)
    return out


def _in_blocks(samples: Audio, sample_rate_hz: int, through_hz: int) -> Iterator[Samples]:
    """The same bits; a stream takes half a millisecond to begin. What comes out lags behind what was read."""
    import soxr

    down = soxr.ResampleStream(sample_rate_hz, through_hz, 1, dtype="float32", quality="HQ")
    up = soxr.ResampleStream(through_hz, sample_rate_hz, 1, dtype="float32", quality="HQ")
    for part in blocks(len(samples)):
        last = part.stop == len(samples)
        yield up.resample_chunk(down.resample_chunk(np.ascontiguousarray(samples[part]), last), last)
