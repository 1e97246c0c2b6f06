"""What became of the key content of a reference, given that of the hypothesis and their alignment."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..diagnosis.number_values import number_value
from ..diagnosis.places import Range
from ..similarity import is_soft
from .alignment_columns import Side
from .date_parts import Parts
from .records import KeyItem, KeyKind, KeyStatus

_REACH = 3
"""Columns that may lie between what was said and what was made of it."""
_RIGHT_BETWEEN = 1
"""Tokens that are right among these, if it is a negation: "have no" may become "do not have"."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Key content of one side: its characters, its columns, and what a date may say.

    `characters` are `None` where only the columns are known. `kept` is set for what the diagnosis found to be
    kept.
    """

    kind: KeyKind
    characters: Range | None
    columns: Range
    readings: frozenset[Parts] = frozenset()
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """An alignment, in whose columns the pieces of both sides stand."""

    letters: str
    reference: Side
    hypothesis: Side

    def compare(self, said: Sequence[Piece], heard: Sequence[Piece]) -> list[KeyItem]:
        """Tell what became of the pieces of one kind, and what was introduced; both from left to right."""
        free = list(heard)
        kept: set[Piece] = set()
        for reach in (0, _REACH):  # first what stands in the same place: a neighbour must not take it
            kept |= {piece for piece in said if piece not in kept and self._take_kept(piece, free, reach)}
        kept |= {piece for piece in said if piece not in kept and self._is_right_unseen(piece, free)}
        items = [self._kept(piece) if piece in kept else self._harmed(piece, free) for piece in said]
        # What the reference says too, it just does not mark: names without a capital letter.
        items += (self._introduced(piece) for piece in free if not self._is_right(piece.columns))
        return items

    def _take_kept(self, piece: Piece, free: list[Piece], reach: int) -> bool:
        """Whether a piece was kept; what it was kept as is taken away from `free`."""
        near = sorted(
            (each for each in free if self._meet(piece, each, reach)),
            key=lambda each: abs(each.columns[0] - piece.columns[0]),
        )
        if piece.kind == "negation":
            same = near[:1]
        elif piece.kind == "date":
            same = [each for each in near if each.readings & piece.readings][:1]
        else:
            worth = number_value(_text(self.reference, piece)) if piece.kind == "number" else None
            equal = [each for each in near if worth and worth == number_value(_text(self.hypothesis, each))]
            same = (
                [each for each in near if _overlap(each.columns, piece.columns)] if piece.kept else equal[:1]
            )
            if piece.kind == "name" and self._longer(same, piece):
                return False
        for each in same:
            free.remove(each)
        return bool(same)

    def _is_right_unseen(self, piece: Piece, free: Sequence[Piece]) -> bool:
        """Whether a piece was kept though nothing of its kind was found in the hypothesis where it stands."""
        if piece.kept:
            return piece.kind != "name" or not self._longer(free, piece)
        near = piece.kind == "date" and any(self._meet(piece, each, _REACH) for each in free)
        return piece.kind in ("negation", "date") and not near and self._is_right(piece.columns)

    def _kept(self, piece: Piece) -> KeyItem:
        return self._item("kept", piece, None)

    def _harmed(self, piece: Piece, free: list[Piece]) -> KeyItem:
        if piece.kind != "negation":
            for other in free:
                if self._meet(piece, other, _REACH):
                    free.remove(other)
                    return self._item("changed", piece, other.characters)
        instead = self.hypothesis.text_at(self._beside(piece.columns, "I"))
        if piece.kind == "name" and instead is not None:
            said, written = _text(self.reference, piece), self.hypothesis.text[slice(*instead)]
            if is_soft(said.lower(), written.lower()):
                return self._item("changed", piece, instead)
        return self._item("lost", piece, instead)

    def _item(self, status: KeyStatus, piece: Piece, instead: Range | None) -> KeyItem:
        said = self._fields(self.reference, _characters(self.reference, piece))
        return KeyItem(piece.kind, status, *said, *self._fields(self.hypothesis, instead))

    def _introduced(self, piece: Piece) -> KeyItem:
        instead = self.reference.text_at(self._beside(piece.columns, "D"))
        written = self._fields(self.hypothesis, _characters(self.hypothesis, piece))
        return KeyItem(piece.kind, "introduced", *self._fields(self.reference, instead), *written)

    @staticmethod
    def _fields(side: Side, span: Range | None) -> tuple[str | None, int | None, int | None]:
        return (None, None, None) if span is None else (side.text[slice(*span)], *span)

    def _is_right(self, columns: Range) -> bool:
        return self.letters.count("C", *columns) == columns[1] - columns[0]

    def _longer(self, names: Sequence[Piece], piece: Piece) -> bool:
        """Whether a name goes on in words that nobody said: "Anna" is not "Anna Smith"."""
        first, last = piece.columns
        return any(
            self._wrong(start, first) or self._wrong(last, end)
            for start, end in (each.columns for each in names)
        )

    def _wrong(self, start: int, end: int) -> bool:
        return start < end and not self._is_right((start, end))

    def _meet(self, one: Piece, other: Piece, reach: int) -> bool:
        """Whether two pieces share a column, or stand close with nothing but errors between them."""
        if _overlap(one.columns, other.columns):
            return True
        start, end = min(one.columns[1], other.columns[1]), max(one.columns[0], other.columns[0])
        right = self.letters.count("C", start, end)
        return 0 <= end - start <= reach > 0 and right <= (_RIGHT_BETWEEN if one.kind == "negation" else 0)

    def _beside(self, columns: Range, absent: str) -> Range:
        """Columns and those next to them in which the other side has tokens of its own."""
        start, end = columns
        while start and self.letters[start - 1] == absent and columns[0] - start < _REACH:
            start -= 1
        while end < len(self.letters) and self.letters[end] == absent and end - columns[1] < _REACH:
            end += 1
        return start, end


def _overlap(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _characters(side: Side, piece: Piece) -> Range | None:
    return piece.characters or side.text_at(piece.columns)


def _text(side: Side, piece: Piece) -> str:
    return side.text[slice(*_characters(side, piece) or (0, 0))]
