"""Noise with the long-term spectrum of speech, steady or fluctuating as speech does."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ..spec import Json
from .base import Source
from .noise import GeneratedNoise, Noise, of_unit_rms, shaped_noise
from .seeding import draws

BAND_CENTRES_HZ = (
    *(63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000),
    *(5000, 6300, 8000, 10000, 12500, 16000),
)
BAND_LEVELS_DB = (
    *(38.6, 43.5, 54.4, 57.7, 56.8, 60.2, 60.3, 59.0, 62.1, 62.1, 60.5, 56.8, 53.7, 53.0, 52.0, 48.7, 48.1),
    *(46.8, 45.6, 44.5, 44.3, 43.7, 43.4, 41.3, 40.7),
)
"""The international long-term average speech spectrum: third-octave levels of male and female talkers over
twelve languages, 70 dB in all. Source: Byrne et al. (1994), An international comparison of long-term average
speech spectra, J. Acoust. Soc. Am. 96, 2108-2120, table II, "combined"."""

MODULATION_HZ = 4.0
"""Where the modulation spectrum of running speech peaks, at the rate of its syllables. Source: Houtgast and
Steeneken (1985), A review of the MTF concept in room acoustics, J. Acoust. Soc. Am. 77, 1069-1077."""

_HALF_BAND = 2 ** (1 / 6)
_NOTHING = 1e-4  # not 0: a clip of two samples has no other frequencies


@dataclass(frozen=True)
class SpeechShapedNoise(GeneratedNoise):
    """Gaussian noise with the long-term average spectrum of speech; `modulated` makes it swell and fade."""

    modulated: bool = False

    @property
    def name(self) -> str:
        return "speech_modulated" if self.modulated else "speech_shaped"

    def identity(self) -> dict[str, Json]:
        return {"noise": self.name, "noise_version": 1}

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        key = (source.seed, source.utterance.sample_id, base_id)
        samples = shaped_noise(n_samples, sample_rate_hz, density, draws(*key, "noise"))
        record: dict[str, Json] = {"noise": self.name}
        if self.modulated:
            phase = 2 * math.pi * float(draws(*key, "modulation phase").random_sample())
            steady = samples

            def part(start: int, stop: int) -> npt.NDArray[np.float64]:
                seconds = np.arange(start, stop) / sample_rate_hz
                envelope = 1 + np.sin(2 * math.pi * MODULATION_HZ * seconds + phase)
                swelling: npt.NDArray[np.float64] = steady[start:stop] * envelope
                return swelling

            samples = of_unit_rms(n_samples, part)
            record |= {"modulation_hz": MODULATION_HZ, "modulation_phase_rad": phase}
        return Noise(samples, record)


def density(frequency_hz: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The amplitude density of speech at each frequency, up to a constant; next to nothing below 56 Hz.

    That of a band is its level less 10 log10 of its width. Between band centres the density in dB is
    interpolated over the logarithm of the frequency; above 16 kHz it stays as it is there.

    >>> [round(float(x), 2) for x in density(np.array([50, 63, 500, 4000, 20000], np.float32))]
    [0.0, 22.3, 118.29, 6.26, 1.78]
    """
    grid_hz, amplitude = _table()
    return np.interp(frequency_hz, grid_hz, amplitude).astype(np.float32)


@cache
def _table() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Finely spaced frequencies and the density at each: straight lines cost less than logarithms."""
    centres = np.array(BAND_CENTRES_HZ, dtype=np.float64)
    density_db = np.array(BAND_LEVELS_DB) - 10 * np.log10(centres * (_HALF_BAND - 1 / _HALF_BAND))
    lowest_hz = centres[0] / _HALF_BAND
    grid_hz = np.geomspace(lowest_hz, centres[-1], 2000)
    amplitude = 10 ** (np.interp(np.log(grid_hz), np.log(centres), density_db) / 20)
    return np.append(lowest_hz * (1 - 1e-6), grid_hz), np.append(_NOTHING * amplitude[0], amplitude)
