"""A process that has lost its device is replaced, and only the clip over which that happens has failed."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_jobs import fake_job, fake_task, noise_clips

from asrdiag.runner.clip import Job
from asrdiag.runner.fed_pool import FedPool
from asrdiag.runner.lost_device import DeviceLost, device_lost
from asrdiag.runner.pool import Pool, WorkerPool

NAMES = "abcde"
TASKS = [(0, 1, 2), (3,), (4,)]
ASSERTION = "CUDA error: device-side assert triggered"


@pytest.mark.parametrize(
    "make",
    [
        lambda job: WorkerPool(job, 2),
        lambda job: FedPool(job, 1, ["cuda:0"]),
    ],
    ids=["workers", "a device"],
)
def test_every_other_clip_is_answered_once(tmp_path: Path, make: Callable[[Job], Pool]) -> None:
    utterances = noise_clips(tmp_path, dict.fromkeys(NAMES, 0.1))
    job = fake_job(utterances, tmp_path, poisoned_by=("b",))
    with make(job) as pool:
        tasks = [fake_task(*positions) for positions in TASKS]
        found = [outcome.record for _, outcomes in pool.run(tasks) for outcome in outcomes]
    assert sorted(record["sample_id"] for record in found) == list(NAMES)
    for record in found:
        name = record["sample_id"]
        assert record["hypothesis_raw"] == (None if name == "b" else name)
        if name == "b":
            error = {"stage": "transcribe", "type": "DeviceLost", "message": f"RuntimeError: {ASSERTION}"}
            assert record["error"] == error


def test_what_has_cost_a_process_its_device_says_why() -> None:
    found = device_lost(RuntimeError(f"{ASSERTION}\nCompile with `TORCH_USE_CUDA_DSA`"))
    assert isinstance(found, DeviceLost)
    assert str(found).startswith(f"RuntimeError: {ASSERTION}\n")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("index out of range in self"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("CUDA error: out of memory"),
        ValueError("CUDA error: as somebody said"),
        type("OutOfMemoryError", (RuntimeError,), {})(ASSERTION),
    ],
    ids=str,
)
def test_other_errors_are_the_clips_own(error: Exception) -> None:
    assert device_lost(error) is None


def test_the_end_of_vllms_own_processes_is_one() -> None:
    assert (
        device_lost(type("EngineDeadError", (Exception,), {})("EngineCore encountered an issue.")) is not None
    )


@pytest.mark.parametrize("dead", [True, False])
def test_where_torch_has_a_gpu_the_gpu_decides(monkeypatch: pytest.MonkeyPatch, dead: bool) -> None:
    def synchronize() -> None:
        if dead:
            raise RuntimeError(ASSERTION)

    cuda = SimpleNamespace(is_initialized=lambda: True, synchronize=synchronize)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    # A wrong argument leaves the GPU well, whatever it says; after an assertion any call fails in some way.
    for message in ("CUDA error: invalid configuration argument", "the weights are not finite"):
        assert (device_lost(RuntimeError(message)) is not None) == dead
