"""Repetition loops: the same few tokens over and over, as a decoder that has lost the audio writes them."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import eq
from typing import NamedTuple

MIN_REPEATS = 4
"""A loop repeats at least this often. "No no no" is ordinary speech; a fourth time seldom is."""

MIN_REPEATS_OF_PHRASE = 3
"""As `MIN_REPEATS`, for n-grams of at least `PHRASE_LENGTH` tokens: nobody says a phrase three times over."""

PHRASE_LENGTH = 3

MAX_PERIOD = 64
"""The longest n-gram looked for: decoders repeat whole sentences, Chinese ones of many characters."""


class Loop(NamedTuple):
    """An n-gram of `period` tokens that stands `repeats` times in a row, first at token `start`."""

    period: int
    repeats: int
    start: int


def longest_loop(tokens: Sequence[str], max_period: int = MAX_PERIOD) -> Loop | None:
    """Return the immediate repetition that covers the most tokens, or `None` if nothing is repeated.

    N-grams of 1 to `max_period` tokens are looked for, whole repeats only. Equal cover goes to the shorter
    n-gram, then to the earlier place.

    >>> longest_loop("so thank you thank you thank you".split())
    Loop(period=2, repeats=3, start=1)
    >>> longest_loop("the cat sat".split()) is None
    True
    """
    return max(
        (
            loop
            for period in range(1, min(max_period, len(tokens) // 2) + 1)
            for loop in _loops(tokens, period, 2)
        ),
        key=_rank,
        default=None,
    )


def find_repetition_loop(
    reference_tokens: Sequence[str],
    hypothesis_tokens: Sequence[str],
    *,
    min_repeats: int = MIN_REPEATS,
    min_phrase_repeats: int = MIN_REPEATS_OF_PHRASE,
) -> Loop | None:
    """Return the repetition in the hypothesis that the reference does not explain, or `None`.

    An n-gram of up to 64 tokens counts if it stands in a row at least 4 times, or 3 times if it has 3 tokens
    or more, and more often than in any place of the reference, whichever of its tokens the repetition begins
    with. Of several the one that covers the most tokens is returned. `min_repeats` and `min_phrase_repeats`
    stand for the 4 and the 3, and are at least 2.

    >>> find_repetition_loop("oh no".split(), "oh no no no no no".split())
    Loop(period=1, repeats=5, start=1)
    >>> find_repetition_loop("no no no no no".split(), "no no no no no".split()) is None
    True
    """
    loops = _unexplained(reference_tokens, hypothesis_tokens, min_repeats, min_phrase_repeats)
    return max(loops, key=_rank, default=None)


def find_repetition_loops(
    reference_tokens: Sequence[str], hypothesis_tokens: Sequence[str]
) -> tuple[Loop, ...]:
    """Return all repetitions in the hypothesis that the reference does not explain, left to right.

    The rule is that of `find_repetition_loop`. Of repetitions that overlap, the one that covers the most
    tokens is taken, then the one with the shorter n-gram, then the earlier one.

    >>> find_repetition_loops("hello".split(), "no no no no hello oh my god oh my god oh my god".split())
    (Loop(period=1, repeats=4, start=0), Loop(period=3, repeats=3, start=5))
    """
    chosen: list[Loop] = []
    for loop in sorted(_unexplained(reference_tokens, hypothesis_tokens), key=_rank, reverse=True):
        place = bisect_left(chosen, loop.start, key=_start)
        free_before = not place or _end(chosen[place - 1]) <= loop.start
        if free_before and (place == len(chosen) or _end(loop) <= chosen[place].start):
            chosen.insert(place, loop)
    return tuple(chosen)


def _start(loop: Loop) -> int:
    return loop.start


def _end(loop: Loop) -> int:
    return loop.start + loop.period * loop.repeats


def is_repetition_loop(reference_tokens: Sequence[str], hypothesis_tokens: Sequence[str]) -> bool:
    """Tell whether the hypothesis is caught in a loop; see `find_repetition_loop` for the rule.

    >>> is_repetition_loop("hello".split(), "thank you thank you thank you thank you".split())
    True
    """
    return find_repetition_loop(reference_tokens, hypothesis_tokens) is not None


def _rank(loop: Loop) -> tuple[int, int, int]:
    return loop.period * loop.repeats, -loop.period, -loop.start


def _unexplained(
    reference_tokens: Sequence[str],
    hypothesis_tokens: Sequence[str],
    min_repeats: int = MIN_REPEATS,
    min_phrase_repeats: int = MIN_REPEATS_OF_PHRASE,
) -> Iterator[Loop]:
    # A loop says each token of its n-gram again, at least that often less once: which bounds the n-grams
    # worth looking for.
    said_again = len(hypothesis_tokens) - len(set(hypothesis_tokens))
    fewest = min(min_repeats, min_phrase_repeats)
    for period in range(1, min(MAX_PERIOD, said_again // (fewest - 1)) + 1):
        least = min_phrase_repeats if period >= PHRASE_LENGTH else min_repeats
        said: dict[tuple[str, ...], int] | None = None
        for loop in _loops(hypothesis_tokens, period, least):
            if said is None:
                said = _most_repeats(reference_tokens, period)
            if loop.repeats > said.get(_first_rotation(hypothesis_tokens, loop), 1):
                yield loop


def _most_repeats(tokens: Sequence[str], period: int) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for loop in _loops(tokens, period, 2):
        rotation = _first_rotation(tokens, loop)
        found[rotation] = max(loop.repeats, found.get(rotation, 0))
    return found


def _loops(tokens: Sequence[str], period: int, least: int) -> Iterator[Loop]:
    # A stretch of length L in which every token equals the one `period` later holds L // period + 1 repeats.
    needed = (least - 1) * period
    if len(tokens) < needed + period:
        return
    equal = bytes(map(eq, tokens, tokens[period:]))
    if b"\x01" * needed not in equal:
        return
    for stretch in re.finditer(b"\x01{%d,}" % needed, equal):
        yield Loop(period, (stretch.end() - stretch.start()) // period + 1, stretch.start())


def _first_rotation(tokens: Sequence[str], loop: Loop) -> tuple[str, ...]:
    ngram = tuple(tokens[loop.start : loop.start + loop.period])
    return min(ngram[shift:] + ngram[:shift] for shift in range(loop.period))
