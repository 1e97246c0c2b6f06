"""Stretches of a text that were left out, and stretches that nobody said."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from ..units import Unit
from .records import FabricatedSpan, OmissionSpan, Truncation
from .thresholds import Thresholds

Tokens = Sequence[str]

_STRETCHES = re.compile("(C*)([^C]+)")


class _Run(NamedTuple):
    # Tokens start to end of one side, `hits` of them of the kind looked for, and what stands opposite.
    start: int
    end: int
    hits: int
    other_start: int
    other_end: int


def omission_spans(
    letters: str, reference: Tokens, unit: Unit, thresholds: Thresholds
) -> tuple[OmissionSpan, ...]:
    """Return the runs of reference tokens in which deletions dominate, left to right."""
    if "D" not in letters:
        return ()
    return tuple(
        OmissionSpan(run.start, run.end, run.hits, join(reference[run.start : run.end], unit))
        for run in _runs(letters, "D", thresholds)
    )


def fabricated_spans(
    letters: str, reference: Tokens, hypothesis: Tokens, unit: Unit, thresholds: Thresholds
) -> tuple[FabricatedSpan, ...]:
    """Return the runs of hypothesis tokens in which insertions and hard substitutions dominate."""
    if "I" not in letters and "S" not in letters:
        return ()
    return _as_fabricated(_runs(letters, "IS", thresholds), reference, hypothesis, unit)


def drifting_spans(
    letters: str,
    reference: Tokens,
    hypothesis: Tokens,
    unit: Unit,
    *,
    passed: frozenset[str],
    least: int,
) -> tuple[FabricatedSpan, ...]:
    """Return the stretches with errors between tokens that are right, left to right.

    A stretch goes on over right tokens that are `passed`, and over soft substitutions, which two texts about
    different things share by chance. Stretches with fewer than `least` insertions and hard substitutions are
    left out.
    """
    ranges: list[_Run] = []
    i = j = 0
    for right, wrong in _STRETCHES.findall(letters):
        i, j = i + len(right), j + len(right)
        next_i, next_j = i + len(wrong) - wrong.count("I"), j + len(wrong) - wrong.count("D")
        hits = wrong.count("I") + wrong.count("S")
        if ranges and passed.issuperset(reference[i - len(right) : i]):
            last = ranges.pop()
            ranges.append(_Run(last.start, next_j, last.hits + hits, last.other_start, next_i))
        else:
            ranges.append(_Run(j, next_j, hits, i, next_i))
        i, j = next_i, next_j
    return _as_fabricated((run for run in ranges if run.hits >= least), reference, hypothesis, unit)


def find_truncation(
    letters: str, omissions: Sequence[OmissionSpan], reference: Tokens, unit: Unit, thresholds: Thresholds
) -> Truncation | None:
    """Return the end, or else the beginning, of the reference that is missing, or `None`.

    What is there must hold a few correct tokens or nothing but correct ones; else nothing was cut off.
    """
    if not omissions:
        return None
    least = thresholds.truncated_tokens(unit)
    anchored = letters.count("C") >= thresholds.truncated_anchor
    last = omissions[-1]
    begun = anchored or letters.startswith("C" * last.start)
    if last.start and last.end == len(reference) and last.omitted >= least and begun:
        return Truncation("end", last.start, last.end, last.omitted)
    first = omissions[0]
    # The alignment pairs as early as it can: if "the dog and the cat" lost its beginning, "the cat" gets the
    # first "the". The run can be moved to the left if the same words stand at its end.
    movable = first.omitted == first.end - first.start and letters.startswith("C" * first.start)
    if movable and reference[: first.start] == reference[first.omitted : first.end]:
        first = first._replace(start=0, end=first.omitted)
    rest = len(reference) - first.end
    if first.start == 0 and rest and first.omitted >= least and (anchored or letters.endswith("C" * rest)):
        return Truncation("beginning", first.start, first.end, first.omitted)
    return None


def similarity(reference: Tokens, hypothesis: Tokens, unit: Unit) -> float:
    """Return how alike two stretches are: 1 - edits / longer length, over letters for words, else tokens.

    Words that were misheard keep most of their letters; a text about something else has about a quarter of
    them in common by chance.
    """
    left, right = ("".join(reference), "".join(hypothesis)) if unit == "word" else (reference, hypothesis)
    longer = max(len(left), len(right))
    return (longer - Levenshtein.distance(left, right)) / longer if longer else 1.0


def join(tokens: Tokens, unit: Unit) -> str:
    """Write tokens as text: words with spaces between, characters without, mixed tokens as they are written.

    >>> join(["我", "用", "iphone", "six", "拍", "照"], "mixed")
    '我用iphone six拍照'
    """
    if unit != "mixed":
        return (" " if unit == "word" else "").join(tokens)
    text = ""
    for token in tokens:
        spaced = text and not _is_wide(text[-1]) and not _is_wide(token[0])
        text += f" {token}" if spaced else token
    return text


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _as_fabricated(
    runs: Iterable[_Run], reference: Tokens, hypothesis: Tokens, unit: Unit
) -> tuple[FabricatedSpan, ...]:
    spans = []
    for start, end, hits, other_start, other_end in runs:
        written = hypothesis[start:end]
        alike = similarity(reference[other_start:other_end], written, unit)
        spans.append(FabricatedSpan(start, end, hits, other_start, other_end, alike, join(written, unit)))
    return tuple(spans)


def _runs(letters: str, wanted: str, thresholds: Thresholds) -> Iterator[_Run]:
    # Runs of the wanted letters, joined across a few tokens as long as the wanted ones dominate. Deletions
    # have no place in the hypothesis and insertions none in the reference: neither is a token between.
    this_side, other_side = ("I", "D") if wanted == "D" else ("D", "I")
    place = other = 0
    current: _Run | None = None
    for letter in letters:
        here = letter != this_side
        there = letter != other_side
        if letter in wanted:
            if current is not None and _dominated(current, place, thresholds):
                current = _Run(current.start, place + 1, current.hits + 1, current.other_start, other + there)
            else:
                if current is not None:
                    yield current
                current = _Run(place, place + 1, 1, other, other + there)
        place += here
        other += there
    if current is not None:
        yield current


def _dominated(run: _Run, place: int, thresholds: Thresholds) -> bool:
    if place == run.end:
        return True
    between = place - run.end
    length = place + 1 - run.start
    return between <= thresholds.span_bridge and run.hits + 1 >= thresholds.span_share * length
