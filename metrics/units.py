"""What is counted: words or characters."""

import re
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["word", "character"]
"""The token that an error rate counts; a rate over words is a WER, one over characters a CER."""

_CHINESE = frozenset({"zh", "zho", "chi", "cmn", "yue"})
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")


def unit_for(language: str) -> Unit:
    """Return the unit a language is scored in: Chinese by character, every other language by word.

    `language` is a tag such as `en`, `zh`, `zh-CN`, `cmn_hans_cn` or `yue`, in upper or lower case; only
    its first part decides. Japanese and Thai are written without spaces and are still scored by word here:
    give `unit="character"` to `score_utterance` for those.

    Raises:
        ValueError: `language` is not a tag. A name such as `Chinese` is refused rather than scored by word.

    >>> unit_for("en"), unit_for("zh-CN"), unit_for("yue")
    ('word', 'character', 'character')
    """
    if not _LANGUAGE_TAG.fullmatch(language):
        raise ValueError(f"language {language!r} is not a language tag; expected one such as 'en' or 'zh-CN'")
    return "character" if primary_language(language) in _CHINESE else "word"


def primary_language(language: str) -> str:
    """The first part of a language tag, in lower case: what decides the unit, the normaliser and the model.

    >>> primary_language("en_us"), primary_language("EN-GB"), primary_language("zh-CN")
    ('en', 'en', 'zh')
    """
    return re.split("[-_]", language, maxsplit=1)[0].lower()


def tokenize(text: str, unit: Unit) -> tuple[str, ...]:
    """Split normalised text into the tokens that are aligned.

    Words are what stands between white space. Characters are the code points that are not white space, so
    every letter of an English word inside a Chinese sentence is a token of its own.

    Raises:
        ValueError: `unit` is neither `word` nor `character`.

    >>> tokenize("the cat", "word")
    ('the', 'cat')
    >>> tokenize("你好 吗", "character")
    ('你', '好', '吗')
    """
    words = text.split()
    if unit == "word":
        return tuple(words)
    if unit == "character":
        return tuple("".join(words))
    raise ValueError(f"unknown unit {unit!r}; known: word, character")
