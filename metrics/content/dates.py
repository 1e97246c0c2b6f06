"""Dates and times of day, whichever way they are written."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .date_parts import Parts, clock
from .english_dates import english_dates, may_hold_dates
from .han_dates import han_dates


class Date(NamedTuple):
    """A date or time at the characters `start` to `end` (exclusive), and everything it may say.

    One such as 5/6/2024 may be read in two ways.
    """

    start: int
    end: int
    readings: frozenset[Parts]


_WRITTEN = re.compile(
    r"(?<![\d.,:/-])(?:(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<last>\d{4}|\d\d)"
    r"|(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::[0-5]\d)?)(?![\d/:-])"
)
_SIGN = re.compile(r"\d[-/.:]\d")


def find_dates(text: str, languages: tuple[str, ...]) -> list[Date]:
    """Return the dates and times of a raw text, left to right, none overlapping another.

    Digits are read in every language (`2024-05-06`, `6.5.2024`, `7:30`), words in English and Chinese.

    >>> text = "On 2024-05-06 at 7:30 pm"
    >>> [text[date.start : date.end] for date in find_dates(text, ("en",))]
    ['2024-05-06', '7:30 pm']
    """
    found: list[Date] = []
    if "en" in languages and may_hold_dates(text):
        found += (Date(start, end, frozenset({parts})) for start, end, parts in english_dates(text))
    if "zh" in languages:
        found += (Date(start, end, frozenset({parts})) for start, end, parts in han_dates(text))
    if _SIGN.search(text):
        found += _written(text)
    if len(found) < 2:
        return found
    apart: list[Date] = []
    for date in sorted(found, key=lambda each: (each.start, -each.end)):
        if not apart or apart[-1].end <= date.start:
            apart.append(date)
    return apart


def _written(text: str) -> Iterator[Date]:
    for match in _WRITTEN.finditer(text):
        if match["hour"]:
            time = clock(int(match["hour"]), int(match["minute"]))
            readings = {time} if time else set()
        elif match["year"]:
            readings = _readings(match["year"], match["month"], match["day"])
        else:
            one, two, last = match["one"], match["two"], match["last"]
            readings = _readings(last, one, two) | _readings(last, two, one)
        if readings:
            yield Date(*match.span(), frozenset(readings))


def _readings(year: str, month: str, day: str) -> set[Parts]:
    if 0 < int(month) < 13 and 0 < int(day) < 32:
        return {Parts(year=int(year), month=int(month), day=int(day))}
    return set()
