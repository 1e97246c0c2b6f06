"""Which tokens the raw words of a text became."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..batch import analyze
from ..units import Unit, tokenize
from .number_values import number_value

Range = tuple[int, int]

_EDGES = re.compile(r"^\W+|\W+$")


class Place(NamedTuple):
    """The characters `start` to `end` of the raw text became the tokens `low` to `high`; ends exclusive."""

    start: int
    end: int
    low: int
    high: int


def find_places(text: str, tokens: Sequence[str], unit: Unit, numbers: Sequence[Range]) -> list[Place]:
    """Return where each raw word, or character, of `text` went among the `tokens` that became of it.

    Normalising changes words: "Mr. O'Neil's 7:30" may become "mister oneil is 7 30". So the raw words are
    aligned with the tokens, and tokens put in beside a word that changed belong to it. This can be wrong by
    a word where `token_spans`, which needs the normaliser, is not; but that takes a millisecond and more.
    `numbers` are where numbers stand in the text.

    >>> find_places("At Twenty-one, go!", ("at", "21", "go"), "word", [(3, 13)])[1]
    Place(start=3, end=14, low=1, high=2)
    """
    pieces = list(_pieces(text, unit))
    folded = [_EDGES.sub("", text[start:end]).casefold() or text[start:end] for start, end in pieces]
    if folded == list(tokens):
        return [Place(start, end, index, index + 1) for index, (start, end) in enumerate(pieces)]
    if unit == "word":
        ends = [end for _, end in pieces]
        for start, end in numbers:
            first, last = bisect_right(ends, start), bisect_left(ends, end) + 1
            if worth := number_value(text[start:end]):
                folded[first:last] = [worth, *[""] * (last - first - 1)]  # as most normalisers write it
    [letters] = analyze([folded], [tuple(tokens)], letters=True).letters or ("",)
    places: list[Place] = []
    pending: int | None = None
    j = 0
    previous = "C"
    for letter in letters:
        if letter == "I":
            if previous in "sS":
                places[-1] = places[-1]._replace(high=j + 1)
            elif pending is None:
                pending = j
            j += 1
            continue
        start, end = pieces[len(places)]
        if letter == "D":
            places.append(Place(start, end, j, j))
        else:
            low = j if letter == "C" or pending is None else pending
            places.append(Place(start, end, low, j + 1))
            j += 1
        previous, pending = letter, None
    return places


def _pieces(text: str, unit: Unit) -> Iterator[Range]:
    end = 0
    for token in tokenize(text, unit):
        start = text.index(token, end)
        end = start + len(token)
        yield start, end
