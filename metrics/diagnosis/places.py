"""Which tokens the raw words of a text became."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ..batch import analyze
from ..units import TOKEN_PATTERNS, Unit
from .number_values import number_value

Range = tuple[int, int]

_PIECES = {unit: re.compile(pattern) for unit, pattern in TOKEN_PATTERNS.items()}
_EDGES = re.compile(r"^\W+|\W+$")


class Places(NamedTuple):
    """Columns over the raw words of a text: characters `starts` to `ends` became tokens `lows` to `highs`.

    Ends are exclusive. A word of which nothing was left has no tokens.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    lows: Sequence[int]
    highs: Sequence[int]

    def tokens_of(self, start: int, end: int) -> Range | None:
        """The tokens that some characters became; `None` if nothing was left of them."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        while first < last and self.lows[first] == self.highs[first]:
            first += 1
        while first < last and self.lows[last - 1] == self.highs[last - 1]:
            last -= 1
        return (self.lows[first], self.highs[last - 1]) if first < last else None

    def characters_of(self, low: int, high: int) -> Range | None:
        """The characters that became some tokens; `None` for no tokens."""
        first, last = bisect_right(self.highs, low), bisect_left(self.lows, high)
        return (self.starts[first], self.ends[last - 1]) if first < last and low < high else None


def find_places(text: str, tokens: Sequence[str], unit: Unit, numbers: Sequence[Range]) -> Places:
    """Return where each raw word, or character, of `text` went among the `tokens` that became of it.

    Normalising changes words: "Mr. O'Neil's 7:30" may become "mister oneil is 7 30". So the raw words are
    aligned with the tokens, and tokens put in beside a word that changed belong to it. This can be wrong by
    a word where `token_spans`, which needs the normaliser, is not; but that takes a millisecond and more.
    `numbers` are where numbers stand in the text.

    >>> places = find_places("At Twenty-one, go!", ("at", "21", "go"), "word", [(3, 13)])
    >>> places.tokens_of(3, 13), places.characters_of(2, 3)
    ((1, 2), (15, 18))
    """
    pieces = [match.span() for match in _PIECES[unit].finditer(text)]
    starts, ends = [start for start, _ in pieces], [end for _, end in pieces]
    folded = [_folded(text[start:end]) for start, end in pieces]
    if folded == list(tokens):
        return Places(starts, ends, range(len(pieces)), range(1, len(pieces) + 1))
    if unit == "word":
        for start, end in numbers:
            first, last = bisect_right(ends, start), bisect_left(ends, end) + 1
            if worth := number_value(text[start:end]):
                folded[first:last] = [worth, *[""] * (last - first - 1)]  # as most normalisers write it
    [letters] = analyze([folded], [tuple(tokens)], letters=True).letters or ("",)
    lows: list[int] = []
    highs: list[int] = []
    pending: int | None = None
    j = 0
    previous = "C"
    for letter in letters:
        if letter == "I":
            if previous in "sS":
                highs[-1] = j + 1
            elif pending is None:
                pending = j
            j += 1
            continue
        if letter == "D":
            lows.append(j)
            highs.append(j)
        else:
            lows.append(j if letter == "C" or pending is None else pending)
            highs.append(j + 1)
            j += 1
        previous, pending = letter, None
    return Places(starts, ends, lows, highs)


def _folded(piece: str) -> str:
    return piece.casefold() if piece.isalnum() else _EDGES.sub("", piece).casefold() or piece
