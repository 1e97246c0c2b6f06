"""`validate`, `list`, `--dry-run`, `--help` and the terminal display."""

import os
import pty
import select
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ASRDIAG, Command


def test_validate_reports_what_cannot_be_read(
    asrdiag: Command, suite: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    text = speech(0, "good.wav")
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    (tmp_path / "list.csv").write_text(f'audio,text\ngood.wav,"{text}"\nbroken.wav,x\nabsent.wav,\n')
    path = suite(datasets=[{"id": "mine", "loader": "manifest", "path": "list.csv"}])
    ended = asrdiag("validate", path)
    assert ended.returncode == 1
    assert "dataset mine: 3 clips" in ended.stdout
    assert "1 empty references" in ended.stdout
    assert "problem: mine: broken: " in ended.stdout
    assert "problem: mine: absent: " in ended.stdout
    assert "1 cells, 2 problems" in ended.stdout
    assert not (tmp_path / "runs").exists()


def test_validate_a_good_suite(asrdiag: Command) -> None:
    ended = asrdiag("validate", "quickstart")
    assert ended.returncode == 0, ended.stderr
    assert "16 cells, 0 problems" in ended.stdout


def test_dry_run_lists_every_cell_and_what_is_done_of_it(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite()
    new = asrdiag("run", path, "--dry-run")
    assert new.returncode == 0
    assert "runs/small (new)" in new.stdout
    assert "moonshine-tiny/demo/as_recorded  15 clips  41 s  to do" in new.stdout
    assert "1 cells, 15 clips" in new.stdout
    assert not (tmp_path / "runs").exists()
    asrdiag("run", path, "--limit", 4)
    assert "11 to do" in asrdiag("run", path, "--dry-run").stdout
    assert (
        "15 clips  41 s  to do anew"
        in asrdiag(
            "run",
            suite(
                seed=7,
                datasets=[{"id": "demo", "loader": "demo"}],
                systems=[{"id": "moonshine-tiny", "engine": "pocketsphinx"}],
            ),
            "--dry-run",
        ).stdout
    )
    asrdiag("run", suite())
    assert "15 clips  41 s  done" in asrdiag("run", path, "--dry-run").stdout


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("suites", ["quickstart", "severity", "vitw-sim"]),
        ("systems", ["moonshine-tiny", "pocketsphinx"]),
        ("engines", ["moonshine", "pocketsphinx"]),
        ("datasets", ["demo", "manifest"]),
        ("conditions", ["as_recorded", "additive_noise", "dropout", "scenario", "scenarios"]),
        ("normalizers", ["whisper-english@1", "basic@1", "none"]),
        ("metrics", ["error_rate_pct", "lcs_ratio"]),
        ("rewards", ["DGWGPOReward", "WERReward", "RepetitionGate", "WeightedReward"]),
    ],
)
def test_list(asrdiag: Command, kind: str, names: list[str]) -> None:
    ended = asrdiag("list", kind)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    for name in names:
        line = next(line for line in lines if line.split()[0] == name)
        assert len(line.split()) > 2  # each comes with a description


def test_list_of_the_unknown_names_the_known(asrdiag: Command) -> None:
    ended = asrdiag("list", "colours")
    assert ended.returncode == 2
    assert "'engines'" in ended.stderr


def test_no_command_is_bad_usage(asrdiag: Command) -> None:
    assert asrdiag().returncode == 2


def test_first_and_last_line_name_the_run_directory(asrdiag: Command, suite: Callable[..., Path]) -> None:
    for mode in ("plain", "none"):
        lines = asrdiag("run", suite(), "--limit", 1, "--progress", mode).stdout.splitlines()
        assert lines[0] == lines[-1] == "run directory: runs/small"


def test_a_terminal_gets_a_live_display(suite: Callable[..., Path], tmp_path: Path) -> None:
    path = suite(systems=[{"id": "pocketsphinx", "engine": "pocketsphinx"}])
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(ASRDIAG), "run", str(path), "--limit", "3"],
        cwd=tmp_path,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "160"},
    )
    os.close(theirs)
    shown = b""
    while process.poll() is None or select.select([ours], [], [], 0.2)[0]:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:
                break
    os.close(ours)
    assert process.wait() == 0
    for part in ("all cells", "pocketsphinx/demo/as_recorded", "clips/s", "RTFx", "error rate", "ETA"):
        assert part in shown.decode(), part
