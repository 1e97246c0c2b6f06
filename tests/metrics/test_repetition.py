"""Loops are found where a decoder repeats itself, not where the speaker does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.metrics import Loop, find_repetition_loop, is_repetition_loop, longest_loop
from asrdiag.metrics.repetition import find_repetition_loops

short_texts = st.lists(st.sampled_from("abc"), max_size=14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("a", None),
        ("a b c", None),
        ("a a", Loop(1, 2, 0)),
        ("x a b a b y", Loop(2, 2, 1)),
        ("a b a b a", Loop(2, 2, 0)),  # the fifth token starts a repeat that is not finished
        ("a a b c b c b c", Loop(2, 3, 2)),  # 6 tokens covered against 2
        ("a a a a", Loop(1, 4, 0)),  # not twice "a a"
        ("a a x b b", Loop(1, 2, 0)),  # equal cover: the earlier one
        ("1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9", Loop(9, 2, 0)),
        (" ".join(map(str, [*range(65), *range(65)])), None),  # 65 tokens are more than MAX_PERIOD
    ],
)
def test_longest_loop(text: str, expected: Loop | None) -> None:
    assert longest_loop(text.split()) == expected


def brute_force(tokens: list[str], max_period: int) -> Loop | None:
    best = None
    for period in range(1, max_period + 1):
        for start in range(len(tokens)):
            ngram, repeats = tokens[start : start + period], 1
            if len(ngram) < period:
                continue
            while tokens[start + repeats * period : start + (repeats + 1) * period] == ngram:
                repeats += 1
            if repeats >= 2 and (best is None or period * repeats > best.period * best.repeats):
                best = Loop(period, repeats, start)
    return best


@given(short_texts, st.integers(1, 5))
def test_longest_loop_against_brute_force(tokens: list[str], max_period: int) -> None:
    assert longest_loop(tokens, max_period) == brute_force(tokens, max_period)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("no", "no no no", False),  # three times: speech
        ("no", "no no no no", True),
        ("hello", "bye bye bye bye", True),
        ("so", "i think i think i think", False),  # two words, three times
        ("so", "i think i think i think i think", True),
        ("so", "thank you all thank you all", False),
        ("so", "thank you all thank you all thank you all", True),  # a phrase, three times
        ("no no no no", "no no no no", False),  # the speaker said it
        ("no no no no", "no no no no no", True),
        ("b a b a b a b a", "a b a b a b a b", False),  # the same repetition, begun one token later
        ("a a a a", "b b b b", True),
        ("", "you you you you", True),
        ("la la la la", "", False),
    ],
)
def test_is_repetition_loop(reference: str, hypothesis: str, expected: bool) -> None:
    assert is_repetition_loop(reference.split(), hypothesis.split()) is expected


def test_the_loop_found_is_the_one_the_reference_does_not_explain() -> None:
    reference = ["na"] * 7
    hypothesis = ["na"] * 7 + ["oh"] * 4
    assert longest_loop(hypothesis) == Loop(1, 7, 0)
    assert find_repetition_loop(reference, hypothesis) == Loop(1, 4, 7)


@given(short_texts)
def test_a_perfect_hypothesis_is_never_a_loop(tokens: list[str]) -> None:
    assert not is_repetition_loop(tokens, tokens)


def test_long_loops_end() -> None:
    loop = ["thank", "you", "for", "watching"] * 2500
    started = time.process_time()
    assert find_repetition_loop(["hello"], loop) == Loop(4, 2500, 0)
    assert find_repetition_loop(loop, loop) is None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("so", "no no no no so yes yes yes yes", [Loop(1, 4, 0), Loop(1, 4, 5)]),
        ("so", "no no no no yes yes yes yes yes", [Loop(1, 4, 0), Loop(1, 5, 4)]),
        ("no no no no", "no no no no yes yes yes yes", [Loop(1, 4, 4)]),  # the first was said
        ("so", "a a a a b a a a a b a a a a b", [Loop(5, 3, 0)]),  # not its parts
        ("so", "oh my god oh my god", []),
        ("", "", []),
    ],
)
def test_find_repetition_loops(reference: str, hypothesis: str, expected: list[Loop]) -> None:
    assert find_repetition_loops(reference.split(), hypothesis.split()) == tuple(expected)


@given(short_texts, short_texts)
def test_the_longest_of_all_loops_is_the_loop(reference: list[str], hypothesis: list[str]) -> None:
    loops = find_repetition_loops(reference, hypothesis)
    longest = max(
        loops, key=lambda loop: (loop.period * loop.repeats, -loop.period, -loop.start), default=None
    )
    assert longest == find_repetition_loop(reference, hypothesis)
    ends = [0, *(loop.start + loop.period * loop.repeats for loop in loops)]
    assert all(end <= loop.start for end, loop in zip(ends, loops, strict=False))


def test_other_thresholds() -> None:
    def found(text: str, **thresholds: int) -> Loop | None:
        return find_repetition_loop((), text.split(), **thresholds)

    assert found("no no no") is None
    assert found("no no no", min_repeats=3) == Loop(1, 3, 0)
    assert found("bye bye", min_repeats=2) == Loop(1, 2, 0)
    assert found("no no no no", min_repeats=5) is None
    assert found("a b c a b c", min_phrase_repeats=2) == Loop(3, 2, 0)
    assert found("a b c a b c a b c", min_phrase_repeats=4) is None
    assert found("a b c " * 4, min_repeats=9, min_phrase_repeats=4) == Loop(3, 4, 0)


@given(short_texts, short_texts, st.integers(2, 6), st.integers(2, 6))
def test_thresholds_pick_among_all_repetitions(
    reference: list[str], hypothesis: list[str], repeats: int, phrase_repeats: int
) -> None:
    found = find_repetition_loop(
        reference, hypothesis, min_repeats=repeats, min_phrase_repeats=phrase_repeats
    )
    least = {period: phrase_repeats if period >= 3 else repeats for period in range(1, 8)}
    # By the definition, without the bounds that make the search short.
    possible = [
        Loop(period, count, start)
        for period in range(1, 8)
        for start in range(len(hypothesis))
        for count in range(least[period], len(hypothesis) // period + 1)
        if hypothesis[start : start + period] * count == hypothesis[start : start + period * count]
        and not any(
            rotated * count == reference[place : place + period * count]
            for shift in range(period)
            for place in range(len(reference))
            for rotated in [hypothesis[start + shift : start + period] + hypothesis[start : start + shift]]
        )
    ]
    assert (found is None) == (not possible)
    if found is not None:
        best = max(period * count for period, count, _ in possible)
        assert found.period * found.repeats == best
