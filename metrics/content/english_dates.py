"""Dates and times of day in English: where they stand, and what they say."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from ..diagnosis.number_values import number_value
from ..diagnosis.numerals import ORDINALS, SMALL
from .date_parts import Parts, clock

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_SHORT = ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RELATIVE: Mapping[str, str] = {"yesterday": "-1", "today": "0", "tonight": "0 night", "tomorrow": "1"}
_NAMED = {"noon": clock(12, 0, "p"), "midday": clock(12, 0, "p"), "midnight": clock(0, 0)}

_TRIGGERS = frozenset(
    {*_MONTHS, *_SHORT, *_WEEKDAYS, *(f"{day}s" for day in _WEEKDAYS), *_RELATIVE, *_NAMED}
    | {"oclock", "o'clock", "clock", "pm", "m", "half", "quarter", "past", "minutes", "minute"}
)
_SEPARATORS = str.maketrans(dict.fromkeys('.,;:!?"()-', " ") | {"\N{RIGHT SINGLE QUOTATION MARK}": "'"})

_BREAK = re.compile(r"[\s-]")
_BEFORE_NOON = re.compile(r"\d\s?am\b")


def _either(words: Iterable[str]) -> str:
    return (
        f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"  # the longest first: "sixteen" before "six"
    )


_ONES = _either(word for word, value in SMALL.items() if 0 < value < 10)
_TENS = _either(word for word, value in SMALL.items() if value in range(20, 100, 10) and word not in ORDINALS)
_BELOW_20 = _either(word for word, value in SMALL.items() if 0 < value < 20 or word in ORDINALS)
_FEW = rf"(?:{_TENS}(?:[ -]{_ONES})?|{_BELOW_20})"
_TWO_DIGITS = rf"(?:{_TENS}(?:[ -]{_ONES})?|{_either(w for w, v in SMALL.items() if 9 < v < 20)})"
_HOUR = rf"(?:{_either(w for w, v in SMALL.items() if 0 < v < 13 and w not in ORDINALS)}|\d{{1,2}})"
_MINUTE = rf"(?:oh[ -]{_ONES}|{_FEW}|\d\d)"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?![\d:.,]*\d)|{_FEW})"
_YEAR = (
    rf"(?:[12]\d{{3}}|two thousand(?:[ -](?:and )?{_FEW})?"
    rf"|(?:sixteen|seventeen|eighteen|nineteen|twenty)[ -](?:hundred|oh[ -]{_ONES}|{_TWO_DIGITS}))"
)
_MONTH = rf"(?:{_either(_MONTHS)}|{_either(_SHORT)}\b\.?)"
_HALF = r"[ap]\.?\s?m\b\.?"

_DATE = re.compile(
    rf"\b(?:(?P<month3>{_MONTH})(?:,\s?|\s)(?:of\s)?(?P<year3>{_YEAR})\b(?![ -]{_FEW}\b)"
    rf"|(?P<month1>{_MONTH})\s(?:the\s)?(?P<day1>{_DAY})\b(?:(?:,\s?|\s)(?P<year1>{_YEAR})\b)?"
    rf"|(?P<day2>{_DAY})\s(?:day\s)?(?:of\s)?(?P<month2>{_MONTH})(?:(?:,\s?|\s)(?P<year2>{_YEAR})\b)?"
    rf"|(?P<alone>{_either(_MONTHS)})\b"
    rf"|(?P<weekday>{_either(_WEEKDAYS)})s?\b"
    rf"|(?P<relative>{_either(_RELATIVE)})\b"
    rf"|(?P<named>{_either(_NAMED)})\b"
    rf"|(?P<part>half|(?:a\s)?quarter|{_MINUTE}(?:\sminutes?|(?=\spast)))\s(?P<side>past|to|after|before)\s"
    rf"(?P<hour1>{_HOUR})\b(?!:\d)(?:\s?(?P<half1>{_HALF}))?"
    rf"|(?P<hour2>{_HOUR})\s?o'?\s?clock\b(?:\s(?P<half2>{_HALF}))?"
    rf"|(?<![\d:.])(?P<hour3>{_HOUR})(?:[ :.](?P<minute>{_MINUTE}))?\s?(?P<half3>{_HALF}))"
)
_IN_TIME = re.compile(
    r"\b(?:in|of|on|since|until|till|by|last|next|this|early|late|mid)[\s-]$", re.IGNORECASE
)


def may_hold_dates(text: str) -> bool:
    """Tell whether an English text holds one of the words that are in every date that is not all in digits.

    >>> may_hold_dates("I am here."), may_hold_dates("At 7 am."), may_hold_dates("On Monday!")
    (False, True, True)
    """
    lowered = text.lower()
    words = lowered.translate(_SEPARATORS).split()
    if not _TRIGGERS.isdisjoint(words):
        return True
    if "am" not in lowered:
        return False
    return bool(_BEFORE_NOON.search(lowered)) or any(
        word == "am" and before in SMALL for before, word in pairwise(words)
    )


def english_dates(text: str) -> Iterator[tuple[int, int, Parts]]:
    """Yield the dates and times of a text that have words in them: character ranges, and what they say.

    A lone "may" or "march" is a month if its capital letter or the word before it says so.

    >>> text = "We may meet on May 5th at half past ten, or on the fifth of march."
    >>> [text[start:end] for start, end, _ in english_dates(text)]
    ['May 5th', 'half past ten', 'fifth of march']
    """
    plain = _lower(text)
    match = _DATE.search(plain)
    while match:
        parts = None
        if not _is_doubtful(match) or _is_month(text, plain, match):
            said = {name.rstrip("123"): part for name, part in match.groupdict().items() if part}
            parts = _time(said) if "hour" in said else _day(said)
        if parts is not None:
            yield match.start(), match.end(), parts
        # In "twenty may 5th" the date begins within what is none.
        match = _DATE.search(plain, match.end() if parts is not None else match.start() + 1)


def _lower(text: str) -> str:
    lowered = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    # A few letters are two in lower case, which would shift the places behind them.
    return (
        lowered
        if len(lowered) == len(text)
        else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    )


def _is_doubtful(match: re.Match[str]) -> bool:
    # "may", "march", also beside a number that is no ordinal: "we march 20 miles", "ten may come".
    if match["alone"]:
        return match["alone"] in ("may", "march")
    month, day, year = (match[f"{part}1"] or match[f"{part}2"] for part in ("month", "day", "year"))
    return month in ("may", "march") and not year and " of " not in match.group() and not _is_ordinal(day)


def _is_ordinal(day: str) -> bool:
    return day[-2:] in ("st", "nd", "rd", "th") or _BREAK.split(day)[-1] in ORDINALS


def _is_month(text: str, plain: str, match: re.Match[str]) -> bool:
    if _IN_TIME.search(plain, max(0, match.start() - 8), match.start()):
        return True
    place = max(match.start(name) for name in ("alone", "month1", "month2"))
    within = place > 1 and text[place - 2] not in ".!?\"'\n:"
    return text[place].isupper() and within and not text.isupper()


def _day(said: Mapping[str, str]) -> Parts | None:
    if "weekday" in said:
        return Parts(weekday=_WEEKDAYS.index(said["weekday"]) + 1)
    if "relative" in said:
        return Parts(relative=_RELATIVE[said["relative"]])
    if "named" in said:
        return _NAMED[said["named"]]
    month = said.get("month") or said["alone"]
    year, day = (_number(said[name]) if name in said else None for name in ("year", "day"))
    if day is not None and not 0 < day < 32:
        return None
    return Parts(year=year, month=[name[:3] for name in _MONTHS].index(month[:3]) + 1, day=day)


def _time(said: Mapping[str, str]) -> Parts | None:
    hour, minute = _number(said["hour"]), _number(said["minute"]) if "minute" in said else 0
    if "part" in said:
        part = re.sub(r"^a\s|\sminutes?$", "", said["part"])
        minute = {"half": 30, "quarter": 15}.get(part) or _number(part)
        if part == "half" and said["side"] != "past":
            return None
        if hour is not None and minute is not None and said["side"] in ("to", "before"):
            hour, minute = (hour - 2) % 12 + 1, 60 - minute
    return None if hour is None or minute is None else clock(hour, minute, said.get("half", "")[:1])


@lru_cache(maxsize=4096)
def _number(text: str) -> int | None:
    worth = number_value(re.sub(r"^oh\b", "zero", text))
    digits = (worth or "").rstrip("sthnrd")
    return int(digits) if digits.isdecimal() else None
