"""Engines that misbehave on purpose, for tests that need failures at will."""

import os
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from asrdiag.engines.base import Clip, EngineSpec, Recognizer, Transcript
from asrdiag.spec import Json


class FakeSpec(EngineSpec):
    """Answers with the clip's id, unless its id is listed as trouble."""

    engine: Literal["fake"] = "fake"
    trips_on: tuple[str, ...] = ()
    """Clips over which it raises."""
    dies_on: tuple[str, ...] = ()
    """Clips over which its process ends."""
    answers: Mapping[str, str] = Field(default_factory=dict)
    """What it says of a clip instead."""
    refuses_batches: bool = False
    cannot_open: bool = False

    def identity(self) -> dict[str, Json]:
        return {"model": "fake", "revision": "1", "decoding": {}}

    def open(self, device: str) -> Recognizer:
        if self.cannot_open:
            raise RuntimeError("no weights")
        return _Fake(self)


class _Fake:
    def __init__(self, spec: FakeSpec) -> None:
        self.spec = spec

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript]:
        if self.spec.refuses_batches and len(clips) > 1:
            raise MemoryError("batch too large")
        for clip in clips:
            if clip.sample_id in self.spec.dies_on:
                os._exit(11)
            if clip.sample_id in self.spec.trips_on:
                raise RuntimeError(f"cannot do {clip.sample_id}")
        return [Transcript(self.spec.answers.get(clip.sample_id, clip.sample_id)) for clip in clips]
