"""A reader that goes away changes neither the work nor the exit status."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from conftest import ASRDIAG, Command
from run_files import records


def bash(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = f"{command}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_whose_output_nobody_reads_is_done_all_the_same(
    suite: Callable[..., Path], tmp_path: Path
) -> None:
    ended = bash(f'"{ASRDIAG}" run "{suite()}" --out run | true', tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(records(tmp_path / "run", "moonshine-tiny/demo/as_recorded")) == 15


def test_a_leaderboard_that_nobody_reads_is_no_error(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    asrdiag("run", suite(), "--limit", 1)
    ended = bash(f'"{ASRDIAG}" leaderboard runs/small | sleep 0', tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_closed_streams_are_no_error(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    ended = bash(f'"{ASRDIAG}" run "{suite()}" --limit 1 --out run >&- 2>&-', tmp_path)
    assert ended.returncode == 0
    assert len(records(tmp_path / "run", "moonshine-tiny/demo/as_recorded")) == 1


def test_a_suite_from_a_pipe_is_kept(suite: Callable[..., Path], tmp_path: Path) -> None:
    path = suite()
    ended = bash(f'cat "{path}" | "{ASRDIAG}" run /dev/stdin --limit 1 --out run', tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "run" / "suite.yaml").read_bytes() == path.read_bytes()
