"""What a listener must not get wrong: the numbers, names and keywords of a reference."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..inputs import as_list
from ..units import HAN
from .function_words import languages_of
from .numerals import number_spans
from .records import EntityKind
from .thresholds import Thresholds

_UNSPACED = f"{HAN}\u3040-\u30ff"  # Han and kana: written without spaces between words
_SPACED = f"[^\\W_{_UNSPACED}]"
_WORD = re.compile(f"[{_UNSPACED}]|{_SPACED}+(?:['\N{RIGHT SINGLE QUOTATION MARK}.&-]{_SPACED}+)*")
_SENTENCE_END = re.compile(
    '[.!?:;"\n(«„…—「『'
    "\N{EN DASH}\N{LEFT DOUBLE QUOTATION MARK}\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH EXCLAMATION MARK}"
    "\N{FULLWIDTH QUESTION MARK}\N{FULLWIDTH COLON}\N{FULLWIDTH SEMICOLON}]"
)
"""What the first word of a sentence, a quotation or a remark stands behind."""
_TITLES = frozenset(
    {"mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "gen", "col", "capt", "lt", "sgt", "rev"}
)
_WITHIN_NAMES = frozenset(
    {"of", "de", "del", "della", "di", "da", "du", "la", "le", "van", "von", "der", "den", "bin"}
)
_NO_NAMES = frozenset({"I", "OK", "O", "Oh", "A"})
_NOUNS_CAPITALISED = frozenset({"de", "lb"})


class Found(NamedTuple):
    """A number, name or keyword at the characters `start` to `end` (exclusive) of the reference."""

    kind: EntityKind
    start: int
    end: int


def check_keywords(keywords: Iterable[str]) -> tuple[str, ...]:
    """Return the keywords as a tuple.

    Raises:
        TypeError: It is one text, a mapping or a set, or holds something else than texts.
        ValueError: A keyword holds no letter and no digit.
    """
    keywords = tuple(as_list(keywords, "keywords"))
    for index, keyword in enumerate(keywords):
        if not isinstance(keyword, str):
            raise TypeError(f"keywords[{index}] is {keyword!r} ({type(keyword).__name__}), expected a text")
        if not any(map(str.isalnum, keyword)):
            raise ValueError(f"keywords[{index}] is {keyword!r}, expected a text with a letter or a digit")
    return keywords


def find_entities(text: str, language: str, keywords: tuple[str, ...], thresholds: Thresholds) -> list[Found]:
    """Find the numbers, names and keywords of a raw reference, left to right.

    Names are capitalised words and acronyms that do not begin a sentence; where capital letters say nothing
    (all capitals, no capitals, titles, German), there are none. Keywords may overlap each other.
    """
    spoken = languages_of(language)
    found = [
        Found("number", start, end)
        for start, end in number_spans(text, english="en" in spoken, chinese="zh" in spoken)
    ]
    if names := find_names(text, language, thresholds):
        numbers = sorted((number.start, number.end) for number in found)
        found += [Found("name", start, end) for start, end in names if not overlaps(numbers, start, end)]
    if keywords:
        found += [Found("keyword", *span) for span in _keyword_spans(text, keywords)]
    return sorted(found, key=lambda each: (each.start, each.end, each.kind))


def overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Tell whether the characters `start` to `end` have one in common with the spans.

    The spans are in order and do not overlap each other.
    """
    place = bisect_left(spans, (end, 0))  # the first that begins behind; they do not overlap each other
    return place > 0 and spans[place - 1][1] > start


def find_names(text: str, language: str, thresholds: Thresholds) -> list[tuple[int, int]] | None:
    """Return where capital letters tell that there are names, or `None` if they say nothing.

    They say nothing in a text without any or of nothing else, in titles and in German.

    >>> from asrdiag.metrics import THRESHOLDS
    >>> find_names("We met Anna in New York.", "en", THRESHOLDS), find_names("We met her.", "en", THRESHOLDS)
    ([(7, 11), (15, 23)], [])
    >>> find_names("we met anna in new york", "en", THRESHOLDS)
    """
    if languages_of(language)[0] in _NOUNS_CAPITALISED or text.islower() or text.isupper():
        return None
    if text[1:].islower() or text == text.lower():
        return []
    words = list(_WORD.finditer(text))
    names = [
        index
        for index, word in enumerate(words)
        if word.group()[0].isupper() and _is_name(text, words, index)
    ]
    if len(names) > thresholds.capitals_share * len(words):
        return None
    return list(_runs(text, words, names))


def _runs(text: str, words: Sequence[re.Match[str]], names: Sequence[int]) -> Iterator[tuple[int, int]]:
    run: list[int] = []
    for index in names:
        if run and _joined(text, words, run[-1], index):
            run.append(index)
            continue
        if run:
            yield words[run[0]].start(), words[run[-1]].end()
        run = [index]
    if run:
        yield words[run[0]].start(), words[run[-1]].end()


def _is_name(text: str, words: Sequence[re.Match[str]], index: int) -> bool:
    word = words[index].group()
    if word in _NO_NAMES or (word[0] == "I" and word[1:2] in ("'", "\N{RIGHT SINGLE QUOTATION MARK}")):
        return False
    acronym = len(word) > 1 and word.isupper() and word.isalpha()
    return acronym or not _begins_sentence(text, words, index)


def _begins_sentence(text: str, words: Sequence[re.Match[str]], index: int) -> bool:
    if index == 0:
        return True
    before = words[index - 1]
    gap = text[before.end() : words[index].start()]
    if gap == " " or not _SENTENCE_END.search(gap):
        return False
    abbreviated = before.group().lower() in _TITLES or (len(before.group()) == 1 and before.group().isupper())
    return not (abbreviated and gap.strip() == ".")


def _joined(text: str, words: Sequence[re.Match[str]], first: int, second: int) -> bool:
    between = words[first + 1 : second]
    if len(between) > 1 or any(word.group() not in _WITHIN_NAMES for word in between):
        return False
    gaps = text[words[first].end() : words[second].start()]
    for word in between:
        gaps = gaps.replace(word.group(), "", 1)
    return gaps.strip(" .") == ""


def _keyword_spans(text: str, keywords: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    # Each keyword by itself: with "hall" and "town hall", a town hall holds both.
    plain = text.lower() if text.isascii() else ""
    for keyword, pattern in _patterns(keywords):
        if not plain or not keyword.isascii() or keyword in plain:  # what cannot match is passed over
            for match in pattern.finditer(text):
                yield match.span()


@lru_cache(maxsize=8)
def _patterns(keywords: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    # Whole words only; Chinese has no spaces that could mark a word. A keyword given twice counts once.
    patterns = []
    for keyword in dict.fromkeys(keyword.strip().lower() for keyword in keywords):
        left = f"(?<!{_SPACED})" if re.match(_SPACED, keyword[0]) else ""
        right = f"(?!{_SPACED})" if re.match(_SPACED, keyword[-1]) else ""
        patterns.append((keyword, re.compile(left + re.escape(keyword) + right, re.IGNORECASE)))
    return tuple(patterns)
