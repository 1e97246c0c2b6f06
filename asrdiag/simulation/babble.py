"""Babble: other people of the same dataset talking at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import SampleError
from ..spec import Json
from .base import Samples, Source
from .noise import SILENT_RMS, Noise, divided, going_round, kept_if_short, rms_of
from .seeding import draws
from .talkers import VoiceCache, shuffled

_CACHE = VoiceCache()


@dataclass(frozen=True)
class Babble:
    """A number of talkers at one active speech level, each going round from a random place on.

    The draws do not depend on the sample rate: every system hears the same talkers at the same moment.
    """

    talkers: int

    def identity(self) -> dict[str, Json]:
        return {"noise": "babble", "talkers": self.talkers}

    def draws_on_pool(self) -> bool:
        return True

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        sample_id = source.utterance.sample_id
        pool = _CACHE.pool(source.pool)
        group, candidates = pool.candidates(source.utterance)

        voices: list[Samples] = []
        names: list[str] = []
        left_out: list[dict[str, str]] = []
        for position in shuffled(candidates, draws(source.seed, sample_id, base_id, "talkers")):
            voice = _CACHE.voice(pool, position, sample_rate_hz, source)
            name = pool.utterances[position].sample_id
            if voice.samples is None:
                left_out.append({"sample_id": name, "reason": voice.problem})
                continue
            voices.append(voice.samples)
            names.append(name)
            if len(voices) == self.talkers:
                break
        if not voices:
            first = left_out[0]
            raise SampleError(
                f"{sample_id}: none of {len(left_out)} other utterances can be used for babble; expected at "
                f"least one; the first was {first['sample_id']}: {first['reason']}"
            )

        offsets = draws(source.seed, sample_id, base_id, "talker offsets").random_sample(self.talkers)
        talking = [voices[turn % len(voices)] for turn in range(self.talkers)]
        starts = [int(float(fraction) * len(voice)) for fraction, voice in zip(offsets, talking, strict=True)]

        def talk(start: int, stop: int) -> npt.NDArray[np.float64]:
            together = np.zeros(stop - start)
            for voice, begin in zip(talking, starts, strict=True):
                together += going_round(voice, begin + start, begin + stop)
            return together

        part = kept_if_short(n_samples, talk)
        rms = rms_of(n_samples, part)
        if rms < SILENT_RMS:
            raise SampleError(f"{sample_id}: the babble drawn for it is silent; expected speech")
        return Noise(
            divided(n_samples, part, rms),
            {
                "noise": "babble",
                "talkers": [names[turn % len(names)] for turn in range(self.talkers)],
                "talkers_from": group,
                "talker_offsets_s": [
                    round(float(fraction) * len(voice) / sample_rate_hz, 4)
                    for fraction, voice in zip(offsets, talking, strict=True)
                ],
                "talkers_left_out": left_out,
            },
        )
