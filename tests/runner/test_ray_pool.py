"""Actors of a Ray cluster: the same results and the same care as with processes of this machine."""

import os
import platform
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_jobs import fake_job, fake_task, noise_clips
from running import wait_until_gone

from asrdiag.errors import AsrdiagError
from asrdiag.ray_cluster import RayCluster
from asrdiag.runner.clip import Job, Outcome, Task
from asrdiag.runner.ray_pool import RayPool
from asrdiag.runner.worker import Worker

ray = pytest.importorskip("ray", reason="Ray is an extra: pip install 'asrdiag[ray]'")

NAMES = tuple("abcdefgh")
TESTS = str(Path(__file__).parents[1])
TASKS = [(0, 1, 2), (3, 4), (5,), (6, 7)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """Of this machine; Ray takes its word that there are two GPUs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", TESTS)  # what is in `fakes` is sent by its name
        ray.init("local", num_cpus=4, num_gpus=2, log_to_driver=False, include_dashboard=False)
    yield RayCluster(ray)
    ray.shutdown()


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


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_records_and_audio_are_those_of_a_process_here(
    cluster: RayCluster, tmp_path: Path, device: str
) -> None:
    (tmp_path / "ray").mkdir()
    job = replace(make(tmp_path, answers={"d": "something else"}, takes_s=0.3), device=device)
    with RayPool(replace(job, run_folder=tmp_path / "ray"), cluster, 2) as pool:
        there = by_id([outcome for _, found in pool.run(tasks("dropout.m050")) for outcome in found])
    worker = Worker(job)
    here = by_id([outcome for task in tasks("dropout.m050") for outcome in worker.process(task)])
    assert there.keys() == here.keys() == set(NAMES)
    for name, outcome in there.items():
        assert same(outcome.record) == same(here[name].record)
        assert (outcome.errors, outcome.tokens) == (here[name].errors, here[name].tokens)
    [kept] = (tmp_path / "ray" / "audio").iterdir()  # of the clip with an error
    assert kept.read_bytes() == (tmp_path / here["d"].record["audio"]["kept"]).read_bytes()
    assert {record.record["details"]["device"] for record in there.values()} == {device}
    used = sorted(usage.device.partition("/")[2] for usage in pool.usage.values())
    assert used == (["cuda:0", "cuda:1"] if device == "cuda" else ["cpu", "cpu"])


def test_every_kind_of_trouble_at_once_costs_the_clips_concerned(cluster: RayCluster, tmp_path: Path) -> None:
    job = make(tmp_path, deadly_to=("b",), dies_on=("d",), trips_on=("g",), fits_s=0.25)
    (tmp_path / "f.wav").unlink()
    with RayPool(job, cluster, 2) as pool:
        done = by_id([outcome for _, found in pool.run(tasks("deadly")) for outcome in found])
    assert done.keys() == set(NAMES)
    errors = {
        name: (record["error"]["stage"], record["error"]["type"])
        for name, record in ((name, outcome.record) for name, outcome in done.items())
        if record["error"]
    }
    assert errors == {
        "b": ("transcribe", "WorkerDied"),
        "d": ("transcribe", "WorkerDied"),
        "f": ("load", "SampleError"),
        "g": ("transcribe", "RuntimeError"),
    }
    assert {n: o.record["hypothesis_raw"] for n, o in done.items() if n not in errors} == {
        name: name for name in "aceh"
    }


def test_an_actor_that_is_killed_costs_nothing(cluster: RayCluster, tmp_path: Path) -> None:
    job = make(tmp_path, takes_s=0.4)
    found: list[Outcome] = []
    killed: set[int] = set()
    with RayPool(job, cluster, 1) as pool:
        for _, outcomes in pool.run([fake_task(position) for position in range(8)]):
            found += outcomes
            if len(found) in (1, 4):
                process = outcomes[0].record["details"]["process"]
                os.kill(process, signal.SIGKILL)
                killed.add(process)
    assert len(killed) == 2
    assert by_id(found).keys() == set(NAMES)
    assert not [outcome.record["error"] for outcome in found if outcome.record["error"]]


def test_what_an_actor_raises_is_raised_here(cluster: RayCluster, tmp_path: Path) -> None:
    with (
        pytest.raises(AsrdiagError, match="system 'fake' cannot be opened: RuntimeError: no weights"),
        RayPool(make(tmp_path, cannot_open=True), cluster, 1) as pool,
    ):
        list(pool.run(tasks("as_recorded")))


def test_more_actors_than_there_is_room_for_are_not_waited_for(cluster: RayCluster, tmp_path: Path) -> None:
    with RayPool(make(tmp_path), cluster, 6) as pool:  # of one CPU each, on four
        done = by_id([outcome for _, found in pool.run(tasks("as_recorded")) for outcome in found])
    assert done.keys() == set(NAMES)


def test_an_interrupted_pool_leaves_no_actor(cluster: RayCluster, tmp_path: Path) -> None:
    process = 0
    with (
        pytest.raises(KeyboardInterrupt),
        RayPool(make(tmp_path, takes_s=0.1), cluster, 1) as pool,
    ):
        for _, outcomes in pool.run(tasks("as_recorded")):
            process = outcomes[0].record["details"]["process"]
            raise KeyboardInterrupt
    wait_until_gone([process])


def test_an_actor_that_has_lost_its_device_is_replaced(cluster: RayCluster, tmp_path: Path) -> None:
    job = replace(make(tmp_path, poisoned_by=("b",)), device="cuda")
    with RayPool(job, cluster, 1) as pool:
        done = by_id([outcome for _, found in pool.run(tasks("as_recorded")) for outcome in found])
    said = {name: (outcome.record["error"] or {}).get("type") for name, outcome in done.items()}
    assert said == dict.fromkeys(NAMES) | {"b": "DeviceLost"}


def test_a_machine_with_other_files_under_the_same_name_is_refused(
    cluster: RayCluster, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    pool = RayPool(make(tmp_path, version_file=str(weights)), cluster, 1)
    weights.write_text("2")  # as if the actor's machine had another folder there
    with pool, pytest.raises(AsrdiagError, match=r"another 'fake' than this one .*: revision: .1. -> .2.;"):
        list(pool.run(tasks("as_recorded")))


def test_a_machine_that_cannot_read_the_files_is_named(cluster: RayCluster, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    pool = RayPool(make(tmp_path, version_file=str(weights)), cluster, 1)
    weights.unlink()
    with pool, pytest.raises(AsrdiagError, match=f"^{platform.node()}: .*{weights}"):
        list(pool.run(tasks("as_recorded")))
