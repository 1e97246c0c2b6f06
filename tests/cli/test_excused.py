"""Clips without an answer that are no failure of the system: foreign ones, and missing ones with leave."""

import json
from pathlib import Path

import pytest
from conftest import Command
from corpora import clean
from corpora.sounds import write_tone
from run_files import leaderboard

from asrdiag.cli.main import main
from asrdiag.datasets.librispeech import LibriSpeechSpec


def test_clips_in_an_unknown_language_leave_the_exit_status_alone(suite, asrdiag: Command, tmp_path: Path):
    rows = []
    for number, language in enumerate(("en", "zh", "zh")):
        write_tone(tmp_path / f"{number}.wav", seconds=1, seed=number)
        rows.append({"audio": f"{number}.wav", "text": "one", "language": language})
    (tmp_path / "list.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    path = suite(datasets=[{"id": "mine", "loader": "manifest", "path": "list.jsonl"}])

    done = asrdiag("run", path, "--out", tmp_path / "run")

    assert done.returncode == 0, done.stderr
    key = "moonshine-tiny/mine/as_recorded"
    assert f"{key}: 2 clips are in languages that the system does not know" in done.stderr
    failed = {
        row["language"]: row["n_failed"] for row in leaderboard(tmp_path / "run") if not row["aggregate"]
    }
    assert failed == {"en": "0", "zh": "2"}


@pytest.mark.parametrize(("leave", "status"), [(1, 0), (0, 2)])
def test_missing_files_with_leave_leave_it_alone_too(suite, tmp_path: Path, monkeypatch, leave, status):
    clean.librispeech(tmp_path / "corpus")
    monkeypatch.setattr(LibriSpeechSpec, "expected", lambda self: {("dev-clean", "en"): 2})
    (tmp_path / "corpus/dev-clean/84/121123/84-121123-0000.flac").unlink()
    path = suite(
        datasets=[{"id": "ls", "loader": "librispeech", "root": "corpus", "splits": ["dev-clean"]}],
    )
    out = tmp_path / "run"

    options = ["--allow-missing", str(leave)] if leave else []
    assert main(["run", str(path), "--out", str(out), "--progress", "none", *options]) == status

    if leave:
        [row] = leaderboard(out)
        assert (row["n_expected"], row["n_failed"], row["complete"]) == ("2", "1", "false")


def test_more_missing_files_than_leave_was_given_for_make_the_run_fail(suite, tmp_path: Path, monkeypatch):
    clean.librispeech(tmp_path / "corpus")
    monkeypatch.setattr(LibriSpeechSpec, "expected", lambda self: {("dev-clean", "en"): 2})
    folder = tmp_path / "corpus/dev-clean/84/121123"
    (folder / "84-121123-0000.flac").unlink()
    # It is there, so the plan goes through, but it holds no audio.
    (folder / "84-121123-0001.flac").write_bytes(b"no audio")
    path = suite(
        datasets=[{"id": "ls", "loader": "librispeech", "root": "corpus", "splits": ["dev-clean"]}],
    )
    command = ["run", str(path), "--out", str(tmp_path / "run"), "--progress", "none", "--allow-missing", "1"]
    assert main(command) == 1
