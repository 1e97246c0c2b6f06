"""How many clips Voices-in-the-Wild-Bench is documented to have: totals, not a number for each subset."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TypeAlias

from .vitw_rows import SCENES

Place: TypeAlias = tuple[str, str, str]
"""Kind, language and scene: what makes a subset."""

TOTALS: tuple[Mapping[str, int], ...] = (
    {"real": 1500, "sim": 3500},
    {"en": 2500, "zh": 2500},
    {scene: 1500 if scene == "mixed" else 500 for scene in SCENES},
)
"""By kind, by language and by scene; each sums up to 5,000."""


def documented(selected: Sequence[Sequence[str]]) -> tuple[Mapping[str, int], ...]:
    """What is documented of the kinds, languages and scenes selected.

    With a selection of one of the three the totals of the other two are not known; with selections of two,
    none is.

    >>> documented([["real"], ["en", "zh"], SCENES])
    ({'real': 1500}, {}, {})
    """
    partial = [set(values) != set(known) for values, known in zip(selected, TOTALS, strict=True)]
    axes = zip(selected, TOTALS, partial, strict=True)
    return tuple(
        {value: known[value] for value in values} if partial.count(True) == int(is_partial) else {}
        for values, known, is_partial in axes
    )


def deviations(found: Counter[Place], known: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """By kind, by language and by scene: how many clips more than documented each value has, or fewer."""
    return [
        {value: _count(found, axis, value) - number for value, number in totals.items()}
        for axis, totals in enumerate(known)
    ]


def lacking(
    found: Counter[Place], known: Sequence[Mapping[str, int]], selected: Sequence[Sequence[str]]
) -> Iterator[Place]:
    """The place of each clip that the totals say is missing.

    Of a single one they tell its place. Of several they do not tell everything: they are spread over all
    places that the totals leave, in proportion, so that the totals come out right and no subset that may lack
    many seems to lack none.
    """
    short = [Counter({value: -more for value, more in axis.items()}) for axis in deviations(found, known)]
    missing = max((sum(number for number in axis.values() if number > 0) for axis in short), default=0)
    kinds, languages, scenes = selected
    places = list(product(kinds, languages, scenes))
    share = {place: missing * prod(map(_share, place, short, selected)) for place in places}
    given: Counter[Place] = Counter()

    def need(place: Place) -> tuple[int, float]:
        """How many of its totals still lack clips; then how far the place is below its share."""
        totals = sum(axis[value] > 0 for value, axis in zip(place, short, strict=True))
        return totals, share[place] - given[place]

    for _ in range(missing):
        place = max(places, key=need)
        yield place
        given[place] += 1
        for value, axis in zip(place, short, strict=True):
            axis[value] -= 1


def _share(value: str, short: Mapping[str, int], values: Sequence[str]) -> float:
    """The part of what an axis lacks that one of its values lacks; an even one where nothing is known."""
    lacks = {each: max(0, short.get(each, 0)) for each in values}
    return lacks[value] / sum(lacks.values()) if any(lacks.values()) else 1 / len(values)


def _count(found: Counter[Place], axis: int, value: str) -> int:
    return sum(number for place, number in found.items() if place[axis] == value)
