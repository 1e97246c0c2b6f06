"""A dataset that changed: only what is not true any more is done again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import Command
from run_files import leaderboard, records

CELL = "moonshine-tiny/mine/as_recorded"


class Corpus:
    """A manifest of real clips that can be changed, and its suite."""

    def __init__(self, folder: Path, suite: Callable[..., Path], speech: Callable[[int, str], str]) -> None:
        self.folder, self.speech, self._suite = folder, speech, suite
        self.rows: list[dict[str, Any]] = [
            {"audio": f"{number}.wav", "text": speech(number, f"{number}.wav"), "speaker": "reader"}
            for number in range(3)
        ]

    def suite(self, **parts: Any) -> Path:
        lines = "".join(json.dumps(row) + "\n" for row in self.rows)
        (self.folder / "list.jsonl").write_text(lines)
        return self._suite(datasets=[{"id": "mine", "loader": "manifest", "path": "list.jsonl"}], **parts)

    def lines(self) -> list[dict[str, Any]]:
        return records(self.folder / "runs" / "small", CELL)

    def row(self) -> dict[str, str]:
        return leaderboard(self.folder / "runs" / "small")[0]


@pytest.fixture
def corpus(tmp_path: Path, suite: Callable[..., Path], speech: Callable[[int, str], str]) -> Corpus:
    return Corpus(tmp_path, suite, speech)


def test_a_clip_that_was_replaced_is_run_again_even_if_its_size_is_the_same(
    corpus: Corpus, asrdiag: Command
) -> None:
    assert asrdiag("run", corpus.suite()).returncode == 0
    path = corpus.folder / "1.wav"
    size = path.stat().st_size
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(path, 0.5 * samples[::-1], rate)
    assert path.stat().st_size == size
    again = asrdiag("run", corpus.suite())
    assert again.returncode == 0, again.stderr
    assert f"{CELL}: 1 samples withdrawn, since their audio or language changed" in again.stderr
    assert [line["sample_id"] for line in corpus.lines()[3:]] == ["1", "1"]  # withdrawn, then anew
    assert corpus.lines()[3]["withdrawn"] is True
    assert (corpus.row()["n_scored"], corpus.row()["complete"]) == ("3", "true")
    assert "nothing to do" in asrdiag("run", corpus.suite()).stdout


def test_a_copy_of_the_same_audio_is_not_run_again(corpus: Corpus, asrdiag: Command) -> None:
    assert asrdiag("run", corpus.suite()).returncode == 0
    os.utime(corpus.folder / "1.wav", (1, 1))
    again = asrdiag("run", corpus.suite())
    assert "nothing to do" in again.stdout
    assert len(corpus.lines()) == 3


def test_a_file_that_turns_up_later_is_run_alone(corpus: Corpus, asrdiag: Command) -> None:
    corpus.rows.append({"audio": "late.wav", "text": "it was the age of wisdom"})
    assert asrdiag("run", corpus.suite()).returncode == 1
    corpus.speech(1, "late.wav")
    again = asrdiag("run", corpus.suite())
    assert again.returncode == 0, again.stderr
    ids = [line["sample_id"] for line in corpus.lines()]
    assert sorted(ids) == ["0", "1", "2", "late", "late"]  # failed, then answered
    assert (corpus.row()["n_scored"], corpus.row()["n_failed"], corpus.row()["complete"]) == (
        "4",
        "0",
        "true",
    )


def test_a_file_that_is_gone_for_a_while_costs_nothing(corpus: Corpus, asrdiag: Command) -> None:
    assert asrdiag("run", corpus.suite()).returncode == 0
    (corpus.folder / "1.wav").rename(corpus.folder / "elsewhere.wav")
    assert "nothing to do" in asrdiag("run", corpus.suite()).stdout
    assert len(corpus.lines()) == 3


def test_a_corrected_reference_is_scored_without_transcribing(corpus: Corpus, asrdiag: Command) -> None:
    right = corpus.rows[0]["text"]
    corpus.rows[0]["text"] = "quite wrong"
    assert asrdiag("run", corpus.suite()).returncode == 0
    wrong = float(corpus.row()["error_rate_pct"])
    corpus.rows[0]["text"] = right
    corpus.rows[0]["factors"] = {"room": "kitchen"}
    again = asrdiag("run", corpus.suite())
    assert "1 samples given the dataset's new labels" in again.stderr
    assert "nothing to do" in again.stdout
    assert float(corpus.row()["error_rate_pct"]) < wrong
    old, new = (line for line in corpus.lines() if line["sample_id"] == "0")
    assert {key for key in old if old[key] != new[key]} == {"reference_raw", "factors"}


def test_utterances_that_come_and_go(corpus: Corpus, asrdiag: Command) -> None:
    assert asrdiag("run", corpus.suite()).returncode == 0
    gone = corpus.rows.pop(0)
    shrunk = asrdiag("run", corpus.suite())
    assert "1 samples withdrawn, since the dataset no longer has them" in shrunk.stderr
    assert (corpus.row()["n_expected"], corpus.row()["n_scored"]) == ("2", "2")
    corpus.rows.append(gone)
    assert asrdiag("run", corpus.suite()).returncode == 0
    assert (corpus.row()["n_expected"], corpus.row()["n_scored"]) == ("3", "3")


def test_babble_is_made_anew_when_its_talkers_change(corpus: Corpus, asrdiag: Command) -> None:
    noises = [
        {"id": name, "kind": "additive_noise", "noise": name, "snr_db": 5} for name in ("babble", "white")
    ]
    assert asrdiag("run", corpus.suite(conditions=noises)).returncode == 0
    corpus.rows.append({"audio": "3.wav", "text": corpus.speech(3, "3.wav"), "speaker": "another"})
    again = asrdiag("run", corpus.suite(conditions=noises))
    assert "moonshine-tiny/mine/babble.snr5: run anew, since this changed: pool" in again.stderr
    assert "white.snr5: run anew" not in again.stderr
    white = records(corpus.folder / "runs" / "small", "moonshine-tiny/mine/white.snr5")
    assert [line["sample_id"] for line in white].count("0") == 1


def test_groups_count_what_a_limit_left_out(corpus: Corpus, asrdiag: Command) -> None:
    assert asrdiag("run", corpus.suite(), "--limit", 2).returncode == 0
    text = (corpus.folder / "runs" / "small" / "groups.csv").read_text().splitlines()
    row = dict(zip(text[0].split(","), text[1].split(","), strict=True))
    assert (row["factor"], row["value"], row["n_expected"], row["n_scored"]) == (
        "speaker",
        "reader",
        "3",
        "2",
    )
    assert row["complete"] == "false"
