"""Which answers are looked at: one record, as it stands in a URL and as it is applied to the columns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .index import ERRORS, LABELS, NUMBERS, Index

Side = Literal["either", "reference", "answer"]
SIDES: tuple[Side, ...] = ("either", "reference", "answer")

_NAMES = {"failure_mode": "mode", "error_stage": "stage", "error_rate_pct": "rate", "n_errors": "errors"}
"""What columns are called in a URL, where that is not their name."""
_COLUMNS = {_NAMES.get(name, name): name for name in (*LABELS, *NUMBERS)}
TEXT, REGEX, SIDE, KIND, KEY = "text", "regex", "in", "kind", "key"
"""Further parameters of a URL: what is searched for, whether as an expression, where, kinds of errors, and
what went wrong with key content."""
SAID, HEARD, ENTITY = "said", "heard", "entity"
"""And the word that was said, what was heard as it, and the kind of entity that it is."""
PARAMETERS = frozenset({*_COLUMNS, TEXT, REGEX, SIDE, KIND, KEY, SAID, HEARD, ENTITY})
"""Every parameter that is part of the filters."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a word, or to a number, name or keyword that the diagnosis found.

    With a word heard that is the one said, it was right. Without `heard` it is anything but right; with
    nothing heard ("") the word was left out. With nothing said the word was put in; without `said` it was
    heard where nothing or something unlike was said. Several tokens with blanks between were said one after
    the other, and were right or missed.

    >>> all_five = [Event("a", "the"), Event("a", ""), Event("a"), Event("", "um"), Event(heard="um")]
    >>> print(*all_five, sep="; ")
    a heard as the; a left out; a missed; um put in; um invented
    """

    said: str | None = None
    heard: str | None = None
    entity: str = ""
    """The kind of entity, if it is one: its text counts in lower case."""

    def __str__(self) -> str:
        if self.heard is None:
            return f"{self.said} missed"
        if not self.heard:
            return f"{self.said} left out"
        if self.said is None:
            return f"{self.heard} invented"
        if not self.said:
            return f"{self.heard} put in"
        return f"{self.said} right" if self.said == self.heard else f"{self.said} heard as {self.heard}"


@dataclass(frozen=True, slots=True)
class Filters:
    """What an answer must be to be looked at; one without anything lets all pass.

    Within a column one of several texts must hold, of the columns all. `kinds` are those of `ERRORS`; an
    answer must have an error of every one. Of `flags`, such as `negation_lost`, it must have one. The text is
    looked for by `search.search`, what happened to a word by `happened.happened`, the rest by `mask`.
    """

    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Columns of `LABELS` with the texts that pass; "" stands for answers that have none."""
    ranges: tuple[tuple[str, float, float], ...] = ()
    """Columns of `NUMBERS` with the lowest and the highest number that passes; ends may be infinite."""
    kinds: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    text: str = ""
    regex: bool = False
    side: Side = "either"
    event: Event | None = None

    def of(self, column: str) -> tuple[str, ...]:
        """The texts that pass in a column; none if all do."""
        return dict(self.labels).get(column, ())

    def range_of(self, column: str) -> tuple[float, float]:
        """The ends of what passes in a column of numbers."""
        return next(((low, high) for name, low, high in self.ranges if name == column), (-math.inf, math.inf))

    def choosing(self, column: str, texts: Iterable[str]) -> "Filters":
        """These filters with other texts for a column; without any it lets all pass."""
        found = {**dict(self.labels), column: tuple(dict.fromkeys(texts))}
        ordered = ((name, found[name]) for name in LABELS if found.get(name))
        return replace(self, labels=tuple(ordered))

    def between(self, column: str, low: float, high: float) -> "Filters":
        """These filters with another range for a column; without ends it lets all pass."""
        found = {name: (first, last) for name, first, last in self.ranges} | {column: (low, high)}
        ordered = ((name, *found[name]) for name in NUMBERS if name in found)
        return replace(self, ranges=tuple(each for each in ordered if each[1:] != (-math.inf, math.inf)))

    def mask(self, index: Index) -> NDArray[np.bool_]:
        """Which rows pass, the text apart; a few milliseconds for a million."""
        passed = np.ones(len(index), dtype=np.bool_)
        for column, texts in self.labels:
            passed &= index.labels[column].among(texts)
        for column, low, high in self.ranges:
            numbers = index.numbers[column]
            passed &= (numbers >= low) & (numbers <= high)  # not so for NaN: what has no number is not within
        for kind in self.kinds:
            passed &= index.numbers[ERRORS[kind]] > 0
        if self.flags:
            passed &= index.flags.among(self.flags)
        return passed

    def unknown(self, index: Index) -> list[str]:
        """A line for each text that nothing in the open runs has, as in a link to another run."""
        return [
            f"no {called(column)} {text!r} in the open runs"
            for column, texts in self.labels
            for text in texts
            if text and text not in index.labels[column].names
        ] + [
            f"no answer with {flag.replace('_', ' ')!r} in the open runs"
            for flag in self.flags
            if flag not in index.flags.names
        ]


def called(column: str) -> str:
    """What a column is called for people.

    >>> called("failure_mode"), called("error_rate_pct")
    ('failure mode', 'error rate in %')
    """
    names = {"error_rate_pct": "error rate in %", "n_errors": "errors", "duration_s": "length in s"}
    names |= {"ref_tokens": "reference tokens", "hyp_tokens": "answer tokens", "rtfx": "RTFx"}
    names |= {"key_errors": "key errors", "meaning": "meaning preserved, of 100"}
    return names.get(column, column.replace("_", " "))


def to_parameters(filters: Filters) -> dict[str, list[str]]:
    """The filters as parameters of a URL.

    >>> to_parameters(Filters().choosing("system", ["a", "b"]).between("error_rate_pct", 20, math.inf))
    {'system': ['a', 'b'], 'rate': ['20..']}
    """
    found = {_NAMES.get(column, column): list(texts) for column, texts in filters.labels}
    for column, low, high in filters.ranges:
        found[_NAMES.get(column, column)] = [f"{_end(low)}..{_end(high)}"]
    if filters.kinds:
        found[KIND] = list(filters.kinds)
    if filters.flags:
        found[KEY] = list(filters.flags)
    if filters.text:
        found[TEXT] = [filters.text]
        if filters.regex:
            found[REGEX] = ["1"]
        if filters.side != "either":
            found[SIDE] = [filters.side]
    if filters.event is not None:
        event = (
            (SAID, filters.event.said),
            (HEARD, filters.event.heard),
            (ENTITY, filters.event.entity or None),
        )
        found |= {name: [text] for name, text in event if text is not None}
    return found


def from_parameters(parameters: Mapping[str, Sequence[str]]) -> tuple[Filters, list[str]]:
    """The filters that parameters of a URL stand for, and a line for each that says nothing sensible.

    Parameters that are not of the filters are passed over.

    >>> filters, problems = from_parameters({"mode": ["empty"], "rate": ["x"], "page": ["2"]})
    >>> filters.labels, problems
    ((('failure_mode', ('empty',)),), ["rate: found 'x', expected a range such as 20..100"])
    """
    filters, problems = Filters(), []
    for name, values in parameters.items():
        column = _COLUMNS.get(name)
        if column in LABELS:
            filters = filters.choosing(column, values)
        elif column in NUMBERS and values:
            ends = _range(values[-1])
            if ends is None:
                problems.append(f"{name}: found {values[-1][:40]!r}, expected a range such as 20..100")
            else:
                filters = filters.between(column, *ends)
    kinds = tuple(dict.fromkeys(parameters.get(KIND, ())))
    problems += [
        f"{KIND}: found {kind[:40]!r}, expected one of {', '.join(ERRORS)}"
        for kind in kinds
        if kind not in ERRORS
    ]
    side: Side = next((each for each in SIDES if each in parameters.get(SIDE, ())), "either")
    return replace(
        filters,
        kinds=tuple(kind for kind in kinds if kind in ERRORS),
        flags=tuple(dict.fromkeys(parameters.get(KEY, ()))),
        text=next(iter(parameters.get(TEXT, ())), ""),
        regex="1" in parameters.get(REGEX, ()),
        side=side,
        event=_event(parameters),
    ), problems


def _event(parameters: Mapping[str, Sequence[str]]) -> Event | None:
    said, heard = (next(iter(parameters.get(name, ())), None) for name in (SAID, HEARD))
    return Event(said, heard, next(iter(parameters.get(ENTITY, ())), "")) if said or heard else None


def _end(number: float) -> str:
    return "" if math.isinf(number) else f"{number:.10g}"


def _range(text: str) -> tuple[float, float] | None:
    low, dots, high = text.partition("..")
    try:
        ends = float(low or "-inf"), float(high or "inf")
    except ValueError:
        return None
    return ends if dots and not any(map(math.isnan, ends)) else None
