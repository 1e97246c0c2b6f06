"""Noise added at a signal-to-noise ratio."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..audio import to_pcm16_grid
from ..errors import SampleError, UsageError
from ..levels import active_speech_level, rms_level_db
from ..spec import Json
from .babble import Babble
from .base import Condition, ConditionSpec, Degraded, Samples, Source
from .noise import COLOURS, ColouredNoise, NoiseSource
from .noise_folder import NoiseFiles, NoiseFolder
from .sweep import SnrSweep, snr_id

_TALKERS = 6
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
        return isinstance(self.noise, Babble)

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        speech = active_speech_level(samples, sample_rate_hz)
        if speech is None:
            raise SampleError(
                f"{source.utterance.sample_id}: no active speech in {len(samples) / sample_rate_hz:.3f} s; "
                f"expected some, to set the noise of {self.id} against"
            )
        noise = self.noise.make(len(samples), sample_rate_hz, source, self.base_id)
        noise_gain = 10 ** ((speech.level_db - self.snr_db) / 20)
        mixture = samples + noise_gain * noise.samples.astype(np.float64)
        mixture_gain = min(1.0, _CEILING / float(np.max(np.abs(mixture))))
        noisy = (mixture_gain * mixture).astype(np.float32)
        heard = to_pcm16_grid(noisy)  # in a very quiet clip the rounding is part of the noise
        noise_level_db = rms_level_db(heard / mixture_gain - samples)
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


def _noise_of(value: Any) -> Any:
    """Says what can be written here rather than what pydantic tried."""
    known = [*COLOURS, "babble"]
    if isinstance(value, dict | NoiseFolder) or value in known:
        return value
    raise ValueError(f"found {value!r}, expected one of {', '.join(known)}, or {{folder: PATH}}")


class AdditiveNoiseSpec(ConditionSpec):
    """Adds white, pink, brown or babble noise, or recordings from a folder, at an SNR."""

    kind: Literal["additive_noise"]
    noise: Annotated[Literal["white", "pink", "brown", "babble"] | NoiseFolder, BeforeValidator(_noise_of)]
    """A generated noise by name, or `{folder: PATH}` with recordings."""
    snr_db: SnrSweep
    talkers: Annotated[int, Field(ge=1, le=100)] | None = None
    """How many talk at once; for babble only, where `None` is 6."""

    @model_validator(mode="after")
    def _talkers_babble(self) -> "AdditiveNoiseSpec":
        if self.talkers is not None and self.noise != "babble":
            raise ValueError("the key 'talkers' is only for noise: babble")
        return self

    def missing(self) -> str | None:
        if isinstance(self.noise, NoiseFolder) and not self.noise.folder.is_dir():
            return f"the noise folder {self.noise.folder} does not exist"
        return None

    def expand(self) -> tuple[Condition, ...]:
        source = self._source()
        return tuple(AdditiveNoise(snr_id(self.id, snr), self.id, source, snr) for snr in self.snr_db)

    def _source(self) -> NoiseSource:
        if self.noise == "babble":
            return Babble(self.talkers or _TALKERS)
        if not isinstance(self.noise, NoiseFolder):
            return ColouredNoise(self.noise)
        if missing := self.missing():
            raise UsageError(f"{missing}; condition {self.id!r} takes its noise from there")
        files = self.noise.files()
        if not files:
            raise UsageError(
                f"the noise folder {self.noise.folder} of condition {self.id!r} holds no wav, flac, ogg or "
                "mp3 file; expected at least one, at any depth"
            )
        return NoiseFiles(self.noise.folder, files)
