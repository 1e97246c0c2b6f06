"""Corpora and suites that are not as they should be: everything is recorded, nothing is made up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Command
from run_files import leaderboard, records

CELL = "moonshine-tiny/mine/as_recorded"
MANIFEST = [{"id": "mine", "loader": "manifest", "path": "list.jsonl"}]


@pytest.fixture
def damaged_corpus(tmp_path: Path, speech: Callable[[int, str], str]) -> list[dict[str, Any]]:
    """A manifest of good clips, odd clips and clips that cannot be read."""
    texts = {
        name: speech(number, name) for number, name in enumerate(["good.wav", "also-good.wav", "stereo.wav"])
    }
    samples, rate = soundfile.read(tmp_path / "stereo.wav", dtype="float32")
    import soxr

    wide = soxr.resample(samples, rate, 44100)
    soundfile.write(tmp_path / "stereo.wav", np.stack([wide, wide], axis=1), 44100)
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "corrupt.wav").write_bytes(b"RIFF\x00\x00this is no sound at all" * 20)
    (tmp_path / "cut.flac").write_bytes(b"fLaC")
    soundfile.write(tmp_path / "short.wav", np.full(160, 0.1, np.float32), 16000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000, np.float32), 16000)
    rows = [
        *({"id": Path(name).stem, "audio": name, "text": text} for name, text in texts.items()),
        {"id": "empty", "audio": "empty.wav", "text": "a word"},
        {"id": "corrupt", "audio": "corrupt.wav", "text": "a word"},
        {"id": "cut", "audio": "cut.flac", "text": "a word"},
        {"id": "absent", "audio": "absent.wav", "text": "a word"},
        {"id": "short", "audio": "short.wav", "text": "a"},
        {"id": "silent", "audio": "silent.wav", "text": "two words"},
        {"id": "no-reference", "audio": "good.wav", "text": ""},
    ]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def test_each_bad_clip_is_recorded_with_its_reason_and_the_run_goes_on(
    asrdiag: Command, suite: Callable[..., Path], damaged_corpus: list[dict[str, Any]], tmp_path: Path
) -> None:
    ended = asrdiag("run", suite(datasets=MANIFEST))
    run = tmp_path / "runs" / "small"
    assert ended.returncode == 1
    assert f"{CELL}: 4 of 10 clips failed (allowed: 1 %)" in ended.stderr
    found = {record["sample_id"]: record for record in records(run, CELL)}
    assert set(found) == {row["id"] for row in damaged_corpus}
    for name, said in {
        "empty": "0 bytes",
        "corrupt": "corrupt.wav",
        "cut": "cut.flac",
        "absent": "absent.wav",
    }.items():
        assert found[name]["hypothesis_raw"] is None
        assert found[name]["error"]["stage"] == "load"
        assert said in found[name]["error"]["message"]
    for name in ("good", "also-good", "stereo", "short", "silent", "no-reference"):
        assert found[name]["error"] is None
        assert isinstance(found[name]["hypothesis_raw"], str)
    assert found["good"]["hypothesis_raw"] == "It was the best of times, it was the worst of times."
    assert found["silent"]["hypothesis_raw"] == ""
    assert found["silent"]["details"]["gated"] is True

    logged = [json.loads(line) for line in (run / "errors.jsonl").read_text().splitlines()]
    assert {entry["sample_id"] for entry in logged} == {"empty", "corrupt", "cut", "absent"}
    assert all(entry["cell"] == CELL and "Traceback" in entry["traceback"] for entry in logged)

    row = leaderboard(run)[0]
    # Answered: three good clips, short, silent and the one without a reference.
    assert (row["n_expected"], row["n_scored"], row["n_failed"], row["n_empty_ref"]) == ("10", "6", "4", "1")
    assert row["complete"] == "false"
    # Failed clips are in no count: 6 + 6 + 6 words of the good clips, "a", "two words", none.
    words = sum(len(damaged_corpus[number]["text"].split()) for number in range(3))
    assert int(row["ref_tokens"]) == words + 1 + 2


def test_failed_clips_are_tried_again_and_the_good_ones_left_alone(
    asrdiag: Command, suite: Callable[..., Path], damaged_corpus: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = suite(datasets=MANIFEST)
    run = tmp_path / "runs" / "small"
    asrdiag("run", path)
    samples = (run / "cells" / CELL / "samples.jsonl").read_bytes()
    again = asrdiag("run", path)
    assert again.returncode == 1
    assert "nothing to do" not in again.stdout
    assert (run / "cells" / CELL / "samples.jsonl").read_bytes() == samples  # still failed: said once
    assert len((run / "errors.jsonl").read_text().splitlines()) == 8  # every attempt


def test_a_share_of_failures_can_be_allowed(
    asrdiag: Command, suite: Callable[..., Path], damaged_corpus: list[dict[str, Any]], tmp_path: Path
) -> None:
    ended = asrdiag("run", suite(datasets=MANIFEST, on_error={"max_failure_share": 0.4}))
    assert ended.returncode == 0, ended.stderr
    strict = asrdiag("run", suite(datasets=MANIFEST, on_error={"max_failure_share": 0.39}))
    assert strict.returncode == 1


def test_a_dataset_that_cannot_be_read_does_not_keep_the_others_from_running(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [{"id": str(number), "audio": f"{number}.wav", "text": "word"} for number in range(20)]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ended = asrdiag("run", suite(datasets=[*MANIFEST, {"id": "demo", "loader": "demo"}]))
    assert ended.returncode == 1
    assert f"{CELL}: 20 of 20 clips failed" in ended.stderr
    assert "no such file" in ended.stderr
    mine, demo = leaderboard(tmp_path / "runs" / "small")
    assert (mine["n_scored"], mine["n_failed"], mine["error_rate_pct"]) == ("0", "20", "")
    assert demo["complete"] == "true"


def test_failures_outside_the_selection_do_not_count(
    asrdiag: Command, suite: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    rows = [{"audio": f"{number}.wav", "text": speech(number, f"{number}.wav")} for number in range(4)]
    rows.append({"audio": "absent.wav", "text": "word"})
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = suite(datasets=MANIFEST, on_error={"max_failure_share": 0.25})
    assert asrdiag("run", path).returncode == 0
    limited = asrdiag("run", path, "--limit", 2)
    assert limited.returncode == 0, limited.stderr
    assert "nothing to do in the selected 1 of 1 cells" in limited.stdout
    assert '"status": "partial"' in (tmp_path / "runs/small/run.json").read_text()


@pytest.mark.parametrize(
    ("parts", "words", "said"),
    [
        ({"sytems": []}, (), "unknown key 'sytems' (did you mean 'systems'?)"),
        ({"systems": [{"id": "x", "engine": "whisperx"}]}, (), "unknown engine 'whisperx'"),
        ({"seed": [1, 2]}, (), "seed: found [1, 2], expected a valid integer"),
        ({"name": "${NO_SUCH_NAME}"}, (), "${NO_SUCH_NAME} is not set"),
        ({}, ("--system", "whisper"), "the suite has no system 'whisper'; it has: moonshine-tiny"),
        ({}, ("--condition", "babble"), "the suite has no condition 'babble'; it has: as_recorded"),
        ({}, ("--limit", "0"), "expected a whole number from 1 up"),
        ({}, ("--limit", "many"), "found 'many', expected a whole number from 1 up"),
        ({}, ("--data", "ROOT"), "expected NAME=PATH"),
        ({}, ("--colour",), "unrecognized arguments: --colour"),
        ({"datasets": [{"id": "x", "loader": "manifest", "path": "none.jsonl"}]}, (), "none.jsonl"),
        ({"datasets": [{"id": "x", "loader": "manifest", "path": "${NO_ROOT}/a.jsonl"}]}, (), "set NO_ROOT"),
    ],
)
def test_bad_usage_runs_nothing_and_leaves_nothing_behind(
    asrdiag: Command,
    suite: Callable[..., Path],
    tmp_path: Path,
    parts: dict[str, Any],
    words: tuple[str, ...],
    said: str,
) -> None:
    ended = asrdiag("run", suite(**parts), *words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "runs").exists()


def test_an_unset_root_is_shown_as_not_run_and_an_error_only_if_strict(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(
        datasets=[
            {"id": "demo", "loader": "demo"},
            {"id": "corpus", "loader": "manifest", "path": "${CORPUS_ROOT}/list.jsonl"},
        ]
    )
    ended = asrdiag("run", path, "--limit", 1)
    assert ended.returncode == 0, ended.stderr
    assert "corpus: not run: set CORPUS_ROOT" in ended.stdout
    row = leaderboard(tmp_path / "runs" / "small")[-1]
    assert (row["dataset"], row["complete"], row["note"]) == ("corpus", "false", "not run: set CORPUS_ROOT")
    assert "not run: dataset corpus: set CORPUS_ROOT" in asrdiag("run", path, "--dry-run").stdout
    strict = asrdiag("run", path, "--limit", 1, "--strict")
    assert strict.returncode == 2
    assert "dataset 'corpus' cannot be run: set CORPUS_ROOT" in strict.stderr


def test_a_folder_with_other_things_in_it_is_left_alone(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("precious")
    (tmp_path / "thesis" / ".lock").write_text("of something else")
    for words in ((), ("--fresh",)):
        ended = asrdiag("run", suite(), "--out", "thesis", *words)
        assert ended.returncode == 2
        assert "thesis has files in it but is no run directory" in ended.stderr
    assert {entry.name for entry in (tmp_path / "thesis").iterdir()} == {"chapter1.txt", ".lock"}


def test_a_device_the_engine_cannot_use_is_named(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    ended = asrdiag("run", suite(), "--device", "tpu")
    assert ended.returncode == 2
    assert "moonshine-tiny cannot use the device 'tpu'; it can use: cpu" in ended.stderr
    assert not (tmp_path / "runs").exists()
    cpu_only = suite(systems=[{"id": "pocketsphinx", "engine": "pocketsphinx"}])
    assert "all run on the cpu only" in asrdiag("run", cpu_only, "--device", "cuda").stderr


def test_a_language_that_is_no_tag_runs_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "list.jsonl").write_text('{"audio": "a.wav", "text": "x", "language": "English"}\n')
    ended = asrdiag("run", suite(datasets=MANIFEST))
    assert ended.returncode == 2
    assert "dataset 'mine': language 'English' is not a language tag" in ended.stderr
    assert not (tmp_path / "runs").exists()


def test_a_factor_that_no_utterance_has_is_named(asrdiag: Command, suite: Callable[..., Path]) -> None:
    ended = asrdiag("run", suite(report={"groups": ["speeker"]}))
    assert ended.returncode == 2
    assert "unknown factor 'speeker' (did you mean 'speaker'?); known: speaker" in ended.stderr
