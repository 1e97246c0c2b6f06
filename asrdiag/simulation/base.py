"""What a condition is: a seeded change of a clip, and a record from which it can be made again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..datasets.base import Utterance
from ..spec import Identifier, Json, Spec

Samples = npt.NDArray[np.float32]
"""Mono audio, shape [n_samples]."""


@dataclass(frozen=True, slots=True)
class Source:
    """The clip being degraded and what surrounds it."""

    utterance: Utterance
    pool: Sequence[Utterance]
    """Every utterance of the dataset, whatever limit the run has; `utterance` is one of them."""
    load: Callable[[Utterance, int], Samples]
    """Reads an utterance at a sample rate in Hz."""
    seed: int
    """The suite's seed."""


@dataclass(frozen=True, slots=True)
class Degraded:
    samples: Samples
    """Same length and rate as the clip that went in."""
    record: Mapping[str, Json]
    """Every parameter and draw."""


class Condition(ABC):
    """One way to change a clip, with every parameter fixed."""

    id: str
    """Unique in a suite, e.g. `babble.snr5`."""
    base_id: str
    """The id without the swept parameter (`babble`): it seeds the draws, so that a sweep varies one thing."""
    kind: str
    severity: float | None = None
    """m in [0, 1], where the condition has one."""
    snr_db: float | None = None

    @abstractmethod
    def identity(self) -> dict[str, Json]:
        """All that can change the audio (parameters, hashes of noise files), save the suite's seed."""

    @abstractmethod
    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        """Degrade one clip; never changes `samples` in place.

        Raises:
            SampleError: this clip cannot be degraded so (e.g. no speech to set a level against).
        """

    def draws_on_pool(self) -> bool:
        """Whether the audio depends on the dataset's other utterances too."""
        return False

    def keeps_audio(self) -> bool:
        """Whether the clip comes out as it went in, so that no copy of it need be kept."""
        return False


class ConditionSpec(Spec):
    """A condition as a suite names it. Kinds subclass this with the keys they take."""

    id: Identifier
    kind: str

    def missing(self) -> str | None:
        """What has to be set or fetched before this condition can be made; `None` if it can be."""
        return None

    def expand(self) -> tuple[Condition, ...]:
        """The conditions that this entry stands for: one for each value of a list.

        Raises:
            UsageError: a folder of noise is missing or empty.
        """
        raise NotImplementedError
