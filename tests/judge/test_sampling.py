"""A few answers that stand for many: drawn alike by everyone, nested, and with honest intervals."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge.judge_server import JudgeServer, verdict
from judge.judged_runs import answered
from made_runs import Said, make_run, score_run
from run_files import leaderboard

from asrdiag.errors import UsageError
from asrdiag.judge.estimates import Estimator
from asrdiag.judge.pairs import Pair
from asrdiag.judge.population import Answer
from asrdiag.judge.reading import read_answers
from asrdiag.judge.sampling import Sample, allocate, draw
from asrdiag.store.folder import RunFolder

WORDS = [*"abcdefghijklmnop", "12"]


def answer(system: str, mode: str, number: int, error_rate: float = 0.5) -> Answer:
    pair = Pair("en", "a b", "a")
    return Answer(
        system, "set", "clean", f"{mode}{number}", "", "en", "word", mode, error_rate, 0, None, pair
    )


ANSWERS = [
    answer(system, mode, number)
    for system, counts in {"one": {"minor": 50, "omission": 9, "empty": 1}, "two": {"minor": 40}}.items()
    for mode, count in counts.items()
    for number in range(count)
]


def drawn(size: int | None, *strata: str, seed: int = 0) -> Any:
    return draw(ANSWERS, Sample(size, strata or ("system", "mode"), seed))


def test_places_go_by_size_and_each_stratum_has_two() -> None:
    """50, 9, 1 and 40 answers, 20 places: 2, 2, 1 and 2 first, then 13 one after the other."""
    found = drawn(20)
    counted = Counter(stratum for stratum, chosen in zip(found.stratum, found.chosen, strict=True) if chosen)
    assert counted == {("one", "minor"): 9, ("one", "omission"): 2, ("one", "empty"): 1, ("two", "minor"): 8}
    assert found.sizes == {
        ("one", "minor"): 50,
        ("one", "omission"): 9,
        ("one", "empty"): 1,
        ("two", "minor"): 40,
    }


@given(
    st.dictionaries(st.tuples(st.text(max_size=2)), st.integers(1, 200), min_size=1, max_size=8),
    st.integers(0, 300),
)
@settings(max_examples=50)
def test_nobody_loses_a_place_in_a_larger_sample(sizes: dict[tuple[str, ...], int], more: int) -> None:
    least = sum(min(2, size) for size in sizes.values())
    before = allocate(sizes, least + more)
    after = allocate(sizes, least + more + 1)
    assert all(before[name] <= after[name] <= sizes[name] for name in sizes)
    assert sum(before.values()) == min(least + more, sum(sizes.values()))


def test_a_larger_sample_holds_the_smaller_one_in_any_order_of_answers() -> None:
    chosen = [
        {each.place for each, inside in zip(ANSWERS, drawn(size).chosen, strict=True) if inside}
        for size in (8, 20, 50, 100)
    ]
    assert [len(places) for places in chosen] == [8, 20, 50, 100]
    assert chosen[0] < chosen[1] < chosen[2] < chosen[3]
    shuffled = random.Random(3).sample(ANSWERS, len(ANSWERS))
    again = draw(shuffled, Sample(20, ("system", "mode")))
    assert {each.place for each, inside in zip(shuffled, again.chosen, strict=True) if inside} == chosen[1]
    other = {each.place for each, inside in zip(ANSWERS, drawn(20, seed=1).chosen, strict=True) if inside}
    assert other != chosen[1]


def test_too_many_strata_are_joined_from_the_last_on() -> None:
    assert drawn(6).strata == ("system",)
    assert drawn(2).strata == ()
    assert drawn(None).strata == ("system", "mode")
    assert drawn(20, "wer", "mode").strata == ("wer", "mode")
    with pytest.raises(UsageError, match="found a sample of 1, expected 2 or more"):
        drawn(1)
    with pytest.raises(UsageError, match=r"unknown stratum 'mood' \(did you mean 'mode'\?\)"):
        Sample(5, ("mood",))
    with pytest.raises(UsageError, match="named twice: mode, mode"):
        Sample(5, ("mode", "mode"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems, 60 utterances each, one worse than the other."""
    draws = random.Random(7)
    corpus = [Said(f"u{number}", " ".join(draws.sample(WORDS, 14))) for number in range(60)]

    def spoiled(text: str, share: float) -> str:
        words = [word for word in text.split() if draws.random() > share]
        return " ".join([*words, *(["thank", "you"] if draws.random() < share else [])])

    cells = {
        f"{system}/set/as_recorded": {said.sample_id: spoiled(said.reference, share) for said in corpus}
        for system, share in (("fair", 0.05), ("poor", 0.3))
    }
    folder = tmp_path_factory.mktemp("many") / "run"
    folder.mkdir()
    return score_run(make_run(folder, corpus, cells))


def test_a_sample_tells_of_all_and_grows_without_paying_again(many: Path, call: Any) -> None:
    with JudgeServer() as server:
        words = ("judge", many, "--model", "m", "--base-url", server.url, "--progress", "none")
        small = call(*words, "--sample", "20")
        assert small.status == 0
        assert "20 are to be judged, drawn by system, mode" in small.out
        assert len(server.heard) == 20
        first = set(answered(many))
        assert call(*words, "--sample", "60").status == 0
        assert len(server.heard) == 60
        assert first < set(answered(many))
        sampled = rows(many)
        judged = read_answers(RunFolder(many))
        assert judged is not None
        estimator = Estimator(judged)
        estimates = {
            system: estimator.of(
                [place for place, each in enumerate(estimator.answers) if each.system == system]
            )
            for system in ("fair", "poor")
        }
        assert call(*words).status == 0
        whole = rows(many)
        asked = len(server.heard)
        assert asked == len(set(judged.keys.values()))
        assert call(*words, "--sample", "20").status == 0  # back to the few: nothing is asked
        assert len(server.heard) == asked
    for system, row in whole.items():
        found, shown = estimates[system], sampled[system]
        assert found is not None
        assert found.covered == 1
        for column, part in (
            ("judge_hallucination_rate_pct", found.hallucination),
            ("judge_missed_rate_pct", found.missed),
        ):
            assert 100 * part.value == pytest.approx(float(shown[column]), abs=1e-3)
            assert 100 * part.low <= float(row[column]) <= 100 * part.high
            assert part.low < part.high
        assert found.meaning.low <= float(row["judge_meaning"]) <= found.meaning.high
        assert int(shown["n_judged"]) < int(row["n_judged"]) == 60


def rows(run: Path) -> dict[str, dict[str, str]]:
    return {row["system"]: row for row in leaderboard(run)}


def test_the_numbers_are_those_of_the_verdicts(many: Path, call: Any) -> None:
    """Everything judged: the rates are plain shares over all answers, by rule or by the judge."""
    with JudgeServer() as server:
        call("judge", many, "--model", "all", "--base-url", server.url, "--progress", "none")
        samples = many / "cells/poor/set/as_recorded/samples.jsonl"
        records = [json.loads(line) for line in samples.read_text().splitlines()]
    from judge.judge_server import Asked

    meanings, missed = [], 0
    for record in records:
        found = verdict(Asked(record["reference_raw"], record["hypothesis_raw"], "en", {}, None))
        missed += bool(found["missed_spans"])
        meanings.append(found["meaning"])
    judged = read_answers(RunFolder(many), "all")
    assert judged is not None
    estimator = Estimator(judged)
    inside = [place for place, each in enumerate(estimator.answers) if each.system == "poor"]
    estimate = estimator.of(inside)
    assert estimate is not None
    assert estimate.missed.value == pytest.approx(missed / 60)
    assert estimate.meaning.value == pytest.approx(sum(meanings) / 60)
    assert (estimate.missed.low, estimate.missed.high) == (estimate.missed.value, estimate.missed.value)
    assert (estimate.n_answers, estimate.n_judged, estimate.n_failed) == (60, 60, 0)
