"""The two sides of an alignment on one axis: its columns."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from ..diagnosis.places import Places, Range, find_places
from ..units import Unit

Letter: TypeAlias = Literal["I", "D"]

_INSIDE = re.compile(r"\w(?:.*\w)?", re.DOTALL)


class Side:
    """One side of an alignment: its raw text, its tokens, and the columns in which they stand.

    `absent` is the letter of the columns in which this side has no token: `I` for the reference, `D` for the
    hypothesis. `numbers` are the places of numbers in the raw text.
    """

    def __init__(  # noqa: PLR0917 - all of them belong to it
        self,
        text: str,
        tokens: Sequence[str],
        unit: Unit,
        letters: str,
        absent: Letter,
        numbers: Sequence[Range],
    ) -> None:
        self.text, self.tokens, self.unit = text, tokens, unit
        self._letters, self._absent, self._numbers = letters, absent, numbers

    @cached_property
    def _columns(self) -> list[int]:
        return [column for column, letter in enumerate(self._letters) if letter != self._absent]

    @cached_property
    def _places(self) -> Places:
        return find_places(self.text, self.tokens, self.unit, self._numbers)

    def columns_of_text(self, start: int, end: int) -> Range | None:
        """The columns of some characters of the raw text; `None` if the normaliser left nothing of them."""
        tokens = self._places.tokens_of(start, end)
        return tokens and self.columns_of_tokens(*tokens)

    def columns_of_tokens(self, low: int, high: int) -> Range:
        """The columns from the first to the last of some tokens."""
        return self._columns[low], self._columns[high - 1] + 1

    def text_at(self, columns: Range) -> Range | None:
        """The characters that stand in some columns, without the marks around them; `None` for no token."""
        letters, absent = self._letters, self._absent
        low = columns[0] - letters.count(absent, 0, columns[0])
        high = low + columns[1] - columns[0] - letters.count(absent, *columns)
        span = self._places.characters_of(low, high)
        if span is None:
            return None
        inside = _INSIDE.search(self.text, *span)
        return inside.span() if inside else span
