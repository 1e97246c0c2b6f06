"""The noise of machines: mains hum and fans."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..spec import Json
from .base import Source
from .noise import GeneratedNoise, Noise, coloured_noise, of_unit_rms
from .seeding import draws

MAINS_HZ = (50.0, 60.0)
MAINS_TOLERANCE_HZ = 0.1
HUM_HARMONICS = 20
HUM_SPREAD_DB = 6.0

BLADES_HZ = (80.0, 240.0)
FAN_HARMONICS = 6
TONES_DB = (-12.0, 0.0)

_TABLE = 16384
"""Points of one period. Between them we go straight: with 20 harmonics the error is 100 dB down."""


@dataclass(frozen=True)
class Hum(GeneratedNoise):
    """Mains hum: 50 or 60 Hz, equally likely and within 0.1 Hz, with its harmonics up to the 20th.

    Harmonic k has an amplitude of 1/k, up or down by a normal deviate of 6 dB, and a random phase. One at or
    above half the sample rate is left out.
    """

    def identity(self) -> dict[str, Json]:
        return {"noise": "hum", "noise_version": 1}

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        rng = draws(source.seed, source.utterance.sample_id, base_id, "noise")
        mains_hz = MAINS_HZ[int(2 * rng.random_sample())]
        frequency_hz = mains_hz + MAINS_TOLERANCE_HZ * float(2 * rng.random_sample() - 1)
        levels_db = HUM_SPREAD_DB * rng.standard_normal(HUM_HARMONICS)
        phases = 2 * math.pi * rng.random_sample(HUM_HARMONICS)
        order = np.arange(1, HUM_HARMONICS + 1)
        amplitudes = 10 ** (levels_db / 20) / order
        wave = Harmonics(amplitudes, phases, frequency_hz, sample_rate_hz)
        return Noise(
            of_unit_rms(n_samples, wave.part),
            {"noise": "hum", "mains_hz": mains_hz, "frequency_hz": frequency_hz},
        )


@dataclass(frozen=True)
class Fan(GeneratedNoise):
    """A fan: the rush of air as brown noise, and the tone of its blades.

    The tone lies between 80 and 240 Hz and has harmonics up to the 6th with amplitudes of 1/k and random
    phases. All tones together are 0 to 12 dB below the air.
    """

    def identity(self) -> dict[str, Json]:
        return {"noise": "fan", "noise_version": 1}

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        key = (source.seed, source.utterance.sample_id, base_id)
        rng = draws(*key, "blades")
        frequency_hz = _between(BLADES_HZ, rng)
        tones_db = _between(TONES_DB, rng)
        phases = 2 * math.pi * rng.random_sample(FAN_HARMONICS)
        amplitudes = 1 / np.arange(1, FAN_HARMONICS + 1)
        tones = of_unit_rms(n_samples, Harmonics(amplitudes, phases, frequency_hz, sample_rate_hz).part)
        air = coloured_noise("brown", n_samples, sample_rate_hz, draws(*key, "noise"))
        gain = 10 ** (tones_db / 20)
        both = of_unit_rms(
            n_samples,
            lambda start, stop: air[start:stop].astype(np.float64) + gain * tones[start:stop],
        )
        return Noise(both, {"noise": "fan", "frequency_hz": frequency_hz, "tones_db": tones_db})


class Harmonics:
    """A periodic wave: the sum of `amplitudes[k-1] * cos(2 pi k frequency_hz t + phases[k-1])`.

    Harmonics at or above half the sample rate are left out, the first never.

    >>> wave = Harmonics(np.array([1.0, 0.5]), np.zeros(2), 100.0, 400)  # 200 Hz is half the rate
    >>> np.abs(wave.part(0, 5) - [1, 0, -1, 0, 1]).max() < 1e-6
    np.True_
    """

    def __init__(
        self,
        amplitudes: npt.NDArray[np.float64],
        phases: npt.NDArray[np.float64],
        frequency_hz: float,
        sample_rate_hz: int,
    ) -> None:
        heard = max(1, math.ceil(sample_rate_hz / 2 / frequency_hz) - 1)
        spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
        spectrum[1 : len(amplitudes) + 1][:heard] = (amplitudes * np.exp(1j * phases))[:heard]
        self._period = np.fft.irfft(spectrum * (_TABLE / 2), _TABLE)
        self._turns = frequency_hz / sample_rate_hz

    def part(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """The wave from one sample to another."""
        place = (np.arange(start, stop) * self._turns) % 1.0 * _TABLE
        before = place.astype(np.int64)
        step = place - before
        period = self._period
        wave: npt.NDArray[np.float64] = period[before] * (1 - step) + period[(before + 1) % _TABLE] * step
        return wave


def _between(limits: tuple[float, float], rng: np.random.RandomState) -> float:
    return limits[0] + (limits[1] - limits[0]) * float(rng.random_sample())
