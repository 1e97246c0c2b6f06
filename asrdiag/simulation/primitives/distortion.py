"""Nonlinear distortion: an overdriven amplifier."""

import numpy as np

from ...blocks import A, blank_like
from .clip import chunks, require_clip, require_within


def distort(samples: A, sample_rate_hz: int, *, drive_db: float, out: A | None = None) -> A:
    """Overdrive a clip: tanh of it times a gain of `drive_db`.

    The same as pedalboard's `Distortion`; there is no gain afterwards to make up for it. It works sample by
    sample, so the harmonics above half the rate fold back, as they do there.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate, which changes nothing.
        drive_db: -100 to 100 dB.

    Returns:
        float32 of the same length, in [-1, 1].

    Raises:
        TypeError, ValueError: the clip or the parameter is not as said.

    >>> distort(np.array([0, 0.1, -0.1], np.float32), 16000, drive_db=20).tolist()  # tanh 1
    [0.0, 0.7615941762924194, -0.7615941762924194]
    """
    require_clip(samples, sample_rate_hz)
    require_within("drive_db", drive_db, -100, 100)
    gain = 10 ** (drive_db / 20)
    out = blank_like(samples) if out is None else out
    # In float64, where processors' ways to compute tanh differ too little to be seen in a float32.
    for part, exact in chunks(samples):
        out[part] = np.tanh(exact * gain)
    return out
