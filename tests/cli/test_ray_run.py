"""Runs on Ray: killed, interrupted and resumed like any other, and the same as those on this machine."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from run_files import heard, records
from running import LONG_S, children, wait_for_samples, wait_until_gone

TESTS = Path(__file__).parents[1]
SYSTEMS = ("slow", "moonshine-tiny")
CONDITIONS = [
    {"id": "as_recorded", "kind": "as_recorded"},
    {"id": "dropout", "kind": "dropout", "severity": 0.5},
]
CELLS = [f"{system}/demo/{condition}" for system in SYSTEMS for condition in ("as_recorded", "dropout.m050")]
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: pip install 'asrdiag[ray]'")


@pytest.fixture(autouse=True)
def _fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that gives the fake engine, as any other package would."""
    package = tmp_path / "path" / "fakes-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[asrdiag.engines]\nfake = fakes:FakeSpec\n")
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}{os.pathsep}{TESTS}")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def two_systems(suite: Callable[..., Path]) -> Path:
    systems = [
        {"id": "slow", "engine": "fake", "takes_s": 0.3},
        {"id": "moonshine-tiny", "engine": "moonshine"},
    ]
    return suite(systems=systems, conditions=CONDITIONS, report={"save_audio": "all"})


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a cluster that somebody else has started."""
    ray = pytest.importorskip("ray")
    ray.init("local", num_cpus=2, log_to_driver=False, include_dashboard=False)
    yield ray.get_runtime_context().gcs_address
    assert ray.cluster_resources()["CPU"] == 2  # it is still there
    ray.shutdown()


def sessions(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run / "run.json").read_text())["sessions"]
    return found


def descendants(pid: int) -> set[int]:
    found = set(children(pid))
    return found.union(*map(descendants, found))


@needs_ray
def test_a_killed_actor_ctrl_c_and_the_rest_on_this_machine(
    asrdiag: Command, two_systems: Path, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "small"
    with asrdiag.start(
        "run", two_systems, "--executor", "ray", "--workers", 2, "--progress", "none"
    ) as process:
        wait_for_samples(run, 3, process)
        ours = descendants(process.pid)
        transcribing = records(run, CELLS[0])[0]["details"]["process"]
        assert transcribing in ours
        os.kill(transcribing, signal.SIGKILL)
        wait_for_samples(run, 10, process)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "To go on: asrdiag run" in errors
    wait_until_gone(ours)
    before = (run / "cells" / CELLS[0] / "samples.jsonl").read_bytes()
    resumed = asrdiag("run", two_systems, "--workers", 2)
    assert resumed.returncode == 0, resumed.stderr
    assert (run / "cells" / CELLS[0] / "samples.jsonl").read_bytes().startswith(before)
    assert [session["executor"] for session in sessions(run)] == ["ray", "local"]
    for cell in CELLS:
        found = records(run, cell)
        assert len({record["sample_id"] for record in found}) == len(found) == 15
        assert not [record["error"] for record in found if record["error"]]


@needs_ray
def test_begun_here_and_finished_on_a_cluster_that_is_there(
    asrdiag: Command, two_systems: Path, tmp_path: Path, cluster: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert asrdiag("run", two_systems, "--out", here, "--limit", 6).returncode == 0
    assert asrdiag("run", two_systems, "--out", there, "--limit", 3).returncode == 0
    ended = asrdiag(
        "run", two_systems, "--out", there, "--limit", 6, "--executor", "ray", "--address", cluster
    )
    assert ended.returncode == 0, ended.stderr
    for cell in CELLS:
        assert heard(here, cell) == heard(there, cell)
        assert len(heard(here, cell)) == 6
    audio = [{path.name: path.read_bytes() for path in (run / "audio").iterdir()} for run in (here, there)]
    assert audio[0] == audio[1]
    assert audio[0]


@needs_ray
def test_a_killed_run_leaves_nothing_of_the_cluster_it_started(
    asrdiag: Command, two_systems: Path, tmp_path: Path
) -> None:
    with asrdiag.start("run", two_systems, "--executor", "ray", "--workers", 1) as process:
        wait_for_samples(tmp_path / "runs" / "small", 1, process)
        ours = descendants(process.pid)
        # Ray's agents try for a minute to tell the cluster that it is gone; then they end too.
        agents = {pid for pid in ours if b"Agent" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    assert len(ours - agents) > 2
    wait_until_gone(ours - agents)


@needs_ray
def test_clusters_that_cannot_be_used(asrdiag: Command, two_systems: Path, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    for options, message in (
        (["--address", nobody], f"no Ray cluster answers at '{nobody}': "),
        (
            ["--address", "ray://node:10001"],
            "--address: found 'ray://node:10001', expected HOST:PORT or auto",
        ),
        (["--device", "cuda:1"], "--device cuda:1 with --executor ray: expected cpu or cuda"),
        (["--device", "cuda"], "the Ray cluster has "),
    ):
        ended = asrdiag("run", two_systems, "--executor", "ray", *options)
        assert ended.returncode == 2
        assert ended.stderr.startswith(f"asrdiag: error: {message}")
    assert not (tmp_path / "runs").exists()


def test_an_address_without_ray(asrdiag: Command, two_systems: Path) -> None:
    ended = asrdiag("run", two_systems, "--address", "auto")
    assert ended.returncode == 2
    assert "--address is for --executor ray" in ended.stderr


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_ray_that_is_not_installed(asrdiag: Command, two_systems: Path) -> None:
    ended = asrdiag("run", two_systems, "--executor", "ray")
    assert ended.returncode == 2
    assert "--executor ray needs Ray: pip install 'asrdiag[ray]'" in ended.stderr
