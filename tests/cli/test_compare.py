"""`asrdiag compare`: what is paired with what, and what is said where that is not possible."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Command
from made_runs import Answers, Said, make_run, score_run

from asrdiag.metrics import compare, score
from asrdiag.report.comparison_columns import COMPARISON_COLUMNS
from asrdiag.store.lock import RunLock

WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "again"]


def corpus(utterances: int, speakers: int) -> list[Said]:
    return [
        Said(
            f"u{number:02}",
            " ".join(WORDS[: 4 + number % 6]),
            speaker=f"s{number % speakers}",
            factors={"room": "ab"[number % 2], "snr_db": 5.0},
        )
        for number in range(utterances)
    ]


def answers(said: list[Said], wrong: int, every: int = 2) -> Answers:
    """In every `every`-th utterance the last `wrong` words are missing."""
    return {
        each.sample_id: " ".join(each.reference.split()[: -wrong if number % every == 0 else None])
        for number, each in enumerate(said)
    }


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def written(run: Path) -> list[dict[str, str]]:
    return rows((run / "comparisons.csv").read_text())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Two systems under two conditions, twelve utterances of three speakers, scored."""
    said = corpus(12, 3)
    cells = {
        "good/set/clean": answers(said, 1, every=3),
        "good/set/noise.snr5": answers(said, 1),
        "poor/set/clean": answers(said, 3),
        "poor/set/noise.snr5": answers(said, 3, every=1),
    }
    return score_run(make_run(tmp_path / "made", said, cells))


def test_the_numbers_are_those_of_the_metrics(asrdiag: Command, made: Path) -> None:
    ended = asrdiag("compare", made, "--systems", "good", "poor", "--condition", "clean")
    assert ended.returncode == 0, ended.stderr
    [row] = written(made)
    assert list(row) == list(COMPARISON_COLUMNS)
    said = corpus(12, 3)
    references = [each.reference for each in said]
    systems = {"good": answers(said, 1, every=3), "poor": answers(said, 3)}
    scores = {name: score(references, list(found.values())) for name, found in systems.items()}
    expected = compare(scores, blocks=[each.speaker for each in said])
    [pair] = expected.pairs
    assert (row["system_a"], row["system_b"], row["conditions"], row["group"]) == (
        "good",
        "poor",
        "clean",
        "",
    )
    assert (row["unit"], row["n_units"], row["method"], row["resamples"]) == ("speaker", "3", "t", "")
    assert float(row["difference_pct"]) == pytest.approx(100 * (pair.difference or 0), abs=1e-4)
    assert pair.interval is not None and pair.relative_interval is not None
    assert float(row["difference_low_pct"]) == pytest.approx(100 * pair.interval.low, abs=1e-4)
    assert float(row["relative_high_pct"]) == pytest.approx(100 * pair.relative_interval.high, abs=1e-4)
    assert float(row["p_value"]) == pytest.approx(pair.p_value, rel=5e-3)
    assert row["p_holm"] == row["p_value"]
    assert int(row["errors_b"]) == expected.systems[1].errors
    assert int(row["ref_tokens"]) == expected.reference_tokens
    assert float(row["mapsswe_z"]) == pytest.approx(pair.mapsswe.z, abs=1e-4)
    assert int(row["mapsswe_segments"]) == pair.mapsswe.segments
    assert int(row["mcnemar_only_b_wrong"]) == pair.mcnemar.only_second_wrong
    assert [int(row[name]) for name in ("a_fewer_errors", "b_fewer_errors", "same_errors")] == [
        pair.first_better,
        pair.second_better,
        pair.ties,
    ]


def test_utterances_are_drawn_where_that_is_asked_for(asrdiag: Command, made: Path) -> None:
    assert asrdiag("compare", made, "--unit", "utterance", "--condition", "clean").returncode == 0
    [row] = written(made)
    said = corpus(12, 3)
    references = [each.reference for each in said]
    systems = {"good": answers(said, 1, every=3), "poor": answers(said, 3)}
    expected = compare({name: score(references, list(found.values())) for name, found in systems.items()})
    interval = expected.pairs[0].interval
    assert (row["unit"], row["n_units"]) == ("utterance", "12")
    assert interval is not None
    assert float(row["difference_low_pct"]) == pytest.approx(100 * interval.low, abs=1e-4)
    refused = asrdiag("compare", made, "--unit", "clip")
    assert refused.returncode == 2
    assert "'speaker', 'utterance'" in refused.stderr


def test_conditions_are_put_together_or_apart(asrdiag: Command, made: Path) -> None:
    assert asrdiag("compare", made).returncode == 0
    [whole] = written(made)
    assert (whole["by"], whole["conditions"], whole["n_compared"]) == ("dataset", "clean+noise.snr5", "24")
    assert (whole["unit"], whole["n_units"]) == ("speaker", "3")
    shown = asrdiag("compare", made, "--by", "condition").stdout
    assert "noise.snr5" in shown
    parts = written(made)
    assert [(row["group"], row["n_compared"]) for row in parts] == [("clean", "12"), ("noise.snr5", "12")]
    for name in ("errors_a", "errors_b", "ref_tokens"):
        assert sum(int(row[name]) for row in parts) == int(whole[name])
    # Two tests, so the smaller p value counts twice.
    smaller = min(parts, key=lambda row: float(row["p_value"]))
    assert float(smaller["p_holm"]) == pytest.approx(2 * float(smaller["p_value"]), rel=1e-2)
    one = asrdiag("compare", made, "--condition", "noise", "--csv", "-")  # all levels of an entry
    assert [row["conditions"] for row in rows(one.stdout)] == ["noise.snr5"]


def test_the_same_utterances_under_several_conditions_are_one_unit_each(
    asrdiag: Command, tmp_path: Path
) -> None:
    said = corpus(12, 1)  # one speaker: utterances are the units
    cells = {
        f"{system}/set/{c}": answers(said, wrong) for system, wrong in (("a", 1), ("b", 2)) for c in "xyz"
    }
    run = make_run(tmp_path / "made", said, cells)
    score_run(run)
    shown = asrdiag("compare", run).stdout
    [row] = written(run)
    assert (row["unit"], row["n_units"], row["n_compared"]) == ("utterance", "12", "36")
    assert "36 answers, 12 utterances (effectively 11) of one speaker" in shown
    # Three copies of the same answers tell no more than one.
    asrdiag("compare", run, "--condition", "x")
    [alone] = written(run)
    assert (alone["p_value"], alone["difference_low_pct"]) == (row["p_value"], row["difference_low_pct"])


def test_breaking_down_by_what_the_dataset_says(asrdiag: Command, made: Path) -> None:
    def groups(by: str) -> dict[str, str]:
        ended = asrdiag("compare", made, "--by", by, "--csv", "-")
        assert ended.returncode == 0, ended.stderr
        return {row["group"]: row["n_compared"] for row in rows(ended.stdout)}

    assert groups("speaker") == {"s0": "8", "s1": "8", "s2": "8"}
    assert groups("room") == {"a": "12", "b": "12"}
    assert groups("snr_db") == {"5": "24"}
    assert groups("subset") == {"": "24"}
    assert groups("language") == {"en": "24"}
    assert "(no subset)" in asrdiag("compare", made, "--by", "subset").stdout


def test_clips_without_an_answer_are_counted_and_left_out(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(6, 1)
    first, second = dict(answers(said, 1)), dict(answers(said, 2))
    first["u01"] = None
    del second["u02"], second["u03"]
    run = make_run(tmp_path / "made", said, {"a/set/clean": first, "b/set/clean": second})
    score_run(run)
    ended = asrdiag("compare", run)
    assert "3 answers (3 left out)" in ended.stdout
    [row] = written(run)
    assert [row[name] for name in ("n_compared", "n_left_out", "n_unanswered_a", "n_unanswered_b")] == [
        *("3", "3"),
        *("1", "2"),
    ]
    assert int(row["ref_tokens"]) == sum(len(said[number].reference.split()) for number in (0, 4, 5))


def test_a_system_that_answered_nothing_does_not_stand_in_the_way(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(6, 1)
    silent = dict.fromkeys(answers(said, 1))
    cells = {"a/set/clean": answers(said, 1), "b/set/clean": answers(said, 2), "c/set/clean": silent}
    run = make_run(tmp_path / "made", said, cells)
    score_run(run)
    ended = asrdiag("compare", run)
    assert ended.returncode == 0
    assert "set/clean: not compared, c has no answers" in ended.stdout
    assert [(row["system_a"], row["system_b"]) for row in written(run)] == [("a", "b")]
    alone = asrdiag("compare", run, "--systems", "a", "c")
    assert alone.returncode == 2
    assert "nothing in common to compare: set/clean: not compared, c has no answers" in alone.stderr


def test_no_clip_in_common(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(4, 1)
    found = answers(said, 1)
    first, second = (
        {key: text for key, text in found.items() if key in keys} for keys in ("u00u01", "u02u03")
    )
    run = make_run(tmp_path / "made", said, {"a/set/clean": first, "b/set/clean": second})
    score_run(run)
    ended = asrdiag("compare", run)
    assert ended.returncode == 2
    assert "set: no clip was answered by all; without an answer: b 2, a 2" in ended.stderr
    assert not (run / "comparisons.csv").exists()


def test_words_and_characters_have_rows_of_their_own(asrdiag: Command, tmp_path: Path) -> None:
    said = [*corpus(4, 2), *(Said(f"z{n}", "你好吗朋友", "s0", "zh") for n in range(3))]
    right = {each.sample_id: each.reference for each in said}
    run = make_run(
        tmp_path / "made", said, {"a/set/clean": right, "b/set/clean": right | {"z1": "你好", "u01": "the"}}
    )
    score_run(run)
    ended = asrdiag("compare", run)
    assert "WER %, language en" in ended.stdout and "CER %, language zh" in ended.stdout
    assert [(row["metric"], row["errors_b"]) for row in written(run)] == [("wer", "4"), ("cer", "3")]


def test_many_systems(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(60, 60)
    cells = {f"{name}/set/clean": answers(said, wrong + 1) for wrong, name in enumerate(("a", "b", "c"))}
    run = make_run(tmp_path / "made", said, cells)
    score_run(run)
    ended = asrdiag("compare", run, "--resamples", "500", "--level", "0.9")
    assert ended.returncode == 0, ended.stderr
    found = written(run)
    assert [(row["system_a"], row["system_b"]) for row in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {(row["method"], row["resamples"], row["level"]) for row in found} == {("bootstrap", "500", "0.9")}
    assert {row["better"] for row in found} == {"a", "b"}
    assert "▲ a" in ended.stdout and "▲ c" not in ended.stdout
    assert "90 %" in ended.stdout
    turned = asrdiag("compare", run, "--systems", "c", "a", "--csv", "-", "--resamples", "500")
    [row] = rows(turned.stdout)
    assert (row["system_a"], row["better"]) == ("c", "a")
    assert float(row["difference_pct"]) == pytest.approx(-float(found[1]["difference_pct"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--systems", "god", "poor"], "unknown system 'god' (did you mean 'good'?); known: good, poor"),
        (
            ["--systems", "good"],
            "comparing takes two systems or more, found good; with scores: good, poor",
        ),
        (
            ["--system", "good", "poor"],
            "unrecognized arguments: --system good poor (did you mean --systems?)",
        ),
        (["--csv", "made/run.json"], "--csv made/run.json: this is part of the run"),
        (["--csv", "made/cells/good/set/clean/samples.jsonl"], "samples.jsonl: this is part of the run"),
        (["--systems", "good", "good"], "a system is named twice: good, good"),
        (["--condition", "nois"], "unknown condition 'nois' (did you mean 'noise'?)"),
        (["--dataset", "st"], "unknown dataset 'st' (did you mean 'set'?); known: set"),
        (["--by", "rom"], "unknown group 'rom' (did you mean 'room'?); known: dataset, condition, subset"),
        (["--level", "95"], "argument --level: found '95', expected a number between 0 and 1, such as 0.95"),
        (["--resamples", "0"], "argument --resamples: found '0'"),
    ],
)
def test_what_cannot_be_compared_is_said(
    asrdiag: Command, made: Path, options: list[str], message: str
) -> None:
    before = (made / "comparisons.csv").read_bytes()
    ended = asrdiag("compare", made, *options)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert (made / "comparisons.csv").read_bytes() == before


def test_a_run_without_scores(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(4, 1)
    run = make_run(tmp_path / "made", said, {f"{name}/set/clean": answers(said, 1) for name in "ab"})
    ended = asrdiag("compare", run)
    assert ended.returncode == 2
    assert f"no cell is scored yet; `asrdiag score {run}` scores what there is" in ended.stderr
    ended = asrdiag("compare", tmp_path)
    assert ended.returncode == 2
    assert "is not a run directory" in ended.stderr


def test_cells_that_do_not_fit_are_left_out_with_the_reason(asrdiag: Command, made: Path) -> None:
    (made / "cells/poor/set/clean/scores.parquet").write_bytes(b"no table")
    ended = asrdiag("compare", made)
    assert ended.returncode == 0
    assert "set/clean: not compared, poor has no scores" in ended.stdout
    assert [row["conditions"] for row in written(made)] == ["noise.snr5"]
    # The labels changed, and only one of the cells has the new ones.
    samples = made / "cells/poor/set/noise.snr5/samples.jsonl"
    lines = samples.read_text().splitlines(keepends=True)
    changed = json.loads(lines[3]) | {"reference_raw": "something else"}
    samples.write_text("".join([*lines[:3], json.dumps(changed) + "\n", *lines[4:]]))
    score_run(made)
    ended = asrdiag("compare", made, "--csv", "-")
    assert ended.returncode == 0
    assert (
        "set/noise.snr5: not compared, reference_tokens of u03 differs between good and poor" in ended.stderr
    )
    assert [row["conditions"] for row in rows(ended.stdout)] == ["clean"]


def test_scoring_leaves_the_comparison_by_condition(asrdiag: Command, made: Path) -> None:
    left = (made / "comparisons.csv").read_text()
    assert [row["group"] for row in rows(left)] == ["clean", "noise.snr5"]
    elsewhere = asrdiag("compare", made, "--by", "condition", "--csv", "here.csv")
    assert elsewhere.returncode == 0
    assert (made / "comparisons.csv").read_text() == (made.parent / "here.csv").read_text() == left


def test_a_directory_that_is_being_written_is_only_read(asrdiag: Command, made: Path) -> None:
    before = (made / "comparisons.csv").read_bytes()
    with RunLock(made):
        ended = asrdiag("compare", made)
    assert ended.returncode == 0
    assert "comparisons.csv is not written" in ended.stderr and "is in use by process" in ended.stderr
    assert "good" in ended.stdout
    assert (made / "comparisons.csv").read_bytes() == before


def test_references_without_words_have_no_rates(asrdiag: Command, tmp_path: Path) -> None:
    said = [Said(f"u{number}", "") for number in range(3)]
    cells = {
        "a/set/clean": {each.sample_id: "" for each in said},
        "b/set/clean": {each.sample_id: "oh" for each in said},
    }
    run = score_run(make_run(tmp_path / "made", said, cells))
    ended = asrdiag("compare", run)
    assert ended.returncode == 0, ended.stderr
    [row] = written(run)
    assert [row[name] for name in ("error_rate_a_pct", "difference_pct", "p_value", "better")] == [""] * 4
    assert (row["errors_b"], row["ref_tokens"], row["b_fewer_errors"], row["a_fewer_errors"]) == (
        "3",
        "0",
        "0",
        "3",
    )


def test_a_run_compares_its_systems(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    systems = [{"id": name, "engine": name} for name in ("moonshine", "pocketsphinx")]
    ended = asrdiag("run", suite(systems=systems), "--limit", 3)
    assert ended.returncode == 0, ended.stderr
    left = written(tmp_path / "runs" / "small")
    assert [(row["system_a"], row["system_b"], row["group"], row["n_compared"]) for row in left] == [
        ("moonshine", "pocketsphinx", "as_recorded", "3")
    ]
    assert asrdiag("compare", "runs/small").returncode == 0
    [row] = written(tmp_path / "runs" / "small")
    assert (row["by"], row["errors_a"], row["p_value"]) == (
        "dataset",
        left[0]["errors_a"],
        left[0]["p_value"],
    )
