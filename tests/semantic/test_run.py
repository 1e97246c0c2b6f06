"""Measuring a run: each text once, nothing lost, nothing wrong in silence. The vectors are made up."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_runs import Said, make_run, score_run
from run_files import leaderboard

from asrdiag.cli.main import main
from asrdiag.report.write import write_reports
from asrdiag.scoring import is_scored
from asrdiag.semantic import measuring
from asrdiag.store.folder import RunFolder

CORPUS = [
    Said("a", "The cat sat."),
    Said("b", "Go home!"),
    Said("c", "(laughs)"),
    Said("d", "Stay here."),
    Said("e", "今天天气很好", language="zh"),
]
ANSWERS = {"a": "the cat sat", "b": "Go home", "c": "yes", "d": "", "e": "今天天气"}
OTHERS = {"a": "a cat sang", "b": None, "c": "", "d": "Stay there.", "e": "今天"}
ONE, TWO = "one/set/as_recorded", "two/set/as_recorded"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return score_run(make_run(tmp_path / "run", CORPUS, {ONE: ANSWERS, TWO: OTHERS}))


def values(run: Path, cell: str) -> dict[str, float | None]:
    rows = pq.read_table(run / "cells" / cell / "scores.parquet").to_pylist()
    return {row["sample_id"]: row["semantic_similarity"] for row in rows}


def in_english(run: Path) -> list[dict[str, str]]:
    return [row for row in leaderboard(run) if row["language"] == "en"]


def test_what_exists_is_measured_and_the_rest_is_empty(
    run: Path, made_encoder: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = (run / "cells" / ONE / "samples.jsonl").read_bytes()
    assert values(run, ONE) == dict.fromkeys("abcde")
    assert main(["score", str(run), "--semantic"]) == 0
    # No error: 1. No words in the reference: none. No words in the answer: 0. Chinese: not this model.
    assert values(run, ONE) == {"a": 1.0, "b": 1.0, "c": None, "d": 0.0, "e": None}
    other = values(run, TWO)
    assert other["b"] is other["c"] is other["e"] is None
    assert -1 <= other["a"] < 1 and -1 <= other["d"] < 1  # type: ignore[operator]
    assert (run / "cells" / ONE / "samples.jsonl").read_bytes() == samples
    # Normalised; both sides and both systems share what is equal.
    assert sorted(made_encoder.asked) == sorted(
        ["the cat sat", "a cat sang", "go home", "stay here", "stay there"]
    )
    said = capsys.readouterr().out
    assert "5 answers, 5 different texts, 5 of them embedded now" in said
    assert "without similarity: zh (2 answers); all-MiniLM-L6-v2 is declared for en" in said
    first, second = in_english(run)
    assert float(first["semantic_similarity"]) == pytest.approx((1 + 1 + 0) / 3, abs=1e-4)
    mean = (other["a"] + other["d"]) / 2  # type: ignore[operator]
    assert float(second["semantic_similarity"]) == pytest.approx(mean, abs=1e-4)
    assert float(first["semantic_ci_low"]) < 2 / 3 < float(first["semantic_ci_high"]) <= 1
    assert first["semantic_model"].startswith("all-MiniLM-L6-v2@")
    chinese = next(row for row in leaderboard(run) if row["language"] == "zh")
    assert chinese["semantic_similarity"] == chinese["semantic_model"] == ""
    with (run / "semantic.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["system"] == "one"]
    assert [(row["failure_mode"], row["n"], row["semantic_similarity"]) for row in rows] == [
        ("", "3", "0.6667"),
        ("correct", "2", "1"),
        ("empty", "1", "0"),
    ]


def test_a_second_run_computes_nothing(run: Path, made_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["score", str(run), "--semantic"])
    before = (run / "leaderboard.csv").read_bytes()
    monkeypatch.setattr(measuring, "Encoder", None)  # to load it would be an error
    assert main(["score", str(run), "--semantic"]) == 0
    assert main(["score", str(run)]) == 0
    assert (run / "leaderboard.csv").read_bytes() == before


def test_similarities_stay_with_their_texts(run: Path, made_encoder: Any) -> None:
    """Of texts that changed since, none is shown, and no mean over the others."""
    main(["score", str(run), "--semantic"])
    folder = RunFolder(run)
    cell = folder.read_run()["cells"][ONE]
    assert is_scored(folder, ONE, cell)
    path = run / "cells" / ONE / "samples.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    with path.open("a") as stream:
        stream.write(json.dumps(records[1] | {"hypothesis_raw": "Go away!"}) + "\n")
    assert main(["score", str(run)]) == 0
    assert values(run, ONE) == {"a": 1.0, "b": None, "c": None, "d": 0.0, "e": None}
    assert in_english(run)[0]["semantic_similarity"] == ""
    asked = len(made_encoder.asked)
    assert main(["score", str(run), "--semantic"]) == 0
    assert made_encoder.asked[asked:] == ["go away"]
    assert in_english(run)[0]["semantic_similarity"] != ""
    # The embeddings gone, the similarities go with the next scoring.
    shutil.rmtree(run / "semantic")
    assert not is_scored(folder, ONE, cell)
    assert main(["score", str(run)]) == 0
    assert set(values(run, ONE).values()) == {None}
    assert not (run / "semantic.csv").exists()


def test_an_interruption_keeps_what_is_embedded(
    run: Path, made_encoder: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measuring, "_KEPT_EVERY", 2)
    made_encoder.allowed = 3
    scores = (run / "cells" / ONE / "scores.parquet").read_bytes()
    assert main(["score", str(run), "--semantic", "--device", "cpu"]) == 130
    said = capsys.readouterr().err
    assert (
        f"2 of 5 texts are embedded and kept; the scores are as they were. To go on: asrdiag score {run}"
        in said
    )
    assert said.rstrip().endswith("--semantic --device cpu")
    assert (run / "cells" / ONE / "scores.parquet").read_bytes() == scores
    assert main(["score", str(run)]) == 0  # half of the texts are no measurement
    assert set(values(run, ONE).values()) == {None}
    made_encoder.allowed = None
    assert main(["score", str(run), "--semantic"]) == 0
    assert len(made_encoder.asked) == len(set(made_encoder.asked)) == 5


def test_two_models_in_one_run(run: Path, made_encoder: Any, model_folder: Any) -> None:
    main(["score", str(run), "--semantic"])
    first = (run / "leaderboard.csv").read_bytes()
    other = model_folder("other", "---\nlanguage: [en, zh]\n---\n")
    assert main(["score", str(run), "--semantic", str(other)]) == 0
    assert {row["semantic_model"].split("@")[0] for row in leaderboard(run)} == {"other"}
    assert values(run, ONE)["e"] is not None
    asked = len(made_encoder.asked)
    assert main(["score", str(run), "--semantic"]) == 0
    assert len(made_encoder.asked) == asked
    assert (run / "leaderboard.csv").read_bytes() == first
    assert len([path for path in (run / "semantic").iterdir() if path.is_dir()]) == 2


def test_means_over_subsets(tmp_path: Path, made_encoder: Any) -> None:
    corpus = [Said("a", "go home", subset="x"), Said("b", "stay", subset="x"), Said("c", "yes", subset="y")]
    run = make_run(tmp_path / "run", corpus, {ONE: {"a": "go home", "b": "", "c": "yes"}})
    assert main(["score", str(run), "--semantic"]) == 0
    found = {(row["subset"], row["aggregate"]): row["semantic_similarity"] for row in leaderboard(run)}
    # x: (1 + 0) / 2, y: 1; pooled 2 / 3, macro (0.5 + 1) / 2
    assert found == {("x", ""): "0.5", ("y", ""): "1", ("", "pooled"): "0.6667", ("", "macro"): "0.75"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"a": None}, "there is nothing to compare: no system answered to a reference that has words"),
        ({"c": "yes"}, "there is nothing to compare"),
        ({"e": "今天"}, "all 1 answers are in languages that all-MiniLM-L6-v2 is not declared for: found zh"),
    ],
)
def test_runs_without_anything_to_compare(
    tmp_path: Path,
    made_encoder: Any,
    capsys: pytest.CaptureFixture[str],
    answers: dict[str, str | None],
    said: str,
) -> None:
    run = score_run(make_run(tmp_path / "run", CORPUS, {ONE: answers}))
    assert main(["score", str(run), "--semantic"]) == 2
    assert said in capsys.readouterr().err
    assert not (run / "semantic").exists()


def test_command_lines_that_mean_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in {
        (
            "--semantic",
            str(run),
        ): f"this is a run, expected a model; the run comes first: asrdiag score {run}",
        ("--ref", "x", "--semantic"): "--semantic is for a run",
        (str(run), "--device", "cpu"): "found --device, which needs --semantic",
        (
            str(run),
            "--semantic",
            "--device",
            "gpu",
        ): "cannot use the device 'gpu'; it can use: auto, cpu, cuda",
        (str(run.parent), "--semantic"): "is not a run directory",
    }.items():
        assert main(["score", *words]) == 2
        assert said in capsys.readouterr().err


def test_a_damaged_choice_of_model_is_said(run: Path, made_encoder: Any) -> None:
    main(["score", str(run), "--semantic"])
    (run / "semantic" / "model.json").write_text("[]")
    assert main(["score", str(run)]) == 1
    assert main(["score", str(run), "--semantic"]) == 0
    assert values(run, ONE)["a"] == 1.0


def test_reports_are_readable_where_nothing_was_measured(run: Path) -> None:
    write_reports(RunFolder(run))
    assert not (run / "semantic.csv").exists()
    assert not (run / "semantic").exists()
