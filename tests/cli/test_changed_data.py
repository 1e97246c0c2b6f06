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
    assert len(corpus.lines()) == 4
    old, new = (line["source"] for line in corpus.lines() if line["sample_id"] == "1")
    assert new["mtime_ns"] == 10**9  # noted, so that it is not compared again
    assert new["sha256"] == old["sha256"]
    assert asrdiag("run", corpus.suite()).stderr == ""
    assert len(corpus.lines()) == 4


def test_another_file_of_the_same_size_and_time_is_not_taken_for_the_old_one(
    corpus: Corpus, asrdiag: Command
) -> None:
    assert asrdiag("run", corpus.suite()).returncode == 0
    samples, rate = soundfile.read(corpus.folder / "1.wav", dtype="float32")
    soundfile.write(corpus.folder / "noisy.wav", samples[::-1], rate)
    status = (corpus.folder / "1.wav").stat()
    os.utime(corpus.folder / "noisy.wav", ns=(status.st_mtime_ns, status.st_mtime_ns))
    corpus.rows[1] |= {"audio": "noisy.wav", "id": "1"}
    again = asrdiag("run", corpus.suite())
    assert "1 samples withdrawn, since their audio or language changed" in again.stderr


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
    assert "1 samples updated with the dataset's new labels" in again.stderr
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


def test_what_a_session_leaves_out_is_not_reported_once_it_is_untrue(
    corpus: Corpus, asrdiag: Command
) -> None:
    systems = [{"id": "a", "engine": "moonshine"}, {"id": "b", "engine": "moonshine"}]
    conditions = [
        {"id": "clean", "kind": "as_recorded"},
        {"id": "white", "kind": "additive_noise", "noise": "white", "snr_db": 5},
    ]
    parts = {"systems": systems, "conditions": conditions}
    assert asrdiag("run", corpus.suite(**parts, seed=1)).returncode == 0
    partly = asrdiag("run", corpus.suite(**parts, seed=2), "--system", "a")
    assert partly.returncode == 0, partly.stderr
    assert "1 cells are out of date" in partly.stderr
    assert "not run yet: b/mine/white.snr5" in partly.stdout
    rows = {(row["system"], row["condition"]): row for row in leaderboard(corpus.folder / "runs" / "small")}
    assert rows["b", "clean"]["complete"] == "true"  # the seed does not matter to it
    assert rows["b", "white.snr5"]["complete"] == "false"
    assert '"status": "partial"' in (corpus.folder / "runs/small/run.json").read_text()

    corpus.rows.append({"audio": "3.wav", "text": corpus.speech(3, "3.wav")})
    asrdiag("run", corpus.suite(**parts, seed=2), "--system", "a")
    rows = {(row["system"], row["condition"]): row for row in leaderboard(corpus.folder / "runs" / "small")}
    found = rows["b", "clean"]
    assert (found["n_expected"], found["n_scored"], found["complete"]) == ("4", "3", "false")


def test_babble_is_made_anew_when_a_talker_changes_at_the_same_size(corpus: Corpus, asrdiag: Command) -> None:
    babble = [{"id": "babble", "kind": "additive_noise", "noise": "babble", "snr_db": 5}]
    assert asrdiag("run", corpus.suite(conditions=babble)).returncode == 0
    samples, rate = soundfile.read(corpus.folder / "1.wav", dtype="float32")
    soundfile.write(corpus.folder / "1.wav", samples[::-1], rate)
    again = asrdiag("run", corpus.suite(conditions=babble))
    assert "babble.snr5: run anew, since this changed: pool" in again.stderr


def test_damage_in_one_cell_leaves_a_run_that_tells_the_truth(corpus: Corpus, asrdiag: Command) -> None:
    systems = [{"id": "a", "engine": "moonshine"}, {"id": "b", "engine": "moonshine"}]
    assert asrdiag("run", corpus.suite(systems=systems)).returncode == 0
    samples = corpus.folder / "runs/small/cells/b/mine/as_recorded/samples.jsonl"
    whole = samples.read_text()
    samples.write_text("garbage\n" + whole)
    for row in corpus.rows:
        row["subset"] = "far"
    damaged = asrdiag("run", corpus.suite(systems=systems))
    assert damaged.returncode == 1
    assert "samples.jsonl:1: found a damaged line" in damaged.stderr
    assert '"status": "failed"' in (corpus.folder / "runs/small/run.json").read_text()
    samples.write_text(whole)
    scored = asrdiag("score", "runs/small")
    assert scored.returncode == 0, scored.stderr
    assert asrdiag("run", corpus.suite(systems=systems)).returncode == 0
    rows = leaderboard(corpus.folder / "runs" / "small")
    assert [(row["system"], row["subset"], row["complete"]) for row in rows] == [
        ("a", "far", "true"),
        ("b", "far", "true"),
    ]
