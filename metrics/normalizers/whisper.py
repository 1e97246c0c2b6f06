"""Whisper's normalisers (Radford et al. 2022, appendix C), kept from stumbling over hostile text.

The rules are those of whisper-normalizer, unchanged. Some of them take time that grows with the square of the
text (a thousand opening brackets, a run of fillers), and its arithmetic fails on numbers of more than 4300
digits. What is done here beforehand leaves their result as it is.
"""

import re
import sys
from collections.abc import Callable

from .plain_english import by_word

_SPACES = re.compile(r"\s{2,}")
_SQUARE = re.compile(r"[<\[][^>\]]*[>\]]")
_ROUND = re.compile(r"\(([^)]+?)\)")
_LONGEST_NUMBER = sys.int_info.str_digits_check_threshold


def whisper_english() -> Callable[[str], str]:
    """Whisper's normaliser for English."""
    from whisper_normalizer.english import EnglishTextNormalizer

    rules, without_contractions = EnglishTextNormalizer(), EnglishTextNormalizer()
    # Looking for 45 contractions and titles takes half the time; most texts have none.
    without_contractions.replacers = {}
    contraction = re.compile("|".join(["'", *(each for each in rules.replacers if "'" not in each)]))
    fillers = re.compile(rules.ignore_patterns)
    short_cut = by_word(rules, rules.standardize_numbers.words)

    def normalize(text: str) -> str:
        if (short := short_cut(text)) is not None:
            return short
        text = fillers.sub("", _without_remarks(text.lower()))
        # One space is not like two to these rules ("'s been"), but two are like any number.
        text = _SPACES.sub("  ", text)
        return _in_parts(rules if contraction.search(text) else without_contractions, text)

    return normalize


def basic(*, keep_marks: bool) -> Callable[[str], str]:
    """Whisper's normaliser for other languages, whose combining marks become spaces unless they are kept."""
    from whisper_normalizer.basic import BasicTextNormalizer

    rules = BasicTextNormalizer(preserve_marks=keep_marks)

    def normalize(text: str) -> str:
        return str(rules(_without_remarks(text.lower())))

    return normalize


def _without_remarks(text: str) -> str:
    # Whisper's own two steps. For an opening bracket that nothing closes they search the rest of the text in
    # vain; it becomes another bracket, which like it ends as a space.
    square = _strip_remarks(_SQUARE, "<[", ">]", text)
    return _strip_remarks(_ROUND, "(", ")", square)


def _strip_remarks(remark: re.Pattern[str], opening: str, closing: str, text: str) -> str:
    closed = 1 + max(map(text.rfind, closing))
    never_closed = text[closed:].translate(dict.fromkeys(map(ord, opening), "{"))
    return remark.sub("", text[:closed]) + never_closed


def _in_parts(rules: Callable[[str], str], text: str) -> str:
    try:
        return str(rules(text))
    except (ValueError, AssertionError):
        if len(text) < _LONGEST_NUMBER:
            raise
        # A number with more digits than Python turns into an integer: it is read in parts.
        middle = text.rfind(" ", 0, len(text) // 2 + 1)
        middle = middle if middle > 0 else len(text) // 2
        return f"{_in_parts(rules, text[:middle])} {_in_parts(rules, text[middle:])}"
