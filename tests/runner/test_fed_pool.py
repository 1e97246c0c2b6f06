"""Accelerators fed by processes that read and degrade: the same results and the same care as without."""

import multiprocessing
from pathlib import Path

import pytest
from fake_jobs import fake_job, fake_task, noise_clips
from running import wait_until

from asrdiag.errors import AsrdiagError
from asrdiag.runner.clip import Job, Outcome, Task
from asrdiag.runner.fed_pool import FedPool
from asrdiag.runner.worker import Worker

NAMES = tuple("abcdefgh")
TASKS = [(0, 1, 2), (3, 4), (5,), (6, 7)]


def make(folder: Path, **options: object) -> Job:
    return fake_job(noise_clips(folder, dict.fromkeys(NAMES, 0.1)), folder, **options)  # type: ignore[arg-type]


def tasks(condition: str) -> list[Task]:
    return [fake_task(*positions, condition=condition) for positions in TASKS]


def by_id(outcomes: list[Outcome]) -> dict[str, Outcome]:
    found = {outcome.record["sample_id"]: outcome for outcome in outcomes}
    assert len(found) == len(outcomes)
    return found


def same(record: dict[str, object]) -> dict[str, object]:
    return {name: record[name] for name in record if name not in ("timing", "completed_at", "details")}


def test_records_are_those_of_a_process_that_does_it_all(tmp_path: Path) -> None:
    job = make(tmp_path, answers={"d": "something else"}, takes_s=0.05)
    with FedPool(job, 2, ["cuda:0", "cuda:1"]) as pool:
        fed = by_id([outcome for _, found in pool.run(tasks("dropout.m050")) for outcome in found])
    worker = Worker(job)
    alone = by_id([outcome for task in tasks("dropout.m050") for outcome in worker.process(task)])
    assert fed.keys() == alone.keys() == set(NAMES)
    for name, outcome in fed.items():
        assert same(outcome.record) == same(alone[name].record)
        assert (outcome.errors, outcome.tokens) == (alone[name].errors, alone[name].tokens)
    assert (tmp_path / fed["d"].record["audio"]["kept"]).is_file()
    used = {
        (record["details"]["device"], record["details"]["process"])
        for record in (outcome.record for outcome in fed.values())
    }
    assert len(used) == 2  # each device has one process
    assert {(usage.device, process) for process, usage in pool.usage.items()} == used
    assert all(usage.busy_s >= 0.05 and usage.idle_s >= 0 for usage in pool.usage.values())


def test_every_kind_of_trouble_at_once_costs_the_clips_concerned(tmp_path: Path) -> None:
    job = make(tmp_path, deadly_to=("b",), dies_on=("d",), trips_on=("g",), fits_s=0.25)
    (tmp_path / "f.wav").unlink()
    with FedPool(job, 2, ["cuda:0"]) as pool:
        done = by_id([outcome for _, found in pool.run(tasks("deadly")) for outcome in found])
    assert done.keys() == set(NAMES)
    errors = {
        name: (record["error"]["stage"], record["error"]["type"])
        for name, record in ((name, outcome.record) for name, outcome in done.items())
        if record["error"]
    }
    assert errors == {
        "b": ("load", "WorkerDied"),
        "d": ("transcribe", "WorkerDied"),
        "f": ("load", "SampleError"),
        "g": ("transcribe", "RuntimeError"),
    }
    assert {n: o.record["hypothesis_raw"] for n, o in done.items() if n not in errors} == {
        name: name for name in "aceh"
    }


def test_a_system_that_cannot_be_opened_stops_the_run_and_leaves_no_process(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    with (
        pytest.raises(AsrdiagError, match="system 'fake' cannot be opened: RuntimeError: no weights"),
        FedPool(make(tmp_path, cannot_open=True), 1, ["cuda:0"]) as pool,
    ):
        list(pool.run(tasks("as_recorded")))
    assert_ended(before)


def test_an_interrupted_pool_leaves_no_process(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    with (
        pytest.raises(KeyboardInterrupt),
        FedPool(make(tmp_path, takes_s=0.1), 1, ["cuda:0"]) as pool,
    ):
        for _ in pool.run(tasks("as_recorded")):
            raise KeyboardInterrupt
    assert_ended(before)


def assert_ended(before: set[object]) -> None:
    wait_until(lambda: not set(multiprocessing.active_children()) - before)
