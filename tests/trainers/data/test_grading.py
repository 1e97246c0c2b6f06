"""Which bin a clip falls into, by hand."""

from pathlib import Path

import pytest

from asrdiag.metrics import score_utterance
from asrdiag.trainers.data.candidates import Candidate
from asrdiag.trainers.data.clips import Place
from asrdiag.trainers.data.grading import Grade, grade_all

BINS = (0.3, 0.5, 0.7)


def grade(solution: str, prediction: str | None, language: str = "en", stated: float | None = None) -> Grade:
    one = Candidate("x", "x:1", Place(Path()), solution, language, prediction, stated)
    [found] = grade_all([one], BINS, None)
    return found


@pytest.mark.parametrize(
    ("wrong", "rate", "bin_", "reason"),
    [
        *((0, 0.0, 0, None), (2, 0.2, 0, None), (3, 0.3, 1, None), (5, 0.5, 2, None), (6, 0.6, 2, None)),
        *((7, 0.7, None, "too_hard"), (10, 1.0, None, "too_hard")),
    ],
)
def test_a_bin_begins_at_the_threshold_below_it(
    wrong: int, rate: float, bin_: int | None, reason: str | None
) -> None:
    solution = "cat dog hen cow pig fox owl bat ant bee"
    found = grade(solution, " ".join(["wrong"] * wrong + solution.split()[wrong:]))
    assert (found.base_wer, found.bin, found.reason, found.unit) == (rate, bin_, reason, "word")


def test_chinese_is_graded_by_character() -> None:
    # One of six characters is wrong: 1 / 6; as words, both texts are one word each, and all of it wrong.
    found = grade("今天天气很好", "今天天气很坏", "zh")
    assert (found.base_wer, found.unit, found.normalizer) == (0.166667, "character", "chinese@1")


def test_an_empty_answer_is_an_answer_and_none_is_none() -> None:
    assert grade("the cat", "").base_wer == 1.0
    found = grade("the cat", None)
    assert (found.base_wer, found.bin, found.reason) == (None, None, None)
    assert grade("the cat", None, stated=0.4).bin == 1


def test_a_prediction_wins_over_what_is_stated() -> None:
    assert grade("the cat", "the cat", stated=0.9).base_wer == 0.0


def test_a_text_of_which_nothing_is_left_is_empty() -> None:
    assert grade("---", "the cat").reason == "empty_solution"


def test_texts_that_normalise_alike_have_one_id() -> None:
    same = {grade(text, None).text_id for text in ("Let's go!", "let us go", "LET'S GO")}
    assert len(same) == 1
    assert grade("let us stay", None).text_id not in same


def test_the_rate_is_that_of_the_metrics() -> None:
    solution, prediction = "Dr. Smith paid $20 for the colour.", "doctor smith paid twenty dollars the color"
    assert grade(solution, prediction).base_wer == round(
        score_utterance(solution, prediction).error_rate or 0, 6
    )


def test_a_text_is_the_same_whatever_its_run_was_scored_with() -> None:
    scored_with = (None, "none", "basic@1")
    candidates = [
        Candidate(str(n), "x:1", Place(Path()), "Let's go!", "en", "go", normalizer=name)
        for n, name in enumerate(scored_with)
    ]
    found = grade_all(candidates, (2.0,), None)
    assert [one.normalizer for one in found[1:]] == ["none", "basic@1"]  # graded as before
    assert {one.text_id for one in found} == {grade("let us go", None).text_id}
