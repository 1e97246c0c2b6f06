"""A short cut through Whisper's English rules for the texts most rollouts are: words, points and commas.

The rules go over a text some seventy times. On words of plain letters nearly all of them act on one word at a
time, so a text can be put together from what the rules make of each of its words, which is remembered.
"""

import re
from collections.abc import Callable, Set
from functools import lru_cache

REMEMBERED_WORDS = 32_768
_LONGEST_WORD = 40

# Possessive throughout, so that no text takes long. Of two points in a row the rules leave one, which sticks
# to what follows; they may come together where a filler is dropped.
_PLAIN = re.compile(
    r"""[ ,?!;:"-]*+(?:[A-Za-z]++(?:'[A-Za-z]++)*+(?:(?:[ ,?!;:"-]|\.(?!\.))++|\Z))*+""", re.ASCII
)
_SEPARATORS = str.maketrans(dict.fromkeys(',.?!;:"-', " "))
_POINT_AND_FILLER = re.compile(r"\.(?:hmm|mm|mhm|mmm|uh|um)\b")
# The rules that look beyond a word: "it's been" is not "it is been"; "one one" is "11", but "one" stays.
_PERFECT = re.compile(r"'[sd]\b.*\b(?:been|gone|done|got)\b")
_NUMBER = re.compile(r"\bones? ones?\b")
_HARMLESS = frozenset({"and", "one", "ones"})
_FILLERS = frozenset({"hmm", "mm", "mhm", "mmm", "uh", "um"})


def by_word(rules: Callable[[str], str], number_words: Set[str]) -> Callable[[str], str | None]:
    """The short cut through `rules`: it returns what they would, or `None` for a text it does not suit.

    `number_words` are the words that the rules may read together with their neighbours.
    """
    together = number_words - _HARMLESS | {"half"}

    @lru_cache(REMEMBERED_WORDS)
    def word_by_rules(word: str) -> str | None:
        parts = word.split("'")
        if len(word) > _LONGEST_WORD or not together.isdisjoint(parts):
            return None
        if len(parts) > 1 and not (_FILLERS | _HARMLESS).isdisjoint(parts):
            return None
        return rules(word)

    def normalize(text: str) -> str | None:
        if not _PLAIN.fullmatch(text):
            return None
        text = text.lower()
        if ("'" in text and _PERFECT.search(text)) or _POINT_AND_FILLER.search(text):
            return None
        words = [word_by_rules(word) for word in text.translate(_SEPARATORS).split()]
        if None in words:
            return None
        normalised = " ".join(filter(None, words))
        return None if "one" in normalised and _NUMBER.search(normalised) else normalised

    return normalize
