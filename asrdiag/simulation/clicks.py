"""Clicks: short knocks at random moments."""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..spec import Json
from .base import Source
from .noise import GeneratedNoise, Noise, of_unit_rms
from .seeding import draws

RATE_PER_S = (1.0, 20.0)
PITCH_HZ = (500.0, 3500.0)
DECAY_S = (0.0003, 0.003)
SPREAD_DB = 6.0

_HEARD = 10.0
"""A click is followed for so many time constants: to 87 dB below its onset."""


@dataclass(frozen=True)
class Clicks(GeneratedNoise):
    """Clicks that come as a Poisson process, 1 to 20 a second; a clip has at least one.

    Each begins at once and rings away: a cosine of 500 to 3500 Hz with a time constant of 0.3 to 3 ms. Its
    amplitude is up or down by a normal deviate of 6 dB. The number a second, the pitch and the time constant
    are drawn on logarithmic scales. Nothing depends on the sample rate but how finely it is sampled.
    """

    def identity(self) -> dict[str, Json]:
        return {"noise": "clicks", "noise_version": 1}

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        rng = draws(source.seed, source.utterance.sample_id, base_id, "noise")
        rate = float(_log_between(RATE_PER_S, rng.random_sample()))
        moments_s = _moments(rate, n_samples / sample_rate_hz, rng)
        pitch, decay = rng.random_sample((2, len(moments_s)))
        amplitude = 10 ** (SPREAD_DB / 20 * rng.standard_normal(len(moments_s)))
        places = [min(int(moment_s * sample_rate_hz), n_samples - 1) for moment_s in moments_s]
        clicks = list(
            zip(
                moments_s, _log_between(PITCH_HZ, pitch), _log_between(DECAY_S, decay), amplitude, strict=True
            )
        )
        longest = 1 + math.ceil(_HEARD * DECAY_S[1] * sample_rate_hz)

        def part(start: int, stop: int) -> npt.NDArray[np.float64]:
            noise = np.zeros(stop - start)
            heard = slice(bisect_left(places, start - longest), bisect_left(places, stop))
            for place, (moment_s, pitch_hz, decay_s, size) in zip(places[heard], clicks[heard], strict=True):
                end = min(n_samples, place + 1 + math.ceil(_HEARD * decay_s * sample_rate_hz))
                since_s = np.maximum(np.arange(place, end) / sample_rate_hz - moment_s, 0.0)
                click = size * np.exp(-since_s / decay_s) * np.cos(2 * math.pi * pitch_hz * since_s)
                first, last = max(place, start), min(end, stop)
                if first < last:
                    noise[first - start : last - start] += click[first - place : last - place]
            return noise

        return Noise(
            of_unit_rms(n_samples, part),
            {"noise": "clicks", "clicks_per_s": rate, "clicks": len(moments_s)},
        )


def _moments(rate: float, duration_s: float, rng: np.random.RandomState) -> list[float]:
    # The first one's place is drawn apart, so that a clip that would have none has this one.
    spare = duration_s * float(rng.random_sample())
    moments: list[float] = []
    moment = 0.0
    while (moment := moment + float(rng.exponential(1 / rate))) < duration_s:
        moments.append(moment)
    return moments or [spare]


def _log_between(
    limits: tuple[float, float], share: npt.NDArray[np.float64] | float
) -> npt.NDArray[np.float64]:
    low, high = np.log(limits)
    value: npt.NDArray[np.float64] = np.exp(low + (high - low) * np.asarray(share))
    return value
