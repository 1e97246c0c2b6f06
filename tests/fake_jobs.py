"""Small jobs for the runner's tests."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from fakes import Deadly, FakeSpec

from asrdiag.datasets.base import Utterance
from asrdiag.runner.batching import Room
from asrdiag.runner.clip import Job, Task
from asrdiag.simulation.as_recorded import AsRecordedSpec
from asrdiag.simulation.dropout import DropoutSpec


def noise_clips(folder: Path, lengths_s: dict[str, float]) -> tuple[Utterance, ...]:
    """Writes noise; each clip's reference is its name."""
    random = np.random.default_rng(0)
    for name, length_s in lengths_s.items():
        soundfile.write(folder / f"{name}.wav", 0.1 * random.standard_normal(round(16000 * length_s)), 16000)
    return tuple(Utterance(name, folder / f"{name}.wav", reference=name) for name in lengths_s)


def fake_job(
    utterances: tuple[Utterance, ...],
    folder: Path,
    *,
    retry: int = 1,
    clips: int = 8,
    padded_s: float = math.inf,
    deadly_to: tuple[str, ...] = (),
    **trouble: Any,
) -> Job:
    """The fake engine on one dataset, `set`: as recorded, with dropouts, and deadly to some clips."""
    conditions = [
        *AsRecordedSpec(id="as_recorded", kind="as_recorded").expand(),
        *DropoutSpec(id="dropout", kind="dropout", severity=0.5).expand(),
        Deadly(deadly_to),
    ]
    return Job(
        engine=FakeSpec(id="fake", **trouble),
        device="cpu",
        seed=0,
        utterances={"set": utterances},
        conditions={condition.id: condition for condition in conditions},
        normalizers={("set", "en"): "none"},
        room=Room(clips, padded_s),
        retry=retry,
        save_audio="errors",
        run_folder=folder,
    )


def fake_task(*positions: int, condition: str = "as_recorded") -> Task:
    return Task(f"fake/set/{condition}", "set", condition, positions)
