"""Whether the hypothesis kept an entity of the reference, lost it, or made something else of it."""

from collections.abc import Sequence

from ..units import Unit
from .entities import Found
from .number_values import number_value
from .numerals import fold, kind_of, widen
from .places import find_places
from .records import Entity
from .spans import join


def kept(text: str, found: Sequence[Found]) -> tuple[Entity, ...]:
    """The entities of a reference that was recognised without an error."""
    return tuple(Entity(kind, text[start:end], start, end, "kept") for kind, start, end in found)


def judge(
    found: Sequence[Found],
    *,
    text: str,
    reference: Sequence[str],
    hypothesis: Sequence[str],
    letters: str,
    unit: Unit,
) -> tuple[Entity, ...]:
    """Tell what became of the entities of the raw reference `text`, whose tokens are `reference`.

    An entity whose tokens are all right is kept; so is one that is only written apart or together, and a
    number of the same worth. What a number is heard as goes on over the numerals that were put in beside it:
    "twenty" heard as "one hundred twenty" is another number. One whose tokens were all left out is lost, any
    other is changed. Entities of which the normaliser left nothing are not listed.
    """
    if not found:
        return ()
    numbers = [(each.start, each.end) for each in found if each.kind == "number"]
    places = find_places(text, reference, unit, numbers)
    before, after = _partners(letters, len(reference))
    free = _free(letters, reference) if numbers else []
    entities = []
    for kind, start, end in found:
        covered = places.tokens_of(start, end)
        if covered is None:
            continue
        low, high = covered
        said, spoken = text[start:end], reference[low:high]
        first, last = before[low], after[high - 1]
        left = after[low - 1] if low else 0
        right = before[high] if high < len(reference) else len(hypothesis)
        # Tokens put in beside the entity may be a part of it: "newyork" heard as "new york".
        ranges = [(first, last)]
        if left < first or last < right:
            ranges += [(left, last), (first, right), (left, right)]
        if kind == "number":
            ranges = [widen(hypothesis, *each, free) for each in ranges]
        readings = [hypothesis[begin:stop] for begin, stop in ranges]
        written = readings[0]
        if (
            _same_number(said, spoken, readings, unit)
            if kind == "number"
            else _same_letters(spoken, readings)
        ):
            entities.append(Entity(kind, said, start, end, "kept"))
        elif written:
            length = len("".join(spoken))
            heard = min(readings, key=lambda reading: abs(len("".join(reading)) - length))
            entities.append(Entity(kind, said, start, end, "changed", join(heard, unit)))
        else:
            entities.append(Entity(kind, said, start, end, "lost"))
    return tuple(entities)


def _same_letters(spoken: Sequence[str], readings: Sequence[Sequence[str]]) -> bool:
    letters = "".join(spoken)
    return any(letters == "".join(written) for written in readings)


def _same_number(said: str, spoken: Sequence[str], readings: Sequence[Sequence[str]], unit: Unit) -> bool:
    if any(spoken == written for written in readings):
        return True
    heard = [worth for written in readings if (worth := number_value(join(written, unit)))]
    worth = number_value(said)
    if worth in heard:
        return True
    # Some normalisers take signs away; but one that takes the point away leaves another number.
    if worth is not None and "." in worth:
        return False
    return _same_letters(spoken, readings) or (bool(heard) and number_value(join(spoken, unit)) in heard)


def _partners(letters: str, length: int) -> tuple[list[int], list[int]]:
    # For each reference token: how many hypothesis tokens stand before its partner, and up to its end.
    before, after = [0] * length, [0] * length
    i = j = 0
    for letter in letters:
        if letter == "I":
            j += 1
            continue
        before[i] = j
        if letter != "D":
            j += 1
        after[i] = j
        i += 1
    return before, after


def _free(letters: str, reference: Sequence[str]) -> list[bool]:
    # For each hypothesis token: whether a number beside it may have grown by it. Tokens that are right, or
    # stand in the place of another numeral, are a number of their own.
    free = []
    i = 0
    for letter in letters:
        if letter != "D":
            free.append(letter == "I" or (letter in "sS" and kind_of(fold(reference[i])) is None))
        i += letter != "I"
    return free
