"""Scores as columns, filters and search."""

import math
from pathlib import Path

import numpy as np
import pytest
from explorer_runs import CHINESE, CORPUS, Runs
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.app.data.filters import Filters, from_parameters, to_parameters
from asrdiag.app.data.index import ERRORS, LABELS, NUMBERS, CaseKey, Index, read_index
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.data.search import search
from asrdiag.errors import UsageError


@pytest.fixture(scope="module")
def run(runs: Runs) -> OpenRun:
    return OpenRun(runs.plain, "plain")


@pytest.fixture(scope="module")
def index(run: OpenRun) -> Index:
    return read_index([run])


def rows(index: Index, filters: Filters) -> list[tuple[str, str, str]]:
    keys = [index.key(int(row)) for row in np.flatnonzero(filters.mask(index))]
    return [(key.system, key.condition, key.sample_id) for key in keys]


def test_every_answer_is_a_row_with_its_numbers(index: Index) -> None:
    assert len(index) == 4 * (len(CORPUS) + 1) and index.problems == ()
    row = index.row(CaseKey("plain", "bad", "set", "noise", "u1"))
    assert row is not None
    # "the cat" of "the cat sat on the mat by the door": 7 of 9 words left out
    assert {name: float(index.numbers[name][row]) for name in ERRORS.values()} == {
        "substitutions_soft": 0,
        "substitutions_hard": 0,
        "deletions": 7,
        "insertions": 0,
    }
    assert index.numbers["ref_tokens"][row] == 9 and index.numbers["hyp_tokens"][row] == 2
    assert index.numbers["error_rate_pct"][row] == pytest.approx(100 * 7 / 9)
    assert index.numbers["rtfx"][row] == pytest.approx(30)  # 3 s of audio in 0.1 s
    assert index.labels["failure_mode"].at(np.array([row])) == ["truncation"]


def test_a_row_and_what_names_it_find_each_other(index: Index) -> None:
    assert [index.row(index.key(row)) for row in range(len(index))] == list(range(len(index)))
    assert index.row(CaseKey("plain", "bad", "set", "noise", "gone")) is None
    assert index.row(CaseKey("plain", "gone", "set", "noise", "u1")) is None


def test_an_answer_that_never_came_has_no_numbers(index: Index) -> None:
    row = index.row(CaseKey("plain", "bad", "set", "noise", "u4"))
    assert row is not None and math.isnan(index.numbers["n_errors"][row])
    assert index.labels["error_stage"].at(np.array([row])) == ["transcribe"]
    assert index.labels["failure_mode"].at(np.array([row])) == [None]


def test_scores_cut_short_are_a_problem_and_the_rest_is_shown(copy: Path) -> None:
    place = copy / "cells" / "bad" / "set" / "noise" / "scores.parquet"
    place.write_bytes(place.read_bytes()[:-100])
    found = read_index([OpenRun(copy, "copy")])
    assert len(found) == 15
    assert [problem.place for problem in found.problems] == [str(place)]
    assert "asrdiag score" in found.problems[0].what


def test_no_runs_are_an_index_without_rows() -> None:
    found = read_index([])
    assert len(found) == 0
    assert Filters().choosing("system", ["x"]).mask(found).tolist() == []


def test_runs_with_the_same_ids_stay_apart(runs: Runs) -> None:
    both = read_index([OpenRun(runs.plain, "plain"), OpenRun(runs.other, "other")])
    errors = [
        both.numbers["n_errors"][both.row(CaseKey(name, "bad", "set", "as_recorded", "u1"))]
        for name in ("plain", "other")
    ]
    assert errors == [7, 0]


def test_filters_let_pass_what_they_say(index: Index) -> None:
    some = Filters().choosing("system", ["bad"]).choosing("condition", ["noise"])
    assert len(rows(index, some)) == 5
    assert rows(
        index, some.choosing("failure_mode", ["truncation"]).between("error_rate_pct", 60, math.inf)
    ) == [("bad", "noise", "u1")]
    assert rows(index, some.choosing("failure_mode", [""])) == [("bad", "noise", "u4")]
    soft = Filters(some.labels, kinds=("soft",))
    assert rows(index, soft) == [("bad", "noise", "u2")]
    assert rows(index, Filters(some.labels, kinds=("soft", "del"))) == []
    assert rows(index, some.choosing("system", ["gone"])) == []
    assert some.choosing("system", ["gone"]).unknown(index) == ["no system 'gone' in the open runs"]
    assert some.choosing("system", []).choosing("condition", []) == Filters()


texts = st.text(max_size=8)
ends = st.floats(0, 1e6, allow_nan=False).map(lambda x: float(f"{x:.10g}"))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(LABELS), st.lists(texts, min_size=1, max_size=3, unique=True)),
    st.dictionaries(st.sampled_from(NUMBERS), st.tuples(st.just(-math.inf) | ends, st.just(math.inf) | ends)),
    st.lists(st.sampled_from(tuple(ERRORS)), unique=True),
    texts,
)
def test_a_url_says_exactly_what_the_filters_say(labels, ranges, kinds, text) -> None:
    filters = Filters(kinds=tuple(kinds), text=text, regex=bool(text), side="answer" if text else "either")
    for column, wanted in labels.items():
        filters = filters.choosing(column, wanted)
    for column, (low, high) in ranges.items():
        filters = filters.between(column, low, high)
    assert from_parameters(to_parameters(filters)) == (filters, [])


@pytest.mark.parametrize("value", ["x", "1", "1..x", "nan..2", "..nan", ""])
def test_a_range_that_is_none_is_said_and_passed_over(value: str) -> None:
    filters, problems = from_parameters({"rate": [value]})
    assert filters == Filters() and len(problems) == 1 and repr(value) in problems[0]


def found(run: OpenRun, index: Index, text: str, **options) -> set[tuple[str, str]]:
    every = np.arange(len(index))
    keys = [index.key(int(row)) for row in search({"plain": run}, index, every, text, **options)]
    return {(key.system, key.sample_id) for key in keys}


def test_words_are_found_in_reference_or_answer(run: OpenRun, index: Index) -> None:
    assert found(run, index, "TOWN") == {("good", "u2"), ("bad", "u2")}
    assert found(run, index, "cold town") == {("bad", "u2")}
    assert found(run, index, "cold", side="reference") == set()
    assert found(run, index, "mat", side="answer") == {("good", "u1")}
    assert found(run, index, "subscribe") == {("good", "u1")}  # under noise


def test_characters_are_found_without_blanks_between_them(run: OpenRun, index: Index) -> None:
    assert found(run, index, CHINESE.reference[:4]) == {("good", "z1"), ("bad", "z1")}
    assert found(run, index, "天汽") == {("bad", "z1")}


def test_expressions_are_matched_and_bad_ones_are_said(run: OpenRun, index: Index) -> None:
    assert found(run, index, r"c(ap|old) t\w+n$", regex=True) == {("bad", "u2")}
    assert found(run, index, "(a+)+$" * 20, regex=True) == set()  # time grows with the text only
    with pytest.raises(UsageError, match="cannot be used"):
        found(run, index, "(", regex=True)
    with pytest.raises(UsageError, match="at most"):
        found(run, index, "a" * 501)


def test_scores_that_changed_since_match_nothing(copy: Path) -> None:
    run = OpenRun(copy, "plain")
    index = read_index([run])
    (copy / "cells" / "bad" / "set" / "noise" / "scores.parquet").unlink()
    assert found(run, index, "cold") == {("bad", "u2")}  # under the other condition


def test_progress_is_told_cell_by_cell(run: OpenRun, index: Index) -> None:
    told: list[tuple[int, int]] = []
    search({"plain": run}, index, np.arange(len(index)), "x", progress=lambda *at: told.append(at))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
