"""A result that cannot be written is an error with a non-zero exit status, never a silent loss."""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ASRDIAG, Command
from run_files import records

CELL = "moonshine-tiny/demo/as_recorded"


def test_a_full_disk_stops_the_run_and_the_rest_is_done_once_there_is_room(
    asrdiag: Command, suite: Callable[..., Path], tiny_disk: Path
) -> None:
    path = suite(conditions=[{"id": "white", "kind": "additive_noise", "noise": "white", "snr_db": 0}])
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 500_000)
    full = asrdiag("run", path, "--out", tiny_disk / "run")
    assert full.returncode == 1
    assert "No space left" in full.stderr or "could not be written" in full.stderr
    assert "Traceback" not in full.stderr
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(tiny_disk)], check=True)
    resumed = asrdiag("run", path, "--out", tiny_disk / "run")
    assert resumed.returncode == 0, resumed.stderr
    ids = [record["sample_id"] for record in records(tiny_disk / "run", "moonshine-tiny/demo/white.snr0")]
    assert len(ids) == len(set(ids)) == 15


@pytest.mark.parametrize("limit_bytes", [0, 1024, 4096])
def test_a_file_size_limit_is_an_error(suite: Callable[..., Path], tmp_path: Path, limit_bytes: int) -> None:
    ended = subprocess.run(
        [str(ASRDIAG), "run", str(suite()), "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)),
    )
    assert ended.returncode == 1, ended.stderr
    assert "could not be written: File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    again = subprocess.run(
        [str(ASRDIAG), "run", str(tmp_path / "small.yaml"), "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert len(records(tmp_path / "run", CELL)) == 15


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_goes_nowhere_is_an_error(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    asrdiag("run", suite(), "--limit", 1)
    run = str(tmp_path / "runs" / "small")
    to_file = asrdiag("leaderboard", run, "--csv", "/dev/full")
    assert to_file.returncode == 1
    assert "/dev/full: could not be written: No space left" in to_file.stderr
    with Path("/dev/full").open("w") as full:
        printed = subprocess.run(
            [str(ASRDIAG), "leaderboard", run], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert printed.returncode == 1
    assert "No space left" in printed.stderr


def test_a_samples_file_that_takes_nothing_is_an_error(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path, run = suite(), tmp_path / "runs" / "small"
    asrdiag("run", path, "--limit", 1)
    samples = run / "cells" / CELL / "samples.jsonl"
    samples.unlink()
    samples.symlink_to("/dev/full")
    ended = asrdiag("run", path, "--limit", 1)
    assert ended.returncode == 1
    assert "samples.jsonl: could not be written: No space left" in ended.stderr
