"""What a recogniser may give in place of a transcript: a failure that stands, or a clip left for later."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from fake_jobs import fake_job, fake_task, noise_clips

from asrdiag.engines.base import Answer, Clip, EngineSpec, Failed, NotAsked, Transcript
from asrdiag.runner.clip import Job, Outcome
from asrdiag.runner.worker import Worker
from asrdiag.spec import Json

ASKED: list[str] = []
"""The clips that the engine was given, each time."""


class InPlaceSpec(EngineSpec):
    """Answers `a`, fails over `b`, leaves `c`, says of `d` what cannot be written; `e` has its own time."""

    engine: Literal["in-place"] = "in-place"

    def identity(self) -> dict[str, Json]:
        return {"model": "in-place", "revision": "1", "decoding": {}}

    def open(self, device: str) -> "InPlaceSpec":
        return self

    def transcribe(self, clips: Sequence[Clip]) -> list[Answer]:
        ASKED.extend(clip.sample_id for clip in clips)
        odd = os.fsdecode(b"\xff")  # a lone surrogate
        answers: dict[str, Answer] = {
            "a": Transcript("yes"),
            "b": Failed(ValueError(f"no, {odd}"), {"cost": 3}),
            "c": NotAsked("since that is enough"),
            "d": Transcript("yes", {"said": odd}),
            "e": Transcript("yes", {}, 0.125),
        }
        return [answers[clip.sample_id] for clip in clips]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    ASKED.clear()
    utterances = noise_clips(tmp_path, dict.fromkeys("abcde", 0.1))
    return replace(fake_job(utterances, tmp_path, retry=3), engine=InPlaceSpec(id="in-place"))


@pytest.mark.parametrize("together", [True, False])
def test_each_clip_gets_what_was_given_for_it_and_is_asked_once(job: Job, together: bool) -> None:
    worker = Worker(job)
    tasks = [fake_task(0, 1, 2, 3, 4)] if together else [fake_task(number) for number in range(5)]
    found: list[Outcome] = [outcome for task in tasks for outcome in worker.process(task)]
    assert sorted(ASKED) == list("abcde")
    left = [outcome for outcome in found if outcome.left_undone]
    assert [(outcome.left_undone, outcome.record, outcome.failures) for outcome in left] == [
        ("since that is enough", {}, [])
    ]
    by_id = {outcome.record["sample_id"]: outcome.record for outcome in found if outcome not in left}
    assert {name: record["hypothesis_raw"] for name, record in by_id.items()} == {
        **{"a": "yes", "b": None},
        **{"d": None, "e": "yes"},
    }
    assert by_id["b"]["error"] == {"stage": "transcribe", "type": "ValueError", "message": r"no, \udcff"}
    assert by_id["b"]["details"] == {"cost": 3}
    assert by_id["b"]["attempts"] == 1
    assert by_id["d"]["error"]["type"] == "UnicodeEncodeError"
    assert by_id["e"]["timing"]["transcribe_s"] == 0.125
