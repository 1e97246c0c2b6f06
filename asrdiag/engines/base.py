"""What a recogniser is to asrdiag: clips in, transcripts out, and an identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from ..spec import Identifier, Json, Spec


@dataclass(frozen=True, slots=True)
class Clip:
    """Audio for a recogniser: `samples` is mono float32 of shape [n_samples], nominally in [-1, 1]."""

    sample_id: str
    samples: npt.NDArray[np.float32]
    sample_rate_hz: int
    language: str = "en"

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the system answered. `text == ""` means that it answered with nothing."""

    text: str
    details: Mapping[str, Json] = field(default_factory=dict)
    """What is worth keeping of how it came about (tokens, chunks, `gated`); written to the sample record."""


class Recognizer(Protocol):
    """An opened system. Lives in one worker process and is called from one thread."""

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        """One transcript a clip, in order.

        A clip's transcript must not depend on the others of its batch. An exception fails the whole batch;
        the runner then tries each clip alone.
        """
        ...


class EngineSpec(Spec):
    """A system as a suite names it. Engines subclass this with the keys they take."""

    sample_rate_hz: ClassVar[int] = 16_000
    """The rate of the clips that the recogniser is given."""
    default_batch_size: ClassVar[int] = 1
    languages: ClassVar[tuple[str, ...] | None] = None
    """The primary language tags it knows, if it knows only some; other clips are recorded as failed."""
    cpu_only: ClassVar[bool] = False
    """Runs on the CPU whatever device a run is given; otherwise `open` is asked for that device."""

    id: Identifier
    engine: str

    def identity(self) -> dict[str, Json]:
        """All that can change a transcript: at least `model`, `revision` and `decoding`.

        Device and batch size are left out: they are recorded, not part of what a system is.
        """
        raise NotImplementedError

    def unavailable(self) -> str | None:
        """Why this system cannot run on this machine, with what to install; `None` if it can."""
        return None

    def refuses(self, device: str) -> str | None:
        """Why this system cannot use a device, with those it can; `None` if it can."""
        return None

    def open(self, device: str) -> Recognizer:
        """Load the model and warm it up.

        Args:
            device: `cpu`, or `cuda` / `cuda:N` where the engine can use it.

        Raises:
            UsageError: the engine cannot use that device; the message lists those it can.
        """
        raise NotImplementedError
