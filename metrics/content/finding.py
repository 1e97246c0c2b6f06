"""What a reader must get right in one text: its numbers, dates, names and keywords."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..diagnosis.entities import Found, find_names, overlaps
from ..diagnosis.function_words import FUNCTION_WORDS, languages_of
from ..diagnosis.thresholds import THRESHOLDS
from .date_parts import Parts
from .dates import find_dates
from .records import KeyKind


class KeyFound(NamedTuple):
    """A piece of key content at the characters `start` to `end` (exclusive) of a raw text.

    `readings` are what a date may say; it is empty for other kinds.
    """

    kind: KeyKind
    start: int
    end: int
    readings: frozenset[Parts] = frozenset()


_NUMERAL = "零〇一二三四五六七八九十百千万亿两点"
_MEASURES = (
    "个個只隻条條张張块塊元岁歲年天日号號秒米斤次名位件本台辆輛家层層楼樓倍度人支枝篇首段句页頁节節届屆班碗杯瓶盒箱包袋双雙对對套"
    "部架艘座间間栋棟棵朵颗顆粒片份顿頓场場小分"
)
_LONE_NUMERALS = re.compile(
    f"第[一二三四五六七八九十](?![{_NUMERAL}])"
    f"|(?<![{_NUMERAL}\\d第])(?:[二两兩三四五六七八九](?=[{_MEASURES}])|十(?=[{_MEASURES}])(?!分))"
)


def lone_numerals(text: str, taken: Iterable[Found]) -> list[Found]:
    """Return the single Chinese numerals that count something, save 一, which is an article: 三个人, 第二次.

    >>> text = "他们三个人买了两张票,一起吃三明治,十分开心"
    >>> [text[found.start : found.end] for found in lone_numerals(text, ())]
    ['三', '两']
    """
    numbers = sorted((each.start, each.end) for each in taken if each.kind == "number")
    return [
        Found("number", *match.span())
        for match in _LONE_NUMERALS.finditer(text)
        if not overlaps(numbers, *match.span())
    ]


def with_dates(text: str, language: str, entities: Iterable[Found]) -> list[KeyFound]:
    """Return the entities of a text and its dates, left to right.

    Numbers and names that are a part of a date are left out, and names that are a function word.

    >>> found = with_dates("Anna, at 7 on May 5th", "en", [Found("name", 0, 4), Found("number", 9, 10)])
    >>> [each[:3] for each in found]
    [('name', 0, 4), ('number', 9, 10), ('date', 14, 21)]
    """
    languages = languages_of(language)
    dates = find_dates(text, languages)
    spans = [(date.start, date.end) for date in dates]
    found = [
        KeyFound(kind, start, end)
        for kind, start, end in entities
        if not (
            (kind != "keyword" and spans and overlaps(spans, start, end))
            or (kind == "name" and text[start:end].lower() in FUNCTION_WORDS.get(languages[0], ()))
        )
    ]
    found += (KeyFound("date", *date) for date in dates)
    return sorted(found, key=lambda each: (each.start, each.end, each.kind)) if dates else found


def tells_names(text: str, language: str, found: Iterable[Found]) -> bool:
    """Whether the capital letters of a text tell names, so that a text without any has none."""
    return any(each.kind == "name" for each in found) or find_names(text, language, THRESHOLDS) is not None
