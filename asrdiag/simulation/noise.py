"""What noise is to a condition, and its three colours: white, pink and brown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ..blocks import Audio, Computed, blocks, is_long, total
from ..spec import Json
from .base import Samples, Source
from .seeding import draws

COLOURS = ("white", "pink", "brown")
"""Their power falls by 0, 3 and 6 dB an octave."""

Part: TypeAlias = Callable[[int, int], npt.NDArray[Any]]
"""Noise from one sample to another, as floats; the same at every call."""

Shape: TypeAlias = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
"""Amplitude density at each frequency in Hz."""

LOWEST_HZ = 20.0
"""Coloured noise holds nothing below. Most of brown noise's power would otherwise lie in its lowest bins,
which nobody hears and which move with the length of the clip, and the SNR would say little."""

PERIOD_S = 300.0
"""Coloured and speech-shaped noise comes round after five minutes: hours of it need little memory."""

_LONGEST_WHITE = 1 << 22
"""White noise of so many samples, 262 s at 16 kHz, is normal deviates transformed as a whole. Longer, it is
made as the other colours are: the transform of an hour takes gigabytes."""

SILENT_RMS = 1e-5
"""-100 dB re full scale, below one step of a 16-bit file: what is there is not the noise that was meant."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise for one clip."""

    samples: Audio
    """Of unit RMS and of the length asked for; an array, unless it is long."""
    record: Mapping[str, Json]
    """What was drawn."""


class NoiseSource(Protocol):
    """Somewhere that noise comes from."""

    def identity(self) -> dict[str, Json]:
        """All that can change the noise, save the seed and the dataset."""
        ...

    def draws_on_pool(self) -> bool:
        """Whether it is made of the dataset's other utterances."""
        ...

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        """Noise for one clip; the same again for the same seed, utterance, `base_id`, length and rate.

        Raises:
            SampleError: there is none for this clip.
        """
        ...


class GeneratedNoise:
    """Noise that needs no recordings."""

    def draws_on_pool(self) -> bool:
        return False


@dataclass(frozen=True)
class ColouredNoise(GeneratedNoise):
    """Gaussian noise with a sloping spectrum."""

    colour: str

    def identity(self) -> dict[str, Json]:
        version: dict[str, Json] = {} if self.colour == "white" else {"noise_version": 2}
        return {"noise": self.colour, "lowest_hz": LOWEST_HZ, **version}

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        rng = draws(source.seed, source.utterance.sample_id, base_id, "noise")
        return Noise(
            coloured_noise(self.colour, n_samples, sample_rate_hz, rng),
            {"noise": self.colour, "lowest_hz": LOWEST_HZ},
        )


def coloured_noise(colour: str, n_samples: int, sample_rate_hz: int, rng: np.random.RandomState) -> Audio:
    """Gaussian noise from 20 Hz to half the sample rate.

    Args:
        colour: `white` (flat), `pink` (-3 dB an octave) or `brown` (-6 dB an octave).
        n_samples: the length, at least 2. The spectrum depends on the length only through its resolution.
        sample_rate_hz: the rate.
        rng: where the noise comes from.

    Returns:
        float32 of shape [n_samples], unit RMS, zero mean.

    >>> noise = coloured_noise("pink", 16000, 16000, draws(0, "sp01", "pink"))
    >>> noise.dtype, noise.shape, round(float(np.sqrt(np.mean(noise**2))), 4)
    (dtype('float32'), (16000,), 1.0)
    """
    if colour != "white" or n_samples > _LONGEST_WHITE:
        return shaped_noise(n_samples, sample_rate_hz, COLOUR_SHAPES[colour], rng)
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    spectrum[: _lowest(np.fft.rfftfreq(n_samples, 1 / sample_rate_hz))] = 0
    noise = np.fft.irfft(spectrum, n_samples)
    return of_unit_rms(n_samples, lambda start, stop: noise[start:stop])


COLOUR_SHAPES: Mapping[str, Shape] = {
    "white": np.ones_like,
    "pink": lambda frequency_hz: 1 / np.sqrt(frequency_hz),
    "brown": lambda frequency_hz: 1 / frequency_hz,
}


def shaped_noise(n_samples: int, sample_rate_hz: int, shape: Shape, rng: np.random.RandomState) -> Audio:
    """Gaussian noise of any spectrum, as a sum of cosines with random phases.

    The cosines lie evenly from 20 Hz to half the sample rate, no further apart than 1 / duration. Their sum
    is as good as Gaussian where many take part; its spectrum is the shape itself, without chance. It comes
    round after `PERIOD_S`.

    Args:
        n_samples: the length, at least 2.
        sample_rate_hz: the rate.
        shape: gives the amplitude density, up to a constant, at frequencies in Hz above 0.
        rng: where the phases come from.

    Returns:
        float32 of shape [n_samples], unit RMS, zero mean.

    Source: Rice (1944), Mathematical analysis of random noise, Bell System Technical Journal 23, section 1.7.

    >>> noise = shaped_noise(16000, 16000, np.sqrt, draws(0, "sp01", "blue"))
    >>> noise.dtype, noise.shape, round(float(np.sqrt(np.mean(noise**2))), 4)
    (dtype('float32'), (16000,), 1.0)
    """
    # Imported here because scipy takes longer to import than all the rest of a `validate`.
    from scipy.fft import irfft, next_fast_len

    longer = next_fast_len(min(n_samples, round(PERIOD_S * sample_rate_hz)), real=True)
    spacing_hz = np.float32(sample_rate_hz / longer)
    bins = longer // 2 + 1
    lowest = _lowest(np.arange(min(bins, int(LOWEST_HZ / spacing_hz) + 3)) * spacing_hz)
    spectrum = np.zeros(bins, np.complex64)
    for part in blocks(bins - lowest):
        start, stop = lowest + part.start, lowest + part.stop
        phases = rng.random_sample(stop - start)
        spectrum[start:stop] = _circle()[(len(_circle()) * phases).astype(np.int64)]
        spectrum[start:stop] *= shape(np.arange(start, stop) * spacing_hz)
    noise = irfft(spectrum, longer)
    del spectrum
    # There is no seam: it is periodic.
    added = total(n_samples, lambda part: np.sum(going_round(noise, part.start, part.stop)))
    mean = np.float32(added / np.int64(n_samples))
    return of_unit_rms(n_samples, lambda start, stop: going_round(noise, start, stop) - mean)


@cache
def _circle() -> npt.NDArray[np.complex64]:
    """All directions: a phase of 16 bits is no coarser than the samples made from it."""
    return np.asarray(np.exp(2j * np.pi * np.arange(2**16) / 2**16), dtype=np.complex64)


def _lowest(frequency_hz: npt.NDArray[Any]) -> int:
    """The first bin that is heard: above 20 Hz, or the first above 0 Hz where the last is below that.

    It stays where even it is above 20 Hz, in clips under 50 ms.
    """
    return max(1, int(np.searchsorted(frequency_hz, min(LOWEST_HZ, float(frequency_hz[-1])))))


def of_unit_rms(n_samples: int, part: Part) -> Audio:
    """Noise scaled to an RMS of 1, as float32; what is long is computed when it is asked for."""
    part = kept_if_short(n_samples, part)
    return divided(n_samples, part, rms_of(n_samples, part))


def kept_if_short(n_samples: int, part: Part) -> Part:
    """The same noise, computed once and for all if it is not long."""
    if is_long(n_samples):
        return part
    whole = part(0, n_samples)
    return lambda start, stop: whole[start:stop]


def rms_of(n_samples: int, part: Part) -> float:
    """The RMS of noise."""
    energy = total(
        n_samples, lambda where: np.sum(np.square(part(where.start, where.stop), dtype=np.float64))
    )
    return float(np.sqrt(energy / n_samples))


def divided(n_samples: int, part: Part, rms: float) -> Audio:
    """Noise over its RMS, as float32; an array if it is not long."""
    scaled = Computed(n_samples, lambda start, stop: np.asarray(part(start, stop) / rms, np.float32))
    return scaled if is_long(n_samples) else scaled[:]


def looped(samples: Samples, n_samples: int, fraction: float) -> Samples:
    """Begin `fraction` of the way into a recording and go round and round until there are `n_samples`.

    >>> looped(np.array([0, 1, 2, 3], np.float32), 6, 0.5)
    array([2., 3., 0., 1., 2., 3.], dtype=float32)
    """
    start = int(fraction * len(samples))
    return going_round(samples, start, start + n_samples)


def going_round(samples: Audio, start: int, stop: int) -> Samples:
    """From one sample to another of audio that begins again whenever it ends.

    >>> going_round(np.array([0, 1, 2], np.float32), 4, 8)
    array([1., 2., 0., 1.], dtype=float32)
    """
    size = len(samples)
    turn, begin = divmod(start, size)
    end = stop - turn * size
    if end <= size:
        return samples[begin:end]
    if end <= 2 * size:
        return np.concatenate([samples[begin:size], samples[: end - size]])
    return np.resize(np.concatenate([samples[begin:size], samples[:begin]]), stop - start)
