"""Noise added at a signal-to-noise ratio."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ..audio import to_pcm16_grid
from ..blocks import Computed, blocks
from ..errors import SampleError
from ..levels import active_speech_level, rms_level_db
from ..spec import Json
from .base import Condition, ConditionSpec, Degraded, Samples, Source
from .noise import NoiseSource
from .noise_choice import NoiseChoice, missing, noise_source
from .sweep import SnrSweep, snr_id

_CEILING = 32767 / 32768
"""The largest value of a 16-bit file: a mixture within it is kept without clipping."""


@dataclass(frozen=True)
class AdditiveNoise(Condition):
    """Adds noise so that the speech is `snr_db` above it.

    The speech counts with its active level (ITU-T P.56), the noise with its RMS, both over the whole clip at
    the rate it is processed at. A mixture whose peak exceeds full scale is scaled down as a whole.
    """

    id: str
    base_id: str
    noise: NoiseSource
    snr_db: float
    kind: str = "additive_noise"

    def identity(self) -> dict[str, Json]:
        return {
            "kind": self.kind,
            "version": 1,
            "base_id": self.base_id,
            "snr_db": self.snr_db,
            **self.noise.identity(),
        }

    def draws_on_pool(self) -> bool:
        return self.noise.draws_on_pool()

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        speech = active_speech_level(samples, sample_rate_hz)
        if speech is None:
            raise SampleError(
                f"{source.utterance.sample_id}: no active speech in {len(samples) / sample_rate_hz:.3f} s; "
                f"expected some, to set the noise of {self.id} against"
            )
        noise = self.noise.make(len(samples), sample_rate_hz, source, self.base_id)
        noise_gain = 10 ** ((speech.level_db - self.snr_db) / 20)

        def mixture(part: slice) -> npt.NDArray[np.float64]:
            added: npt.NDArray[np.float64] = samples[part] + noise_gain * noise.samples[part].astype(
                np.float64
            )
            return added

        peak = max(float(np.max(np.abs(mixture(part)))) for part in blocks(len(samples)))
        mixture_gain = min(1.0, _CEILING / peak)
        noisy = np.empty(len(samples), np.float32)
        for part in blocks(len(samples)):
            noisy[part] = mixture_gain * mixture(part)

        def added_noise(start: int, stop: int) -> Samples:
            # In a very quiet clip the rounding is part of the noise.
            heard = to_pcm16_grid(noisy[start:stop])
            difference: Samples = heard / mixture_gain - samples[start:stop]
            return difference

        noise_level_db = rms_level_db(Computed(len(samples), added_noise))
        return Degraded(
            noisy,
            {
                "kind": self.kind,
                **noise.record,
                "snr_db": self.snr_db,
                "snr_db_measured": None if noise_level_db is None else speech.level_db - noise_level_db,
                "speech_level_db": speech.level_db,
                "speech_activity": speech.activity,
                "noise_gain": noise_gain,
                "mixture_gain": mixture_gain,
            },
        )


class AdditiveNoiseSpec(ConditionSpec):
    """Adds generated noise, babble or recordings from a folder, at an SNR."""

    kind: Literal["additive_noise"]
    noise: NoiseChoice
    snr_db: SnrSweep
    talkers: Annotated[int, Field(ge=1, le=100)] | None = None
    """How many talk at once; for babble only, where `None` is 6."""

    @model_validator(mode="after")
    def _talkers_babble(self) -> "AdditiveNoiseSpec":
        if self.talkers is not None and self.noise != "babble":
            raise ValueError("the key 'talkers' is only for noise: babble")
        return self

    def missing(self) -> str | None:
        return missing(self.noise)

    def expand(self) -> tuple[Condition, ...]:
        source = noise_source(self.noise, talkers=self.talkers, owner=f"condition {self.id!r}")
        return tuple(AdditiveNoise(snr_id(self.id, snr), self.id, source, snr) for snr in self.snr_db)
