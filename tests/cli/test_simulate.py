"""`asrdiag simulate` as a user runs it: made, killed, resumed, listened to, and used as a dataset."""

import hashlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import ASRDIAG, Command
from run_files import records
from running import LONG_S, children, wait_until, wait_until_gone

EIGHT = [
    *("noise", "far_field", "obstructed", "echo", "recording", "distortion"),
    *("far_field-noise", "echo-recording-distortion-dropout-noise"),
]


def rows(out: Path) -> list[dict[str, Any]]:
    text = (out / "manifest.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def contents(out: Path) -> dict[str, str]:
    files = [path for folder in ("audio", "shards") for path in (out / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def wait_for_clips(out: Path, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many clips are entered."""
    manifest = out / "manifest.jsonl"
    wait_until(
        lambda: manifest.exists() and manifest.read_bytes().count(b"\n") >= number,
        meanwhile=lambda: process.poll() is None,
    )


@pytest.mark.parametrize("shards", [(), ("--shards", "tar", "--shard-size", 20)], ids=["loose", "tar"])
def test_three_kills_lose_and_double_nothing(
    asrdiag: Command, tmp_path: Path, shards: tuple[Any, ...]
) -> None:
    command = ("simulate", "demo", *shards, "--scenarios", *EIGHT, "--seed", 3, "--workers", 2)
    out = tmp_path / "out"
    for number in (1, 33, 65):
        with asrdiag.start(*map(str, command), "--out", str(out)) as process:
            wait_for_clips(out, number, process)
        assert process.returncode == -signal.SIGKILL
        with (out / "manifest.jsonl").open("ab") as stream:
            stream.write(b'{"audio": "torn')
    resumed = asrdiag(*command, "--out", out)
    assert resumed.returncode == 0, resumed.stderr
    assert f"{out}: 120 clips" in resumed.stdout
    assert asrdiag(*command, "--out", tmp_path / "undisturbed").returncode == 0
    ids = [row["id"] for row in rows(out)]
    assert len(ids) == len(set(ids)) == 120
    assert (out / "manifest.jsonl").read_bytes() == (tmp_path / "undisturbed" / "manifest.jsonl").read_bytes()
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert {path.name for path in (out / ".work").iterdir()} == {"state.json"}
    again = asrdiag(*command, "--out", out)
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True)


def test_ctrl_c_says_how_to_go_on(asrdiag: Command, tmp_path: Path) -> None:
    command = ["simulate", "demo", "--out", "my corpus", "--fresh", "--workers", "1"]
    with asrdiag.start(*command) as process:
        wait_for_clips(tmp_path / "my corpus", 1, process)
        started = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 130
    assert "To go on: asrdiag simulate demo --out 'my corpus' --workers 1" in errors
    assert "Traceback" not in errors
    done = len(rows(tmp_path / "my corpus"))
    assert done >= 32
    assert json.loads((tmp_path / "my corpus" / "simulate.json").read_text())["status"] == "interrupted"
    wait_until_gone(started)


def test_the_result_is_what_a_suite_would_let_a_system_hear(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    made = asrdiag(
        *("simulate", "demo", "--out", "noisy", "--limit", 2, "--seed", 7),
        *("--scenarios", "noise-dropout", "--severity", 0.3, "--noise", "babble"),
    )
    assert made.returncode == 0, made.stderr
    condition = {
        "id": "all",
        "kind": "scenarios",
        "scenarios": ["noise-dropout"],
        "severity": 0.3,
        "noise": "babble",
    }
    path = suite(
        datasets=[
            {"id": "demo", "loader": "demo"},
            {"id": "noisy", "loader": "manifest", "path": "noisy/manifest.jsonl"},
        ],
        conditions=[condition, {"id": "as_recorded", "kind": "as_recorded"}],
        matrix=[
            {"datasets": ["demo"], "conditions": ["all"]},
            {"datasets": ["noisy"], "conditions": ["as_recorded"]},
        ],
    )
    ran = asrdiag("run", path, "--limit", 2)
    assert ran.returncode == 0, ran.stderr
    run = tmp_path / "runs" / "small"
    there, here = (
        sorted(records(run, cell), key=lambda record: record["position"])  # two workers end in any order
        for cell in ("moonshine-tiny/demo/noise-dropout.m030", "moonshine-tiny/noisy/as_recorded")
    )
    assert [record["audio"]["sha256"] for record in here] == [record["audio"]["sha256"] for record in there]
    assert [record["hypothesis_raw"] for record in here] == [record["hypothesis_raw"] for record in there]
    assert [row["simulation"]["sha256"] for row in rows(tmp_path / "noisy")] == [
        record["audio"]["sha256"] for record in there
    ]
    assert here[0]["factors"] == {"scenario": "noise-dropout", "severity": 0.3}


def test_garbage_is_counted_and_told(
    asrdiag: Command, speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    text = speech(0, "in/good.wav")
    (tmp_path / "in" / "good.txt").write_text(text)
    (tmp_path / "in" / "empty.wav").write_bytes(b"")
    (tmp_path / "in" / "text.flac").write_text("no audio")
    soundfile.write(tmp_path / "in" / "nan.wav", [float("nan")] * 100, 16_000, subtype="FLOAT")
    command = ("simulate", "in", "--out", "in/out", "--scenarios", "single", "--severity", 1)
    ended = asrdiag(*command)
    assert ended.returncode == 1
    assert "asrdiag: 21 of 28 clips failed (allowed: 1 %); see in/out/errors.jsonl" in ended.stderr
    assert "3 clips of the input have no transcript" in ended.stdout
    assert "Traceback" not in ended.stderr
    made = rows(tmp_path / "in" / "out")
    assert [row["text"] for row in made] == [text] * 7
    assert {row["simulation"]["sample_id"] for row in made} == {"good"}
    # What is in the way of a clip stays so: the same command says the same again.
    assert asrdiag(*command).returncode == 1
    assert asrdiag(*command, "--max-failure-share", 0.75).returncode == 0


def test_noise_and_rooms_from_folders(asrdiag: Command, tmp_path: Path) -> None:
    import numpy as np

    rng = np.random.RandomState(0)
    for name, samples in (
        ("noises/street/a.wav", 0.1 * rng.standard_normal(32_000)),
        ("rooms/hall.wav", np.concatenate([[1.0], 0.05 * rng.standard_normal(4000)])),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        soundfile.write(tmp_path / name, samples, 16_000, subtype="FLOAT")
    command = (
        *(
            "simulate",
            "demo",
            "--out",
            "out",
            "--limit",
            8,
            "--scenarios",
            "far_field-noise",
            "--severity",
            0.5,
        ),
        *("--noise", "noises", "hum", "--rir", "rooms", "--format", "opus", "--speed", 0.75, 1.5),
    )
    made = asrdiag(*command)
    assert made.returncode == 0, made.stderr
    steps = [row["simulation"]["degradation"]["steps"] for row in rows(tmp_path / "out")]
    assert {clip[0]["room"]["room_file"] for clip in steps} == {"hall.wav"}
    noises = [step["noise"]["noise"] for clip in steps for step in clip if step["primitive"] == "add_noise"]
    assert set(noises) == {"folder", "hum"}
    for row in rows(tmp_path / "out"):
        samples, rate = soundfile.read(tmp_path / "out" / row["audio"])
        assert (row["audio"][-5:], rate) == (".opus", 16_000)
        assert len(samples) / rate == pytest.approx(row["duration"], abs=1e-4)
        speed = row["simulation"]["speed"]
        assert 0.75 <= speed <= 1.5
        assert row["duration"] == pytest.approx(row["simulation"]["source"]["duration_s"] / speed, abs=1e-3)
    soundfile.write(tmp_path / "noises" / "street" / "b.wav", 0.1 * rng.standard_normal(32_000), 16_000)
    changed = asrdiag(*command)
    assert changed.returncode == 2
    assert "made otherwise: recipe.conditions: " in changed.stderr
    assert "recipe.noise.of: " in changed.stderr


def test_a_second_process_is_refused(asrdiag: Command, tmp_path: Path) -> None:
    command = ("simulate", "demo", "--out", "out", "--workers", "1")
    with asrdiag.start(*command) as process:
        wait_for_clips(tmp_path / "out", 1, process)
        second = asrdiag(*command)
    assert second.returncode == 2
    assert f"out is in use by process {process.pid}" in second.stderr


def test_a_full_disk_stops_it_and_the_rest_is_made_once_there_is_room(
    asrdiag: Command, tiny_disk: Path
) -> None:
    command = ("simulate", "demo", "--out", tiny_disk / "out", "--scenarios", *EIGHT, "--severity", 0.5)
    full = asrdiag(*command)
    assert full.returncode == 1
    assert "could not be written: No space left" in full.stderr
    assert "Traceback" not in full.stderr
    subprocess.run(["mount", "-o", "remount,size=60m", str(tiny_disk)], check=True)
    resumed = asrdiag(*command)
    assert resumed.returncode == 0, resumed.stderr
    assert len({row["id"] for row in rows(tiny_disk / "out")}) == 120


def test_listening(asrdiag: Command, speech: Callable[[int, str], str], tmp_path: Path) -> None:
    speech(1, "a clip.wav")
    one = asrdiag("simulate", "--listen", "a clip.wav", "--out", "heard", "--scenarios", "single")
    assert (one.returncode, one.stdout) == (0, "page: heard/index.html\n"), one.stderr
    assert len(list((tmp_path / "heard" / "images").iterdir())) == 36
    refused = asrdiag("simulate", "--listen", "a clip.wav", "--out", "heard", "--mix", "release")
    assert refused.returncode == 2
    assert "--mix changes nothing with --listen" in refused.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x"], "no INPUT given (give it before --scenarios and --noise"),
        (["demo"], "the following arguments are required: --out"),
        (["gone", "--out", "x"], "unknown dataset 'gone'"),
        (["demo", "--out", "x", "--scenarios", "nois"], "unknown scenario 'nois' (did you mean 'noise'?)"),
        (["demo", "--out", "x", "--noise", "pinc"], "unknown noise 'pinc' (did you mean 'pink'?)"),
        (["demo", "--out", "x", "--mapping", "sqrt"], "unknown mapping 'sqrt'"),
        (["demo", "--out", "x", "--severity", "1.5"], "found '1.5', expected a number from 0 to 1"),
        (["demo", "--out", "x", "--severity", "0.5", "--mapping", "linear"], "not allowed with"),
        (["demo", "--out", "x", "--speed", "2", "1"], "--speed: found 2 1, expected MIN and MAX"),
        (["demo", "--out", "x", "--speed", "nan", "1"], "--speed: found nan 1"),
        (["demo", "--out", "x", "--rir", "gone"], "the folder gone does not exist"),
        (
            ["demo", "--out", "x", "--format", "opus", "--sample-rate", "44100"],
            "opus has no sample rate of 44100",
        ),
        (
            ["demo", "--out", "x", "--scenarios", "noise-dropout", "--mix", "single"],
            "has none of the scenarios",
        ),
        (["demo", "--out", "x", "--max-failure-share", "2"], "found '2', expected a number from 0 to 1"),
        (["--listen", "gone.wav", "--out", "x"], "there is no file gone.wav"),
    ],
)
def test_bad_usage_makes_nothing(asrdiag: Command, tmp_path: Path, words: list[str], message: str) -> None:
    ended = asrdiag("simulate", *words)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "x").exists()


def test_ray_that_is_not_installed_is_said(asrdiag: Command, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "ray.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    ended = asrdiag("simulate", "demo", "--out", "x", "--executor", "ray", PYTHONPATH=path)
    assert (ended.returncode, "pip install 'asrdiag[ray]'" in ended.stderr) == (2, True)
    assert not (tmp_path / "x").exists()


def test_nobody_has_to_watch(tmp_path: Path) -> None:
    line = f'"{ASRDIAG}" simulate demo --limit 2 --scenarios noise --progress plain --out out 2>&1 | true'
    ended = subprocess.run(["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], cwd=tmp_path, check=False)
    assert ended.returncode == 0
    assert len(rows(tmp_path / "out")) == 2


def test_the_options_are_those_documented() -> None:
    shown = subprocess.run(
        [str(ASRDIAG), "simulate", "--help"], capture_output=True, text=True, check=True
    ).stdout
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()
    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help"}
    assert options == set(re.findall(r"`(--[a-z-]+)", page))
