import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asrdiag.audio import read_audio
from asrdiag.datasets.base import Utterance
from asrdiag.simulation import Source
from asrdiag.simulation.base import Samples


def two_cities() -> Path:
    spec = importlib.util.find_spec("moonshine_voice")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "assets" / "two_cities.wav"


@dataclass(frozen=True)
class Corpus:
    """Ten stretches of one reading, passed off as five speakers with two utterances each."""

    utterances: tuple[Utterance, ...]

    def source(
        self,
        index: int = 0,
        seed: int = 0,
        pool: Sequence[Utterance] | None = None,
        load: Callable[[Utterance, int], Samples] | None = None,
    ) -> Source:
        pool = self.utterances if pool is None else pool
        return Source(self.utterances[index], pool, load or read, seed)


def read(utterance: Utterance, sample_rate_hz: int) -> Samples:
    return read_audio(
        utterance.audio_path, sample_rate_hz, offset_s=utterance.offset_s, duration_s=utterance.duration_s
    )


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus(
        tuple(
            Utterance(
                sample_id=f"sp{index:02d}",
                audio_path=two_cities(),
                reference=f"sentence {index}",
                offset_s=4.0 * index,
                duration_s=4.0,
                speaker=f"speaker{index // 2}",
            )
            for index in range(10)
        )
    )


@pytest.fixture(scope="session")
def clean(corpus: Corpus) -> Samples:
    samples = read(corpus.utterances[0], 16_000)
    samples.flags.writeable = False  # a condition that writes into its input fails
    return samples


@pytest.fixture(scope="session")
def long_clip() -> Samples:
    """Ten minutes of noise: 30,000 frames of 20 ms, none like another."""
    return (0.1 * np.random.RandomState(0).standard_normal(600 * 16_000)).astype(np.float32)
