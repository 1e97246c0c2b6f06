"""Scoring and reporting again, without transcribing."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import jiwer
import pyarrow.parquet as pq
import pytest
from conftest import Command
from made_runs import Said, make_run, score_run
from run_files import leaderboard, records

from asrdiag import scoring
from asrdiag.cli.main import main
from asrdiag.metrics import get_normalizer
from asrdiag.report.columns import COLUMNS

CELL = "moonshine-tiny/demo/white.snr0"
NOISE = [{"id": "white", "kind": "additive_noise", "noise": "white", "snr_db": 0}]


def test_scoring_again_with_another_normaliser_leaves_the_samples_alone(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    assert asrdiag("run", suite(), "--limit", 5).returncode == 0
    run = tmp_path / "runs" / "small"
    cell = "moonshine-tiny/demo/as_recorded"
    samples = (run / "cells" / cell / "samples.jsonl").read_bytes()
    before = leaderboard(run)[0]
    again = asrdiag("score", run, "--normalizer", "none")
    assert again.returncode == 0, again.stderr
    assert (run / "cells" / cell / "samples.jsonl").read_bytes() == samples
    after = leaderboard(run)[0]
    assert (before["normalizer"], after["normalizer"]) == ("whisper-english@1", "none")
    assert float(after["error_rate_pct"]) > float(before["error_rate_pct"])  # case and punctuation now count
    assert asrdiag("score", run).returncode == 0
    assert leaderboard(run)[0] == before


def test_samples_that_were_made_otherwise_are_not_reported_as_this_cell(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    """A session that dies early leaves a `run.json` that is ahead of the samples."""
    path = suite(conditions=NOISE, seed=1)
    assert asrdiag("run", path, "--limit", 1).returncode == 0
    run = tmp_path / "runs" / "small"
    other = asrdiag("run", suite("other", conditions=NOISE, seed=2), "--limit", 1, "--out", "other")
    assert other.returncode == 0, other.stderr
    ahead, now = (json.loads((folder / "run.json").read_text()) for folder in (tmp_path / "other", run))
    (run / "run.json").write_text(json.dumps(now | {"cells": ahead["cells"]}))
    scored = asrdiag("score", run)
    assert scored.returncode == 0, scored.stderr
    assert "0 of 1 cells scored" in scored.stdout
    assert leaderboard(run)[0]["note"] == "not run yet"
    assert leaderboard(run)[0]["error_rate_pct"] == ""
    assert asrdiag("run", path, "--limit", 1).returncode == 0
    assert leaderboard(run)[0]["n_scored"] == "1"


def test_the_leaderboard_agrees_with_jiwer(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    assert asrdiag("run", suite(conditions=NOISE)).returncode == 0
    run = tmp_path / "runs" / "small"
    found = records(run, CELL)
    normalize = get_normalizer("whisper-english@1")
    theirs = jiwer.process_words(
        [normalize(record["reference_raw"]) for record in found],
        [normalize(record["hypothesis_raw"]) for record in found],
    )
    row = leaderboard(run)[0]
    edits = sum(
        int(row[part]) for part in ("substitutions_soft", "substitutions_hard", "deletions", "insertions")
    )
    assert edits == theirs.substitutions + theirs.deletions + theirs.insertions
    assert abs(float(row["error_rate_pct"]) - 100 * theirs.wer) < 1e-3
    assert int(row["hits"]) + edits - int(row["insertions"]) == int(row["ref_tokens"])
    assert float(row["ci_low_pct"]) < float(row["error_rate_pct"]) < float(row["ci_high_pct"])


def test_scores_can_be_read_without_asrdiag(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    assert asrdiag("run", suite(conditions=NOISE), "--limit", 5).returncode == 0
    rows = pq.read_table(tmp_path / "runs" / "small" / "cells" / CELL / "scores.parquet").to_pylist()
    for row in rows:
        letters = row["alignment"]
        assert letters.count("C") == row["correct"]
        assert letters.count("s") == row["substitutions_soft"]
        assert letters.count("S") == row["substitutions_hard"]
        assert len(row["reference_tokens"]) == len(letters) - letters.count("I")
        assert len(row["hypothesis_tokens"]) == len(letters) - letters.count("D")
        reference, hypothesis = iter(row["reference_tokens"]), iter(row["hypothesis_tokens"])
        for letter in letters:
            pair = (letter != "I" and next(reference), letter != "D" and next(hypothesis))
            assert (pair[0] == pair[1]) == (letter == "C")


def test_leaderboard_of_one_and_of_several_runs(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(conditions=NOISE)
    asrdiag("run", path, "--limit", 2, "--out", "first")
    asrdiag("run", path, "--limit", 3, "--out", "second")
    one = asrdiag("leaderboard", "first")
    assert one.returncode == 0
    assert "white.snr0" in one.stdout
    assert re.search(r"scored +2/15", one.stdout)
    two = asrdiag("leaderboard", "first", "second").stdout
    assert "moonshine-tiny [first]" in two
    assert "moonshine-tiny [second]" in two
    both = asrdiag("leaderboard", "first", "second", "--csv", "both.csv")
    assert both.returncode == 0, both.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "both.csv").read_text())))
    assert [row["n_scored"] for row in rows] == ["2", "3"]
    assert list(rows[0]) == list(COLUMNS)
    streamed = asrdiag("leaderboard", "first", "--csv", "/dev/stdout")
    assert [row["n_scored"] for row in csv.DictReader(io.StringIO(streamed.stdout))] == ["2"]
    markdown = asrdiag("leaderboard", "first", "--markdown").stdout
    assert re.search(r"^\| moonshine-tiny \| .*scored 2/15 \|$", markdown, re.MULTILINE)


def test_what_is_no_run_is_said_so(asrdiag: Command, tmp_path: Path) -> None:
    for verb in ("leaderboard", "score"):
        ended = asrdiag(verb, tmp_path)
        assert ended.returncode == 2
        assert "is not a run directory: it has no run.json" in ended.stderr
    (tmp_path / "run.json").write_text("{")
    assert "run.json: cannot be read" in asrdiag("score", tmp_path).stderr
    (tmp_path / "run.json").write_text("[]")
    assert "not a run.json that this version of asrdiag wrote" in asrdiag("leaderboard", tmp_path).stderr


def test_groups_break_results_down_by_factor(
    asrdiag: Command, suite: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    rows = [
        {
            "audio": f"{n}.wav",
            "text": speech(n, f"{n}.wav"),
            "speaker": f"s{n % 2}",
            "factors": {"room": "rm1"},
        }
        for n in range(4)
    ]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ended = asrdiag("run", suite(datasets=[{"id": "mine", "loader": "manifest", "path": "list.jsonl"}]))
    assert ended.returncode == 0, ended.stderr
    with (tmp_path / "runs/small/groups.csv").open(newline="") as stream:
        found = {(row["factor"], row["value"]): row["n_scored"] for row in csv.DictReader(stream)}
    assert found == {("room", "rm1"): "4", ("speaker", "s0"): "2", ("speaker", "s1"): "2"}


def test_subsets_have_rows_and_a_pooled_one(
    asrdiag: Command, suite: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    rows = [{"audio": f"{n}.wav", "text": speech(n, f"{n}.wav"), "subset": "ab"[n % 2]} for n in range(4)]
    rows.append({"audio": "0.wav", "id": "chinese", "text": "你好", "language": "zh", "subset": "a"})
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = suite(
        datasets=[{"id": "mine", "loader": "manifest", "path": "list.jsonl"}],
        on_error={"max_failure_share": 0.5},
    )
    ended = asrdiag("run", path)
    assert ended.returncode == 0, ended.stderr
    found = leaderboard(tmp_path / "runs" / "small")
    shape = [
        (row["subset"], row["aggregate"], row["language"], row["metric"], row["n_scored"]) for row in found
    ]
    assert shape == [
        ("a", "", "en", "wer", "2"),
        ("a", "", "zh", "cer", "0"),  # the embedded systems know English only: failed, not empty
        ("b", "", "en", "wer", "2"),
        ("", "pooled", "en", "wer", "4"),
        ("", "macro", "en", "wer", "4"),
    ]
    assert found[1]["n_failed"] == "1"
    assert found[1]["error_rate_pct"] == ""
    pooled = sum(int(row["ref_tokens"]) for row in (found[0], found[2]))
    assert int(found[3]["ref_tokens"]) == pooled


def test_an_interruption_says_what_is_scored_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = {f"a/set/{condition}": {"u": "a cap"} for condition in "xyz"}
    run = score_run(make_run(tmp_path / "made", [Said("u", "A cat.")], cells))
    score_cell, tried = scoring.score_cell, []

    def interrupted(*arguments: object) -> object:
        tried.append(arguments)
        if len(tried) == 3:
            raise KeyboardInterrupt
        return score_cell(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "score_cell", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # pytest keeps its own
    command = ["score", str(run), "--normalizer", "none"]
    assert main(command) == 130
    said = capsys.readouterr().err
    assert "2 of 3 cells are scored anew, the others keep the scores they had" in said
    assert f"To score all: asrdiag {' '.join(command)}" in said
    assert [row["normalizer"] for row in leaderboard(run)] == ["none", "none", "whisper-english@1"]
    assert main(command) == 0
    assert {row["normalizer"] for row in leaderboard(run)} == {"none"}
