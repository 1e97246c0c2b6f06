"""The same seed gives the same audio and answers, whatever the order, the workers and the batches."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from conftest import Command
from run_files import heard, records

from asrdiag.audio import read_audio
from asrdiag.levels import active_speech_level

CONDITIONS = [
    {"id": "as_recorded", "kind": "as_recorded"},
    {"id": "babble", "kind": "additive_noise", "noise": "babble", "snr_db": [10, 0]},
    {"id": "pink", "kind": "additive_noise", "noise": "pink", "snr_db": 5},
    {"id": "dropout", "kind": "dropout", "severity": 0.5},
]
CELLS = [
    f"moonshine-tiny/demo/{name}"
    for name in ("as_recorded", "babble.snr10", "babble.snr0", "pink.snr5", "dropout.m050")
]


def test_workers_batches_limit_and_order_change_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(conditions=CONDITIONS)
    backwards = suite("backwards", conditions=CONDITIONS[::-1])
    runs = {
        "plain": (path, "--workers", 1, "--batch-size", 1),
        "batched": (path, "--workers", 1, "--batch-size", 8),
        "parallel": (path, "--workers", 2, "--batch-size", 3),
        "backwards": (backwards, "--workers", 2),
    }
    for name, words in runs.items():
        ended = asrdiag("run", *words, "--limit", 8, "--out", name)
        assert ended.returncode == 0, ended.stderr
    for cell in CELLS:
        first = heard(tmp_path / "plain", cell)
        assert len(first) == 8
        for name in runs:
            assert heard(tmp_path / name, cell) == first, (name, cell)
    # Babble draws on the whole corpus even when only two of its clips are transcribed.
    assert asrdiag("run", path, "--limit", 2, "--out", "limited").returncode == 0
    for cell in CELLS:
        limited = heard(tmp_path / "limited", cell)
        assert limited.items() <= heard(tmp_path / "plain", cell).items()
        assert len(limited) == 2


def test_the_order_of_the_dataset_changes_nothing(
    asrdiag: Command, suite: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    rows = [{"audio": f"{n}.wav", "text": speech(n, f"{n}.wav")} for n in range(5)]
    found = []
    for name, order in (("forwards", rows), ("backwards", rows[::-1])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in order))
        path = suite(
            name,
            datasets=[{"id": "mine", "loader": "manifest", "path": f"{name}.jsonl"}],
            conditions=CONDITIONS,
        )
        assert asrdiag("run", path).returncode == 0
        cells = [cell.replace("/demo/", "/mine/") for cell in CELLS]
        found.append([heard(tmp_path / "runs" / name, cell) for cell in cells])
    assert found[0] == found[1]
    assert all(len(cell) == 5 for cell in found[0])


def test_two_systems_hear_the_same(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    systems = [{"id": name, "engine": engine} for name, engine in (("m", "moonshine"), ("p", "pocketsphinx"))]
    ended = asrdiag("run", suite(systems=systems, conditions=CONDITIONS), "--limit", 2)
    assert ended.returncode == 0, ended.stderr
    for condition in ("babble.snr0", "pink.snr5", "dropout.m050"):
        found = [
            {
                name: audio
                for name, (audio, _) in heard(tmp_path / "runs/small", f"{system}/demo/{condition}").items()
            }
            for system in ("m", "p")
        ]
        assert found[0] == found[1]


def test_the_kept_audio_is_what_was_heard_at_the_snr_asked_for(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    """Measured anew from the files: level of the clean clip over that of what was added to it."""
    ended = asrdiag("run", suite(conditions=CONDITIONS[1:3], report={"save_audio": "all"}), "--limit", 4)
    assert ended.returncode == 0, ended.stderr
    run = tmp_path / "runs" / "small"
    for cell, asked in (("babble.snr10", 10.0), ("babble.snr0", 0.0), ("pink.snr5", 5.0)):
        for record in records(run, f"moonshine-tiny/demo/{cell}"):
            where = record["source"]
            clean = read_audio(
                Path(where["path"]), 16000, offset_s=where["offset_s"], duration_s=where["duration_s"]
            )
            noisy, rate = soundfile.read(run / record["audio"]["kept"], dtype="float32")
            assert rate == 16000
            noise = noisy / record["degradation"]["mixture_gain"] - clean
            level = active_speech_level(clean, 16000)
            assert level is not None
            measured = level.level_db - 10 * math.log10(np.mean(noise.astype(np.float64) ** 2))
            assert abs(measured - asked) < 0.1, (cell, record["sample_id"], measured)


def test_audio_is_kept_as_asked(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    for mode in ("none", "errors", "all"):
        path = suite(conditions=CONDITIONS[1:2], report={"save_audio": mode})
        assert asrdiag("run", path, "--limit", 3, "--out", mode).returncode == 0
        found = [
            r for level in (10, 0) for r in records(tmp_path / mode, f"moonshine-tiny/demo/babble.snr{level}")
        ]
        kept = [record["audio"]["kept"] for record in found]
        files = {f"audio/{file.name}" for file in (tmp_path / mode).glob("audio/*")}
        assert files == {name for name in kept if name}
        if mode == "none":
            assert not files
        if mode == "all":
            assert all(kept)
    assert 0 < len(list((tmp_path / "errors").glob("audio/*"))) <= 6
