"""A run diagnoses its answers: in the scores of each clip, and in the rates of the leaderboard."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_runs import Said, make_run, score_run

from asrdiag.errors import UsageError
from asrdiag.metrics import MODES
from asrdiag.scoring import is_scored
from asrdiag.store.folder import RunFolder
from asrdiag.suite.load import load_suite

CELL = "sys/set/clean"
CORPUS = [
    Said("a", "We met Anna in Rome at nine."),
    Said("b", "the main street gets crowded after work"),
    Said("c", "my sister is bringing dinner over later"),
    Said("d", "please remind me to print the forms"),
    Said("e", "nobody answers this"),
    Said("f", ""),
    Said("g", "我们在会议室讨论新的项目计划", language="zh"),
]
ANSWERS = {
    "a": "we met hannah in rome at nine",  # one error in seven words is no minor one
    "b": "the main street gets",
    "c": "my sister is bringing dinner over later",
    "d": "thank you thank you thank you thank you thank you",
    "e": None,
    "f": "Thank you.",
    "g": "这个项目 is very difficult for me",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = make_run(tmp_path / "run", CORPUS, {CELL: ANSWERS})
    path = folder / "run.json"
    made = json.loads(path.read_text())
    made["cells"][CELL]["keywords"] = ["dinner", "Anna"]
    path.write_text(json.dumps(made))
    return score_run(folder)


def test_scores_say_how_each_clip_went_wrong(run: Path) -> None:
    rows: dict[str, dict[str, Any]] = {
        row["sample_id"]: row for row in pq.read_table(run / "cells" / CELL / "scores.parquet").to_pylist()
    }
    assert {name: row["failure_mode"] for name, row in rows.items()} == {
        "a": "word_confusion",
        "b": "truncation",
        "c": "correct",
        "d": "repetition_loop",
        "e": None,
        "f": "hallucination",
        "g": "language_switch",
    }
    assert rows["b"]["truncated"] == "end"
    assert rows["b"]["omission_spans"] == [{"start": 4, "end": 7}]
    assert rows["b"]["evidence"] == "The end is missing: 3 words, 100 % of the errors."
    assert rows["d"]["loops"] == [{"period": 2, "repeats": 5, "start": 0}]
    assert rows["g"]["language_switch"] == {"expected": "Han", "found": "Latin"}
    assert [(each["text"], each["status"], each["heard"]) for each in rows["a"]["entities"]] == [
        ("Anna", "changed", "hannah"),  # as a keyword
        ("Anna", "changed", "hannah"),  # and as a name
        ("Rome", "kept", None),
        ("nine", "kept", None),
    ]
    assert rows["e"]["evidence"] is None and rows["e"]["entities"] is None


def test_the_leaderboard_counts_modes_and_entities(run: Path) -> None:
    with (run / "leaderboard.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["language"]: row for row in csv.DictReader(stream)}
    english = rows["en"]
    shares = {mode: float(english[f"mode_{mode}_pct"]) for mode in MODES}
    assert shares == dict.fromkeys(MODES, 0.0) | dict.fromkeys(
        ("word_confusion", "truncation", "correct", "repetition_loop", "hallucination"), 20.0
    )  # five of the six were answered
    assert float(english["omission_utterances_pct"]) == 20  # b
    assert float(english["hallucination_utterances_pct"]) == 20  # f
    assert float(english["entity_error_rate_pct"]) == 33.3333  # Anna, of Anna, Rome and nine
    assert float(english["keyword_recall_pct"]) == 50  # dinner, of dinner and Anna
    assert float(rows["zh"]["hallucination_utterances_pct"]) == 100
    assert rows["zh"]["keyword_recall_pct"] == ""  # there is none in the references


def test_other_keywords_make_the_scores_anew(run: Path) -> None:
    folder = RunFolder(run)
    cell = folder.read_run()["cells"][CELL]
    assert is_scored(folder, CELL, cell)
    assert not is_scored(folder, CELL, cell | {"keywords": ["dinner"]})
    made_from = folder.read_summary(CELL)
    assert made_from is not None and made_from["made_from"]["thresholds"] == "2"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [("[ok, ' - ']", r"keywords\[1\] is ' - ', expected a text with a letter"), ("dinner", "found 'dinner'")],
)
def test_wrong_keywords_in_a_suite(tmp_path: Path, keywords: str, message: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(
        "name: s\nsystems: [{id: p, engine: pocketsphinx}]\ndatasets: [{id: demo, loader: demo}]\n"
        f"conditions: [{{id: c, kind: as_recorded}}]\nreport:\n  keywords: {keywords}\n"
    )
    with pytest.raises(UsageError, match=rf"suite.yaml:6: report.keywords: .*{message}"):
        load_suite(path, {})
