# ruff: noqa: RUF001 - characters that look alike are what this is about
"""What a number is worth, however it is written."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .han_numbers import han_whole
from .numerals import (
    HAN_DIGITS,
    HAN_POWERS,
    HAN_PREFIXES,
    LARGE,
    LITERAL,
    MARKS,
    MINUS,
    ORDINALS,
    SMALL,
    UNITS,
)

_LONGEST = 200
_MORE_MAY_FOLLOW = frozenset({*LARGE, "and"})
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_BREAK = re.compile(r"[\s-]+")
_HAN = re.compile(f"[{''.join({*HAN_DIGITS, *HAN_POWERS})}点]")
_HAN_DECIMAL = re.compile(f"([{''.join(HAN_DIGITS)}\\d]+)((?:[百千]?[万亿])*)")


@lru_cache(maxsize=4096)
def number_value(text: str) -> str | None:
    """Return the worth of one number in digits, whichever way it is written, or `None` if that is not clear.

    The sign, per cent, the currency and whether it is an ordinal are part of the worth, and so are zeros that
    lead: `007` is not `7`. Numbers said one after the other are strung together, as in years and telephone
    numbers. A text that holds anything else than one number has no worth, nor have more than 200 characters.

    >>> [number_value(text) for text in ("twenty-one", "twenty-first", "$1,500.0", "ten ten", "A4")]
    ['21', '21st', '$1500', '1010', None]
    >>> [number_value(text) for text in ("2.5 million", "minus five percent", "两万五", "负百分之三点五")]
    ['2500000', '-5%', '25000', '-3.5%']
    """
    if len(text) > _LONGEST:
        return None
    if text.isascii() and text.isdecimal():
        return text
    text = unicodedata.normalize("NFKC", text).casefold().strip(f"{MARKS} \n\t").replace("−", "-")
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    return _chinese(text) if _HAN.search(text) else _english(text)


def _english(text: str) -> str | None:
    minus = text.startswith("-")
    words = _BREAK.split(text.removeprefix("-").replace("per cent", "percent"))
    if words[0] in MINUS and not minus:
        minus, words = True, words[1:]
    units: set[str] = set()
    if words and words[-1] in UNITS:
        units.add(UNITS[words.pop()])
    if words[:1] in (["a"], ["an"]) and words[1:2] and words[1] in LARGE:
        words = words[1:]
    ordinal = bool(words) and words[-1] in ORDINALS
    parts: list[str] = []
    for place, word in enumerate(words):
        match = LITERAL.fullmatch(word)
        if match is None:
            parts.append(word)
            continue
        _, currency, digits, suffix = match.groups()
        if (currency and place) or (suffix and place < len(words) - 1):
            return None
        units.update({currency, suffix} - {None})
        whole, *decimals = _ungrouped(digits).split(".")
        parts.append(whole)
        for part in decimals:
            parts += ["point", part]
    if units & {"st", "nd", "rd", "th"}:
        units -= {"st", "nd", "rd", "th"}
        ordinal = True
    if len(units) > 1:
        return None
    digits_said = _read(parts)
    return None if digits_said is None else _with_units(digits_said, minus, ordinal, "".join(units))


def _ungrouped(digits: str) -> str:
    # A comma groups thousands if three digits follow each; else it is a decimal sign, as a point is.
    return digits.replace(",", "" if _GROUPED.fullmatch(digits) else ".")


def _with_units(digits: str, minus: bool, ordinal: bool, unit: str) -> str:
    if ordinal:
        teens = digits[-2:] in ("11", "12", "13")
        digits += "th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")
    money = unit if unit not in ("%", "‰") else ""
    return f"{'-' if minus else ''}{money}{digits}{'' if money else unit}"


def _read(words: Sequence[str]) -> str | None:
    # Digits with at most one point and large numbers behind it: 2.5 million.
    if "point" not in words:
        return _whole(words)
    place = words.index("point")
    end = len(words)
    while end > place and words[end - 1] in LARGE:
        end -= 1
    before, after = words[:place], words[place + 1 : end]
    if not after or any(word in LARGE or word in ORDINALS or word == "and" for word in after):
        return None
    whole, part = _whole(before) if before else "0", _whole(after)
    if whole is None or part is None:
        return None
    scale = 1
    for word in words[end:]:
        scale *= LARGE[word]
    return _decimal(whole, part, scale)


def _decimal(whole: str, part: str, scale: int) -> str:
    if scale > 1:
        digits = str(int(whole + part) * scale).rjust(len(part) + 1, "0")
        whole, part = digits[: -len(part)], digits[-len(part) :]
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def _whole(words: Sequence[str]) -> str | None:
    said = _Said()
    last = ""
    for word in words:
        if word == "and":
            fits = last in LARGE
        elif word in LARGE:
            fits = said.large(LARGE[word])
        else:
            fits = said.small(word, last)
        if not fits:
            return None
        last = word
    return None if last in ("", "and") else said.strung + said.current()


@dataclass(slots=True)
class _Said:
    # The numbers before, strung together, and the one being said: 5 million (total), two hundred, and five.
    strung: str = ""
    total: int = 0
    scale: int = 0  # the thousand, million ... that was added to the total last
    hundreds: int = 0
    few: str = ""  # as it was said, with zeros that lead

    def current(self) -> str:
        whole = self.total + self.hundreds
        return str(whole + int(self.few or 0)) if whole else self.few

    def begin_another(self) -> None:
        self.strung += self.current()
        self.total = self.scale = self.hundreds = 0
        self.few = ""

    def large(self, power: int) -> bool:
        if self.few and not int(self.few):
            return False
        count = self.hundreds + int(self.few or 0)
        is_open = bool(self.current())
        if power == 100:
            if self.hundreds:
                few, self.few = self.few, ""
                self.begin_another()
                self.few = few
            self.hundreds = 100 * int(self.few or 1)
        elif is_open and not (self.hundreds or self.few):
            self.total, self.scale = self.total * power, power  # two thousand million
        else:
            if self.scale and power >= self.scale:
                self.strung += str(self.total)
                self.total = 0
            self.total += (count if is_open else 1) * power
            self.hundreds, self.scale = 0, power
        self.few = ""
        return True

    def small(self, word: str, last: str) -> bool:
        digits = "0" if word == "oh" else str(SMALL.get(word, word))
        if not digits.isdecimal():
            return False
        value = int(digits)
        if SMALL.get(last) in range(20, 100, 10) and word in SMALL and 0 < value < 10:
            self.few = str(int(self.few) + value)
        elif not self.current() or (
            last in _MORE_MAY_FOLLOW and value < (100 if self.hundreds else self.scale)
        ):
            self.few = digits
        elif word in ORDINALS:
            return False
        else:
            self.begin_another()
            self.few = digits
        return True


def _chinese(text: str) -> str | None:
    text = "".join(text.split())
    minus = ordinal = False
    unit = ""
    text, minus = (text[1:], True) if text.startswith("-") else (text, False)
    for prefix, meaning in HAN_PREFIXES.items():
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            minus, ordinal = minus or meaning.startswith("-"), meaning == "th"
            unit = "" if ordinal else meaning.removeprefix("-")
            break
    oclock = text.endswith("点")
    whole_said, point, part_said = _ungrouped(text.removesuffix("点")).replace(".", "点").partition("点")
    whole = han_whole(whole_said)
    if whole is None:
        return None
    if point:
        match = _HAN_DECIMAL.fullmatch(part_said)
        part = han_whole(match[1]) if match else None
        if match is None or part is None:
            return None
        scale = 1
        for power in match[2]:
            scale *= HAN_POWERS[power]
        whole = _decimal(whole, part, scale)
    return _with_units(whole, minus, ordinal, unit) + ("点" if oclock else "")
