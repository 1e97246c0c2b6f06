"""Examples as they are heard: read, degraded on the fly, and varied a little in training."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from asrdiag.audio import to_pcm16_grid
from asrdiag.corpus.recipe import Recipe as Degrading
from asrdiag.errors import SampleError
from asrdiag.routing.config import SAMPLE_RATE_HZ
from asrdiag.runner.source import load
from asrdiag.simulation.base import Source as Surroundings
from asrdiag.simulation.degradation import DEFAULT_NOISE
from asrdiag.simulation.noise import NoiseSource
from asrdiag.simulation.noise_choice import noise_source
from asrdiag.simulation.noise_mixture import AnyOf
from asrdiag.simulation.seeding import draws

from ..data.clips import ClipRefused, Limits, Place, read_place, require_fit
from .examples import Example
from .recipe import Simulation, Training

_STREAM = "asrdiag train router"
_ENDLESS = 1_000_000_000
"""Versions of a clip that can be drawn; each pass takes another."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An example's audio, float32 of shape [n_samples] at 16 kHz, and what was done to it."""

    samples: npt.NDArray[np.float32]
    scenario: str | None
    severity: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an example was not heard."""

    id: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Listener:
    """Reads examples; the same example and version sound the same in any order, in any process."""

    simulation: Simulation
    training: Training
    seed: int

    def hear(self, example: Example, version: int = 0) -> Heard:
        """An example's audio.

        Args:
            example: which one.
            version: of a simulated one, which of the ways to degrade it.

        Raises:
            ClipRefused: its file is missing or damaged, holds NaN, is silent, too long or too short, or
                cannot be degraded (no speech to set a level against).
        """
        utterance = example.utterance
        place = Place(
            utterance.audio_path,
            utterance.offset_s,
            utterance.duration_s,
            utterance.audio_row,
            utterance.audio_column,
        )
        limits = Limits(max_duration_s=self.training.max_duration_s)
        samples = read_place(place, SAMPLE_RATE_HZ, limits)
        if not example.simulated:
            return Heard(samples, example.scenario, example.severity)
        take = self._degrading.take(utterance.sample_id, version)
        surroundings = Surroundings(utterance, example.pool, load, self.seed)
        try:
            degraded = take.condition.apply(samples, SAMPLE_RATE_HZ, surroundings)
        except SampleError as error:
            raise ClipRefused("unreadable_audio", f"cannot be degraded: {error}") from error
        require_fit(degraded.samples, SAMPLE_RATE_HZ, limits, str(utterance.audio_path))
        samples = to_pcm16_grid(degraded.samples)  # as a run and `asrdiag simulate` have it
        severity = degraded.record.get("severity")
        return Heard(
            samples,
            take.condition.scenario,
            float(severity) if isinstance(severity, int | float) else None,
        )

    def hear_varied(self, example: Example, version: int) -> Heard:
        """As `hear`, at another level and, every second time, in weak white noise.

        Raises:
            ClipRefused: as for `hear`.
        """
        heard = self.hear(example, version)
        random = draws(self.seed, example.id, _STREAM, f"variation {version}")
        samples = heard.samples * np.float32(10 ** (random.uniform(*self.training.gain_db) / 20))
        if random.random_sample() < 0.5:
            level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
            level *= 10 ** (-random.uniform(*self.training.noise_snr_db) / 20)
            samples = samples + (random.standard_normal(len(samples)) * level).astype(np.float32)
        return Heard(samples, heard.scenario, heard.severity)

    @cached_property
    def _degrading(self) -> Degrading:
        said = self.simulation
        return Degrading(
            scenarios=said.scenarios,
            severity=None,
            mapping=said.mapping,
            per_clip=_ENDLESS,
            mix=said.mix,
            speed=None,
            noise=_noise(said.noise),
            room=said.room.room("simulation.room") if said.room else None,
            seed=self.seed,
            sample_rate_hz=SAMPLE_RATE_HZ,
        )


def _noise(choices: Sequence[object]) -> NoiseSource:
    found = tuple(noise_source(choice, owner="simulation.noise") for choice in choices)  # type: ignore[arg-type]
    if not found:
        return DEFAULT_NOISE
    return found[0] if len(found) == 1 else AnyOf(found)
