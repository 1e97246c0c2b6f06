"""Answers are read strictly, and what they quote has to be there."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.judge.checking import Stretch, check
from asrdiag.judge.verdict import Claim, Malformed, Verdict, read_verdict

GOOD = {
    "hallucinated_spans": ["thank you"],
    "missed_spans": [],
    "meaning": 80,
    "key_errors": [{"kind": "name", "reference": "Anna", "hypothesis": ""}],
    "reason": "a name is\nlost",
}
READ = Verdict(("thank you",), (), 80, (Claim("name", "Anna", ""),), "a name is lost")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        f"```json\n{json.dumps(GOOD)}\n```",
        f"<think>is it {{}}?</think>\n{json.dumps(GOOD)}",
        json.dumps(GOOD | {"meaning": 80.0, "confidence": 1}),
    ],
)
def test_an_answer_as_asked_for_is_read(content: str) -> None:
    assert read_verdict(content) == READ


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "found no JSON object: ''"),
        ("The answer is 80.", "found no JSON object"),
        (f"Here you are: {json.dumps(GOOD)}", "found no JSON object"),
        (json.dumps(GOOD) * 2, "found no JSON object"),
        (json.dumps(GOOD)[:-5], "found no JSON object"),
        ("[" * 100_000, "found no JSON object"),
        ("[]", "found list, expected a JSON object"),
        ('{"meaning": 1, "meaning": 100}', "found the key 'meaning' more than once"),
        (json.dumps({**GOOD, "meaning": 101}), "meaning is 101, expected a whole number from 0 to 100"),
        (json.dumps({**GOOD, "meaning": -1}), "meaning is -1"),
        (json.dumps({**GOOD, "meaning": 80.5}), "meaning is 80.5"),
        (json.dumps({**GOOD, "meaning": True}), "meaning is True"),
        (json.dumps({**GOOD, "meaning": "80"}), "meaning is '80'"),
        (json.dumps({**GOOD, "meaning": float("nan")}), "found no JSON object"),
        (json.dumps(GOOD).replace("80", "1e999"), "meaning is inf"),
        (json.dumps({**GOOD, "missed_spans": "on"}), "missed_spans is 'on', expected a list"),
        (json.dumps({**GOOD, "missed_spans": [1]}), r"missed_spans\[0\] is 1, expected a string"),
        (json.dumps({**GOOD, "missed_spans": ["x"] * 201}), "has 201 items, expected at most 200"),
        (json.dumps({**GOOD, "key_errors": [{"kind": "verb"}]}), "is 'verb', expected one of name, number"),
        (json.dumps({**GOOD, "key_errors": ["Anna"]}), "an item of key_errors is 'Anna'"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "reason"}), "reason is missing"),
    ],
)
def test_anything_else_is_malformed_and_says_why(content: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        read_verdict(content)


@settings(max_examples=40)
@given(st.text(max_size=80) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5),
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(GOOD)), inner),
       max_leaves=8).map(json.dumps))  # fmt: skip
def test_no_answer_brings_it_down(content: str) -> None:
    try:
        found = read_verdict(content)
    except Malformed:
        return
    assert 0 <= found.meaning <= 100


def found(reference: str, hypothesis: str, **parts: Any) -> Any:
    empty = {"hallucinated_spans": (), "missed_spans": (), "meaning": 50, "key_errors": (), "reason": ""}
    return check(Verdict(**{**empty, **parts}), reference, hypothesis)


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("Thank you, for watching!", "thank you for", "Thank you, for"),
        ("the café", "cafe", "café"),
        ("the cafe\u0301 is", "café", "cafe\u0301"),
        ("don\u2019t go", "dont", "don\u2019t"),
        ("don't go", "don\u2019t", "don't"),
        ("go\u200bing home", "going", "go\u200bing"),
        ("他说今天天气很好吗", "天气很好", "天气很好"),
        ("ขอบคุณครับ", "คุณ", "คุณ"),
        ("\uff21\uff22\uff23 radio", "abc", "\uff21\uff22\uff23"),
        ("one two one two three", "one two three", "one two three"),
        ("STRASSE", "straße", "STRASSE"),
    ],
)
def test_a_quotation_is_found_whatever_its_dress(text: str, quote: str, expected: str) -> None:
    checked = found("", text, hallucinated_spans=(quote,))
    [place] = checked.hallucinated
    assert place.text == expected == text[place.start : place.end]
    assert not checked.unverified


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("the cat sat", "the dog"),
        ("the cat sat", "the sat"),
        ("concatenate", "cat"),
        ("the cat sat", ""),
        ("the cat sat", "..."),
        ("the cat sat", "sat the"),
        ("", "thank you"),
        ("今天天气", "天天天"),
    ],
)
def test_a_quotation_that_is_not_there_counts_for_nothing(text: str, quote: str) -> None:
    checked = found("", text, hallucinated_spans=(quote,))
    assert checked.hallucinated == ()
    assert checked.unverified == (f"hallucinated: {quote}",)


def test_each_place_is_given_away_once() -> None:
    checked = found("", "yes and yes", hallucinated_spans=("yes", "yes", "yes", "and yes"))
    assert checked.hallucinated == (Stretch(0, 3, "yes"), Stretch(8, 11, "yes"))
    assert checked.unverified == ("hallucinated: yes", "hallucinated: and yes")


def test_key_errors_need_their_words() -> None:
    claims = (
        Claim("name", "Anna", "Hanna"),
        Claim("number", "12", ""),
        Claim("negation", "", "not"),
        Claim("name", "Otto", "Hanna"),  # nobody is called Otto
        Claim("name", "Anna", "anna"),  # the same
        Claim("term", "", ""),
    )
    checked = found("Anna counts 12", "hanna does not count", key_errors=claims)
    assert [(each.kind, each.reference, each.hypothesis) for each in checked.key_errors] == [
        ("name", Stretch(0, 4, "Anna"), Stretch(0, 5, "hanna")),
        ("number", Stretch(12, 14, "12"), None),
        ("negation", None, Stretch(11, 14, "not")),
    ]
    assert checked.unverified == ("name: 'Otto' -> 'Hanna'", "name: 'Anna' -> 'anna'", "term: '' -> ''")


@settings(max_examples=40)
@given(st.text(max_size=30), st.text(max_size=30), st.lists(st.text(max_size=8), max_size=4).map(tuple))
def test_whatever_is_claimed_each_claim_is_found_or_told(reference: str, hypothesis: str, spans: Any) -> None:
    checked = found(reference, hypothesis, hallucinated_spans=spans, missed_spans=spans)
    for places, text in ((checked.hallucinated, hypothesis), (checked.missed, reference)):
        assert all(text[place.start : place.end] == place.text for place in places)
        ends = [place.end for place in places]
        assert all(end <= after.start for end, after in zip(ends, places[1:], strict=False))
    assert len(checked.hallucinated) + len(checked.missed) + len(checked.unverified) == 2 * len(spans)
