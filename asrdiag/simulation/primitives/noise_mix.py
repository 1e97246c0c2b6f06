"""Additive noise at a level relative to the clip's, RMS to RMS."""

import math
from collections.abc import Callable

import numpy as np

from ...blocks import A, Audio, Computed, Samples, blank_like, blocks, each_block, is_long
from .clip import CHUNK, chunks, require_clip, require_within


def add_noise(samples: A, sample_rate_hz: int, noise: Samples, *, noise_db: float, out: A | None = None) -> A:
    """Add noise whose RMS lies `noise_db` above the clip's own, both over the whole clip.

    The SNR is -`noise_db` by this measure; `asrdiag.simulation.additive_noise` sets the active speech level
    against the noise instead. Noise that is too short goes round, noise that is too long is cut. A silent
    clip stays silent.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        noise: float32 of shape [m], m >= 1, at the same rate.
        noise_db: -200 to 100 dB.

    Returns:
        float32 of the same length; peaks may exceed full scale.

    Raises:
        TypeError, ValueError: the clip, the noise or the parameter is not as said, or the noise is silent.

    >>> clip, noise = np.full(4, 0.5, np.float32), np.array([1, -1], np.float32)
    >>> add_noise(clip, 16000, noise, noise_db=-20).tolist()  # a tenth of 0.5
    [0.550000011920929, 0.44999998807907104, 0.550000011920929, 0.44999998807907104]
    """
    require_clip(noise, sample_rate_hz)
    noise = fitted(noise, len(samples))
    return mixed(samples, noise, noise_gain(samples, sample_rate_hz, noise, noise_db), out=out)


def noise_gain(samples: Audio, sample_rate_hz: int, noise: Audio, noise_db: float) -> float:
    """The factor on noise of the clip's length that puts it `noise_db` above the clip, a float32 value.

    0 for a silent clip.

    Raises:
        TypeError, ValueError: as for `add_noise`.
    """
    require_clip(samples, sample_rate_hz)
    require_within("noise_db", noise_db, -200, 100)
    speech, under = _rms(samples), _rms(noise)
    if speech == 0:
        return 0.0
    if under == 0:
        raise ValueError(f"the noise is silent over {len(noise)} samples; expected noise")
    return float(np.float32(speech / under * 10 ** (noise_db / 20)))


def fitted(noise: Samples, n_samples: int) -> Samples:
    """Noise of a length: cut, or going round.

    Raises:
        ValueError: there is none.

    >>> fitted(np.array([1, 2, 3], np.float32), 5).tolist()
    [1.0, 2.0, 3.0, 1.0, 2.0]
    """
    if not len(noise):
        raise ValueError("the noise has no samples; expected at least one")
    return noise[:n_samples] if len(noise) >= n_samples else np.resize(noise, n_samples)


def mixed(samples: A, noise: Audio, gain: float, *, out: A | None = None) -> A:
    """The clip plus `gain` times noise of the same length."""
    out = blank_like(samples) if out is None else out
    factor, parts = np.float32(gain), blocks(len(samples))
    each_block(samples, out, lambda given, to: np.add(noise[next(parts)] * factor, given, out=to))
    return out


def white_noise(n_samples: int, begin: Callable[[], np.random.RandomState]) -> Audio:
    """White noise of unit RMS on average, nearly Gaussian: each sample is the sum of four uniform bytes.

    Four times as fast as normal deviates, and in whole numbers until the last step. No sample exceeds 3.46.

    Args:
        n_samples: the length.
        begin: gives the source of random numbers at its start. Long noise is made each time that it is asked
            for, for which it has to begin anew.

    >>> white_noise(3, lambda: np.random.RandomState(0)).dtype
    dtype('float32')
    """
    if not is_long(n_samples):
        return _bytes_added(n_samples, begin())
    rng, done = begin(), 0

    def compute(start: int, stop: int) -> Samples:
        nonlocal rng, done
        if start < done:
            rng, done = begin(), 0
        while done < start:  # what nobody asks for has to be drawn too
            done += len(_bytes_added(min(CHUNK, start - done), rng))
        done = stop
        return _bytes_added(stop - start, rng)

    return Computed(n_samples, compute)


def _bytes_added(n_samples: int, rng: np.random.RandomState) -> Samples:
    noise = np.empty(n_samples, np.float32)
    for start in range(0, n_samples, CHUNK):
        part = noise[start : start + CHUNK]
        four = rng.randint(0, 1 << 32, len(part), dtype=np.uint32)
        pairs = (four & 0x00FF00FF) + ((four >> np.uint32(8)) & 0x00FF00FF)
        part[:] = (pairs & 0xFFFF) + (pairs >> np.uint32(16))
    # A byte has mean 127.5 and variance (256^2 - 1) / 12.
    noise -= np.float32(4 * 127.5)
    noise *= np.float32(1 / math.sqrt(4 * (256**2 - 1) / 12))
    return noise


def _rms(samples: Audio) -> float:
    energy = sum(float(np.sum(np.square(exact, out=exact))) for _, exact in chunks(samples))
    return math.sqrt(energy / max(1, len(samples)))
