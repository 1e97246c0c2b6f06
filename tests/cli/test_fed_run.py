"""Runs on accelerators: fed by other processes, interrupted, killed and resumed like any other."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Command
from run_files import records
from running import LONG_S, wait_for_samples, workers

TESTS = Path(__file__).parents[1]
CELLS = ("fake/demo/as_recorded", "fake/demo/dropout.m050")
CONDITIONS = [
    {"id": "as_recorded", "kind": "as_recorded"},
    {"id": "dropout", "kind": "dropout", "severity": 0.5},
]


@pytest.fixture(autouse=True)
def _fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that gives the fake engine, as any other package would."""
    package = tmp_path / "path" / "fakes-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[asrdiag.engines]\nfake = fakes:FakeSpec\n")
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}{os.pathsep}{TESTS}")


def fake(**trouble: object) -> list[dict[str, object]]:
    return [{"id": "fake", "engine": "fake", **trouble}]


def session(run: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((run / "run.json").read_text())["sessions"][-1]
    return found


def assert_complete(run: Path) -> None:
    for cell in CELLS:
        ids = [record["sample_id"] for record in records(run, cell)]
        assert len(ids) == len(set(ids)) == 15


def test_all_devices_are_used_and_it_is_written_down_what_they_took(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(systems=fake(takes_s=0.05, fits_s=6.0), conditions=CONDITIONS)
    ended = asrdiag("run", path, "--device", "cuda", "--batch-size", 4, "--workers", 2)
    assert ended.returncode == 0, ended.stderr
    run = tmp_path / "runs" / "small"
    assert_complete(run)
    used = session(run)["systems"]["fake"]  # type: ignore[index]
    assert [(device["device"], device["processes"]) for device in used] == [("cuda:0", 1), ("cuda:1", 1)]
    for device in used:
        assert device["transcribe_s"] > 0
        assert 0 <= device["idle_share"] <= 1
        assert device["peak_memory_bytes"] > 10e6
        assert device["batch_clips"] < 4  # the demo has clips of over 1.5 s, so that 4 do not fit into 6 s
    failures = [json.loads(line) for line in (run / "errors.jsonl").read_text().splitlines()]
    assert failures
    assert {failure["type"] for failure in failures} == {"OutOfMemoryError"}


def test_named_devices_alone_are_used(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    path = suite(systems=fake(), conditions=CONDITIONS)
    assert asrdiag("run", path, "--device", "cuda:1,cuda:1", "--limit", 3).returncode == 0
    [used] = session(tmp_path / "runs" / "small")["systems"]["fake"]  # type: ignore[index]
    assert used["device"] == "cuda:1"
    ended = asrdiag("run", suite("other"), "--device", "cuda:0,tpu")
    assert ended.returncode == 2
    assert "cannot use the device" in ended.stderr


def test_a_killed_recogniser_and_ctrl_c_lose_and_repeat_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(systems=fake(takes_s=0.3), conditions=CONDITIONS)
    run = tmp_path / "runs" / "small"
    with asrdiag.start("run", path, "--device", "cuda:0", "--workers", 1) as process:
        wait_for_samples(run, 2, process)
        transcribing = records(run, CELLS[0])[0]["details"]["process"]
        assert transcribing in workers(process.pid)
        os.kill(transcribing, signal.SIGKILL)
        wait_for_samples(run, 5, process)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert session(run)["systems"]
    before = {cell: (run / "cells" / cell / "samples.jsonl").read_bytes() for cell in CELLS[:1]}
    resumed = asrdiag("run", suite(systems=fake(), conditions=CONDITIONS))  # on the CPU now
    assert resumed.returncode == 0, resumed.stderr
    assert_complete(run)
    for cell, bytes_before in before.items():
        assert (run / "cells" / cell / "samples.jsonl").read_bytes().startswith(bytes_before)


def test_the_longest_clips_that_do_not_fit_fail_and_do_not_stop_the_run(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    # The longest come first, and a run stops when the first five fail; but these say nothing of shorter ones.
    ended = asrdiag("run", suite(systems=fake(fits_s=2.5)), "--batch-size", 2, "--workers", 1)
    assert ended.returncode == 1
    found = records(tmp_path / "runs" / "small", CELLS[0])
    assert len(found) == len({record["sample_id"] for record in found}) == 15
    too_long = [record for record in found if record["audio"]["duration_s"] > 2.5]
    assert len(too_long) > 5
    for record in found:
        assert (record["hypothesis_raw"] is None) == (record in too_long)
        assert record["error"] is None or record["error"]["type"] == "OutOfMemoryError"
