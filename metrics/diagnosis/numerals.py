# ruff: noqa: RUF001 - characters that look alike are what this is about
"""The words and signs that numbers are made of, and where numbers stand in a text."""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "small", "tens", "large", "ordinal", "and", "point", "oh", "unit", "minus",
    "digits", "opened", "closed", "code", "han",
]  # fmt: skip
"""What a token is in a number: digits may be opened by a sign (`$5`) or closed by one (`5%`, `21st`)."""

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = (
    {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
    | {f"{_UNITS[value]}th": value for value in (4, 6, 7, 10, 11, *range(13, 20))}
    | {f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS, start=2)}
)
SMALL = (
    {word: value for value, word in enumerate(_UNITS)}
    | {word: 10 * value for value, word in enumerate(_TENS, start=2)}
    | ORDINALS
)
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
UNITS = {
    "percent": "%", "%": "%", "‰": "‰", "dollar": "$", "dollars": "$", "buck": "$", "bucks": "$", "euro": "€",
    "euros": "€", "pound": "£", "pounds": "£", "yen": "¥", "cent": "¢", "cents": "¢",
}  # fmt: skip
"""Per cent and money, in words, and the sign for it."""
MINUS = frozenset({"minus", "negative"})
HAN_DIGITS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {
    "\N{IDEOGRAPHIC NUMBER ZERO}": 0,
    "两": 2,
}
HAN_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
HAN_PREFIXES = {
    "负百分之": "-%", "负千分之": "-‰", "百分之": "%", "千分之": "‰", "第": "th", "负": "-", "零下": "-",
}  # fmt: skip
"""What stands before a number, the longest first."""
_HAN_PREFIX_ENDS = frozenset(prefix[-1] for prefix in HAN_PREFIXES)

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(SMALL, "small"),
    **dict.fromkeys(_TENS, "tens"),
    **dict.fromkeys(ORDINALS, "ordinal"),
    **dict.fromkeys(LARGE, "large"),
    **dict.fromkeys(UNITS, "unit"),
    **dict.fromkeys(MINUS, "minus"),
    **dict.fromkeys((*HAN_DIGITS, *HAN_POWERS), "han"),
    **{"and": "and", "point": "point", ".": "point", "点": "point", "oh": "oh"},
}
_NUMBERS = frozenset({"small", "tens", "large", "digits", "opened", "han"})
_CLOSED = frozenset({None, "unit", "ordinal", "closed", "code"})
_OPENED = frozenset({None, "minus", "opened", "code"})
JOINERS = frozenset({"and", "point", "oh"})
"""Kinds that stand between numbers and neither begin nor end one."""
_NO_BEGINNING = JOINERS | {"unit"}
_NO_END = JOINERS | {"minus"}

MARKS = ".,;:!?…。，、；：！？\"'()[]「」『』“”‘’"
"""What may stand around a number without being a part of it."""

LITERAL = re.compile(r"(-)?([$€£¥¢])?(\d+(?:[.,]\d+)*)(st|nd|rd|th|%|‰|€|£|¢)?")

_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(
    r"(?:(?<![\w.,)])[-−])?(?:[$€£¥¢]|(?<![A-Za-z])[A-Za-z]*)\d(?:[A-Za-z\d]|[.,:/-](?=\d))*"
    r"(?:[%‰]| ?[%‰€£¢](?!\d))?"
)
_ITEM = re.compile(f"{_DIGITS.pattern}|(?i:per cent)(?![A-Za-z])|[A-Za-z]+")
_WORD = re.compile("[A-Za-z]+")
_ALONE_NO_NUMBERS = frozenset({"one", "first", "second"})
_SPOKEN = frozenset({*SMALL, *LARGE})
_BESIDE_DIGITS = frozenset({*SMALL, *LARGE, *UNITS, *MINUS})
_HAN = "(?:(?![百千]分之)[零〇一二三四五六七八九十百千万亿两点])"
_HAN_NUMERALS = re.compile(f"(?:零下|负?[百千]分之|负)(?!点){_HAN}+|第?{_HAN}{{2,}}")
_HAN_AFTER_DIGITS = re.compile(f"(?<=\\d)(?=[百千万亿]){_HAN}+")
_HAN_BEFORE_DIGITS = re.compile(f"(?:{'|'.join(HAN_PREFIXES)})$")
_NOT_NUMBERS = frozenset(
    {"一一", "万一", "万万", "万千", "千万", "百万", "一点", "两点", "一点点", "千千万万"}
)
"""Words written with numerals that mostly mean something else: in case, by all means, a little."""

Range: TypeAlias = tuple[int, int]


def number_spans(text: str, *, english: bool, chinese: bool) -> list[Range]:
    """Return where numbers stand in a text: character ranges, end exclusive.

    Digits are read in every language, with the letters and signs attached (`21st`, `7:30`, `-3.5%`, `$5`,
    `A4`); words in English (`twenty-one`, `three hundred and five`, `2.5 million dollars`); in Chinese runs
    of two or more numerals, and those beside digits (`二十一`, `百分之五`, `20万`).

    >>> number_spans("At 7:30, twenty-one of us.", english=True, chinese=False)
    [(3, 7), (9, 19)]
    """
    digits = bool(_DIGIT.search(text))
    words = _BESIDE_DIGITS if digits else _SPOKEN
    if english and not words.isdisjoint(_WORD.findall(text.lower())):
        spans = _english_spans(text)
    else:
        spans = [match.span() for match in _DIGITS.finditer(text)] if digits else []
    return _chinese_spans(text, spans) if chinese else spans


def kind_of(token: str) -> Kind | None:
    """Return what a token in lower case is in a number, or `None` if it is in none.

    >>> [kind_of(token) for token in ("twenty", "$5", "b2b", "cat")]
    ['tens', 'opened', 'code', None]
    """
    if token in _KINDS:
        return _KINDS[token]
    if not _DIGIT.search(token):
        return _kind_of_compound(token) if "-" in token else None
    match = LITERAL.fullmatch(token)
    if match is None or (match[2] and match[4]):
        return "code"
    return "closed" if match[4] else "opened" if match[1] or match[2] else "digits"


def _kind_of_compound(token: str) -> Kind | None:
    kinds = [_KINDS.get(part) for part in token.split("-")]
    if None in kinds:
        return None
    return "ordinal" if kinds[-1] == "ordinal" else "small"


def fold(token: str) -> str:
    """Return a token in lower case and without the marks around it: normalisers may leave both."""
    return token.strip(MARKS).lower() or token


def goes_on(left: str, right: str) -> bool:
    """Tell whether two neighbouring tokens can belong to one number.

    >>> goes_on("hundred", "and"), goes_on("20", "million"), goes_on("ten", "second"), goes_on("5%", "3")
    (True, True, False, False)
    """
    right = fold(right)
    before, after = kind_of(left.lower()), kind_of(right)  # a mark behind it ends a number
    if before in _CLOSED or after in _OPENED:
        return False
    if after == "and":
        return before == "large"  # "two hundred and five", not "two and five"
    if after in ("unit", "point", "oh"):
        return before in _NUMBERS or (before, after) == ("oh", "oh")
    if after == "ordinal":
        return before in ("large", "and") or (before == "tens" and ORDINALS.get(right, 10) < 10)
    if "han" in (before, after):
        return before in ("han", "digits", "opened", "point") and after in ("han", "digits", "closed")
    return True


def widen(tokens: Sequence[str], start: int, end: int, free: Sequence[bool]) -> Range:
    """Extend the range of tokens that holds a number over the tokens beside it that the number goes on in.

    `free` tells of each token whether it may be taken in.

    >>> widen("the one hundred twenty and more".split(), 3, 4, [True] * 6)
    (1, 4)
    """
    if start >= end or not ((start and free[start - 1]) or (end < len(tokens) and free[end])):
        return start, end
    place = start
    while place and free[place - 1] and goes_on(tokens[place - 1], tokens[place]):
        place -= 1
        if kind_of(fold(tokens[place])) not in JOINERS:
            start = place
    place = end
    while place < len(tokens) and free[place] and goes_on(tokens[place - 1], tokens[place]):
        place += 1
        if kind_of(fold(tokens[place - 1])) not in JOINERS:
            end = place
    if start and tokens[start - 1] in _HAN_PREFIX_ENDS:
        for prefix in HAN_PREFIXES:
            first = max(0, start - len(prefix))
            if "".join(tokens[first:start]) == prefix and all(free[first:start]):
                return first, end
    return start, end


def _english_spans(text: str) -> list[Range]:
    spans: list[Range] = []
    run: list[tuple[str, int, int]] = []
    for match in _ITEM.finditer(text):
        word = match.group().lower()
        if word.isalpha():
            if word not in _KINDS:
                continue
        else:
            word = word.replace(" ", "").replace("−", "-")
        if run and _said_in_one(run[-1], word, text[run[-1][2] : match.start()]):
            run.append((word, *match.span()))
            continue
        spans += _span(run)
        run = [(word, *match.span())]
    return spans + _span(run)


def _said_in_one(last: tuple[str, int, int], word: str, between: str) -> bool:
    if between.strip(" -\t\n") or not goes_on(last[0], word):
        return False
    kinds = kind_of(last[0]), kind_of(word)
    if kinds[1] in ("digits", "closed"):
        return kinds[0] in ("large", "minus")  # "one million 500", but "2020 20" are two
    return kinds[0] not in ("digits", "opened") or kinds[1] in ("large", "unit")


def _span(run: list[tuple[str, int, int]]) -> list[Range]:
    while run and kind_of(run[-1][0]) in _NO_END:
        run.pop()
    while run and kind_of(run[0][0]) in _NO_BEGINNING:
        run.pop(0)
    if all(word in _ALONE_NO_NUMBERS for word, _, _ in run):
        return []
    return [(run[0][1], run[-1][2])]


def _chinese_spans(text: str, spans: list[Range]) -> list[Range]:
    widened: list[Range] = []
    for start, end in spans:
        before = _HAN_BEFORE_DIGITS.search(text, max(0, start - 4), start)
        after = _HAN_AFTER_DIGITS.match(text, end)
        first = before.start() if before and not text[start].isalpha() else start
        if widened and widened[-1][1] == first and text[first - 1] in HAN_POWERS:  # "20万5千"
            first, _ = widened.pop()
        widened.append((first, after.end() if after else end))
    taken = {place for start, end in widened for place in range(start, end)}
    for match in _HAN_NUMERALS.finditer(text):
        if match.group() not in _NOT_NUMBERS and taken.isdisjoint(range(*match.span())):
            widened.append(match.span())
    return widened
