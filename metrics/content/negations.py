"""Where a text negates: the tokens that turn what is said around."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from ..diagnosis.function_words import NEGATIONS
from ..diagnosis.numerals import fold
from .han_negations import han_negations

Range = tuple[int, int]

_CONTRACTED = (
    *("ai", "are", "ca", "could", "did", "does", "do", "had", "has", "have", "is", "might", "must", "need"),
    *("sha", "should", "was", "were", "wo", "would"),
)
_PREFIXED = """
    abnormal asymptomatic disagree disagreed disagrees disapprove disapproved dishonest dislike disliked
    illegal illegally impossible improbable inaccurate inactive inadequate inappropriate incapable
    incomplete incompatible inconsistent incorrect incorrectly ineffective ineligible insecure
    insignificant insufficient invalid invisible irregular irrelevant irreversible nonfatal nontoxic
    unable unacceptable unaffected unauthorised unauthorized unavailable unaware uncertain unchanged
    unclear unconfirmed unconscious undamaged undecided undetected unemployed unfair unfit unhappy
    unharmed unhealthy uninjured unknown unlawful unlikely unmarried unnecessary unpaid unproven
    unreasonable unrelated unreliable unresponsive unsafe unstable unsuccessful unsuitable unsure
    untreated untrue unwanted unwilling"""
"""Words whose opposite is the same word without the prefix."""
_ENGLISH = frozenset(
    {
        *NEGATIONS["en"],
        *("neither", "nowhere", "hardly", "scarcely", "barely", "can't", "cant"),
        *(f"{verb}n't" for verb in _CONTRACTED),
        *(f"{verb}nt" for verb in _CONTRACTED if verb not in ("ca", "sha")),
        *_PREFIXED.split(),
    }
)
_FRENCH = NEGATIONS["fr"] - {"ne", "n'", "personne"}  # "ne" alone negates nothing, and speech drops it

WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {**{tag: words for tag, words in NEGATIONS.items() if tag != "zh"}, "en": _ENGLISH, "fr": _FRENCH}
)
"""Language to the words that negate; Chinese has no spaces that could mark its own."""

_SPLIT = frozenset({*(f"{verb}n" for verb in _CONTRACTED), "can"})
"""What stands before the t of "don't" where the normaliser makes a space of the apostrophe."""
_NO_NEGATION = frozenset({"doubt", "matter", "wonder"})
_NUMBER_SIGN = re.compile(r"\bno\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\.\s?\d|\s\d|\.?\d")


def find_negations(tokens: Sequence[str], text: str, languages: tuple[str, ...]) -> list[Range]:
    """Return which tokens of a text negate: ranges of tokens, end exclusive, from left to right.

    `text` is the raw text, which tells "No. 5" from "no five". Words that only look like a negation are none:
    "no doubt", "whether or not", the nor that follows a neither; in Chinese see `han_negations`. Of several
    "no" in a row only the first counts.

    >>> find_negations("no no i do not know".split(), "No, no, I don't know.", ("en",))
    [(0, 1), (4, 5)]
    >>> find_negations("no 5 is no good".split(), "No. 5 is no good", ("en",))
    [(3, 4)]
    """
    found: list[Range] = []
    for language in languages:
        if language == "zh":
            found += han_negations(tokens)
        elif language in WORDS:
            places = _negating(tokens, language)
            if places and language == "en":
                places = _english(places, tokens, text)
            found += [(place, place + 1) for place in places]
    return sorted(found) if len(languages) > 1 else found


def _negating(tokens: Sequence[str], language: str) -> list[int]:
    joined = "".join(tokens)
    if joined.islower() and joined.isalnum():  # nothing to fold
        words = WORDS[language]
        if words.isdisjoint(tokens) and "t" not in tokens:
            return []
    return [place for place, token in enumerate(tokens) if _negates(token, language)]


@lru_cache(maxsize=32_768)
def _negates(token: str, language: str) -> bool:
    word = fold(token).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return word in WORDS[language] or (word == "t" and language == "en")


def _english(places: Sequence[int], tokens: Sequence[str], text: str) -> list[int]:
    words = [fold(token) for token in tokens]
    signs = _number_signs(text, words.count("no")) if "no" in words else []
    kept: list[int] = []
    for place in places:
        word, before = words[place], words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if word == "no":
            is_sign = signs.pop(0) if signs else False
            if is_sign or before == "no" or after in _NO_NEGATION:
                continue
        if word == "t" and before not in _SPLIT:
            continue
        if word == "nor" and "neither" in words[:place]:
            continue
        if word == "not" and before == "or" and "whether" in words[:place]:
            continue
        kept.append(place)
    return kept


def _number_signs(text: str, times: int) -> list[bool]:
    """For each "no" of the text whether it is short for number; nothing if that is not clear."""
    found = [_is_number_sign(text, match) for match in _NUMBER_SIGN.finditer(text)]
    return found if len(found) == times else []


def _is_number_sign(text: str, match: re.Match[str]) -> bool:
    behind = _NUMBERED.match(text, match.end())
    if behind is None:
        return False
    # "no 5 people" may be said; "No 5" and "no. 5" are written.
    return behind.group()[0] == "." or (match.group()[0] == "N" and match.start() > 0)
