"""What validation counts, by hand, and which checkpoint is chosen."""

from pathlib import Path

import pytest

from asrdiag.trainers.data.line import TrainingRow
from asrdiag.trainers.learning.selection import choose, harm
from asrdiag.trainers.learning.validation import Group, Look, summary

MAX_RISE = {"clean_wer": 0.01, "empty": 0.0, "hallucination": 0.02, "repetition": 0.0}


def row(number, solution, base_wer=None, scenario="noise", language="en"):
    return TrainingRow(
        f"r{number}",
        Path("x.wav"),
        solution,
        base_wer=base_wer,
        language=language,
        meta={"scenario": scenario},
    )


def test_rows_are_counted_by_base_wer_and_clean_apart():
    found = summary(
        7,
        "joint",
        [
            (row(0, "go on now", 0.1), "go on now"),
            (row(1, "it is late today", 0.4), "it was late"),  # a substitution and a deletion of 4
            (row(2, "we are here", 0.9), ""),  # 3 deletions
            (row(3, "come in", None), None),  # no answer: 2 deletions
            (row(4, "yes sir", 0.0, "clean"), "yes sir no"),  # an insertion over 2
            (row(5, "你好吗", 0.2, language="zh"), "你好"),  # a character of 3
        ],
    )
    assert found.groups == {
        "<30": Group(1, 0, 3),
        "<30 (cer)": Group(1, 1, 3),
        "<50": Group(1, 2, 4),
        ">=70": Group(1, 3, 3),
        "clean": Group(1, 1, 2),
        "degraded": Group(4, 7, 12),
        "degraded (cer)": Group(1, 1, 3),
        "ungraded": Group(1, 2, 2),
    }
    assert found.n_unanswered == 1
    assert found.rates["empty"] == pytest.approx(1 / 6)
    # words and characters are not added up: the mean of 7/12 and 1/3
    assert found.score == found.error_rate("degraded") == pytest.approx((7 / 12 + 1 / 3) / 2)
    assert found.error_rate("<70") is None
    assert Look.of_record(found.record()) == found
    assert found.told().startswith("step 7: error rate degraded 45.8 %, <30 16.7 %, <50 50.0 %, >=70 100.0 %")


def look(step, errors, clean=0, **rates):
    groups = {"degraded": Group(10, errors, 100), "clean": Group(10, clean, 100)}
    return Look(step, "s", groups, {"empty": 0.0, "hallucination": 0.0, "repetition": 0.0} | rates, 0)


def test_the_lowest_error_rate_among_the_harmless_is_chosen():
    before = look(0, 40, clean=5)
    looks = [
        look(1, 35, clean=6),
        look(2, 30, clean=7),  # clean 5 -> 7 %: more than 1 point
        look(3, 33, clean=5, empty=0.1),
        look(4, 34, clean=6, hallucination=0.02),
        look(5, 34, clean=4),
    ]
    choice = choose(before, looks, MAX_RISE)
    assert (choice.look.step, choice.harmless) == (4, True)  # of equals the earlier
    assert choice.harms == {2: ("clean_wer 5.0 -> 7.0 %",), 3: ("empty 0.0 -> 10.0 %",)}


def test_if_all_do_harm_the_error_rate_decides_and_it_is_said():
    choice = choose(look(0, 40), [look(1, 30, clean=9), look(2, 20, clean=9)], MAX_RISE)
    assert (choice.look.step, choice.harmless) == (2, False)


def test_what_is_not_measured_does_no_harm():
    nothing_clean = Look(1, "s", {"degraded": Group(1, 1, 2)}, {}, 0)
    assert harm(look(0, 40), nothing_clean, MAX_RISE) == ()
