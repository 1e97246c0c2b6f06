"""Engines that misbehave on purpose, for tests that need failures at will."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from asrdiag.engines.base import Clip, EngineSpec, Recognizer, Transcript
from asrdiag.engines.devices import each_cuda
from asrdiag.simulation.base import Condition, Degraded, Samples, Source
from asrdiag.spec import Json


class OutOfMemoryError(RuntimeError):
    """Called as torch's is."""


_lost: list[str] = []
"""The clips over which this process has lost its device; only its end changes that."""


class FakeSpec(EngineSpec):
    """Answers with the clip's id, unless its id is listed as trouble; has two accelerators that are none."""

    engine: Literal["fake"] = "fake"
    trips_on: tuple[str, ...] = ()
    """Clips over which it raises."""
    dies_on: tuple[str, ...] = ()
    """Clips over which its process ends."""
    poisoned_by: tuple[str, ...] = ()
    """Clips over which it loses its device, as by an assertion that fails in a CUDA kernel."""
    version_file: str | None = None
    """What it is, like a branch: the file's text where and when it is asked."""
    version: str = "1"
    answers: Mapping[str, str] = Field(default_factory=dict)
    """What it says of a clip instead."""
    refuses_batches: bool = False
    cannot_open: bool = False
    fits_s: float | None = None
    """Seconds of padded audio above which its memory runs out."""
    memory_error: Literal["named", "said"] = "named"
    takes_s: float = 0.0
    """For each batch."""

    def identity(self) -> dict[str, Json]:
        revision = Path(self.version_file).read_text() if self.version_file else self.version
        return {"model": "fake", "revision": revision, "decoding": {}}

    def pinned(self) -> Self:
        return self.model_copy(update={"version": self.identity()["revision"], "version_file": None})

    def devices(self, device: str) -> tuple[str, ...]:
        return each_cuda(device, 2)

    def open(self, device: str) -> Recognizer:
        if self.cannot_open:
            raise RuntimeError("no weights")
        return _Fake(self, device)


class _Fake:
    def __init__(self, spec: FakeSpec, device: str) -> None:
        self.spec, self.device = spec, device
        self.version = spec.identity()["revision"]

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        if self.spec.refuses_batches and len(clips) > 1:
            raise MemoryError("batch too large")
        padded_s = len(clips) * max(clip.duration_s for clip in clips)
        if self.spec.fits_s is not None and padded_s > self.spec.fits_s:
            kind = OutOfMemoryError if self.spec.memory_error == "named" else RuntimeError
            raise kind(f"CUDA out of memory. Tried to allocate {padded_s} s")
        time.sleep(self.spec.takes_s)
        _lost.extend(clip.sample_id for clip in clips if clip.sample_id in self.spec.poisoned_by)
        if _lost:
            raise RuntimeError("CUDA error: device-side assert triggered")
        for clip in clips:
            if clip.sample_id in self.spec.dies_on:
                os._exit(11)
            if clip.sample_id in self.spec.trips_on:
                raise RuntimeError(f"cannot do {clip.sample_id}")
        details: dict[str, Json] = {"device": self.device, "process": os.getpid(), "version": self.version}
        return [Transcript(self.spec.answers.get(clip.sample_id, clip.sample_id), details) for clip in clips]


@dataclass(frozen=True)
class Deadly(Condition):
    """A condition that ends the process over certain clips."""

    deadly_to: tuple[str, ...]
    id: str = "deadly"
    base_id: str = "deadly"
    kind: str = "deadly"

    def identity(self) -> dict[str, Json]:
        return {"kind": self.kind}

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        if source.utterance.sample_id in self.deadly_to:
            os._exit(11)
        return Degraded(samples / 2, {"kind": self.kind})


class TorchSpec(EngineSpec):
    """A real network of torch with made-up weights: what it says depends on the whole clip."""

    engine: Literal["torch"] = "torch"

    def identity(self) -> dict[str, Json]:
        return {"model": "torch", "revision": "1", "decoding": {}}

    def open(self, device: str) -> Recognizer:
        return _Torch()


class _Torch:
    def __init__(self) -> None:
        import torch

        torch.manual_seed(0)
        self.network = torch.nn.GRU(400, 64, batch_first=True)

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        import torch

        details: dict[str, Json] = {"process": os.getpid()}
        found = []
        with torch.inference_mode():
            for clip in clips:
                frames = torch.from_numpy(clip.samples)[: len(clip.samples) // 400 * 400].reshape(1, -1, 400)
                heard = self.network(frames)[0][0].argmax(dim=1).tolist()
                found.append(Transcript(" ".join(map(str, heard)), details))
        return found
