"""Which normaliser a suite or a dataset asks for, by language."""

from collections.abc import Mapping
from typing import TypeAlias

from .metrics import default_normalizer, spoken_languages
from .metrics.units import CHINESE

NormalizerChoice: TypeAlias = str | Mapping[str, str]
"""A normaliser's name, or one for each language: `{en: whisper-english@1, zh: chinese@1}`."""


def choose_normalizer(language: str, *choices: NormalizerChoice | None) -> str:
    """The normaliser for a language: that of the first choice that has one, else the language's default.

    A name is for every language. In a mapping a language is looked up by its tag, then by the tag's first
    part, then, if it is Chinese, as `zh`; speech that switches between languages (`zh-en`) by its tag alone.
    The case of letters does not count, nor does `_` for `-`.

    Raises:
        ValueError: `language` is not a language tag.

    >>> vitw = {"en": "vitw-english@1", "zh": "vitw-chinese@1"}
    >>> [choose_normalizer(tag, vitw) for tag in ("en_GB", "zh", "yue", "zh-en", "fr")]
    ['vitw-english@1', 'vitw-chinese@1', 'vitw-chinese@1', 'chinese@1', 'basic@1']
    >>> choose_normalizer("en", {"zh": "vitw-chinese@1"}, "none")
    'none'
    """
    tags = [folded_tag(language)]
    spoken = spoken_languages(language)
    if len(spoken) == 1:
        tags += [*spoken, *(["zh"] if spoken[0] in CHINESE else [])]
    for choice in choices:
        if isinstance(choice, str):
            return choice
        by_tag = {folded_tag(tag): name for tag, name in (choice or {}).items()}
        for tag in tags:
            if tag in by_tag:
                return by_tag[tag]
    return default_normalizer(language)


def folded_tag(language: str) -> str:
    """A language tag in lower case and with hyphens.

    >>> folded_tag("en_GB")
    'en-gb'
    """
    return language.lower().replace("_", "-")
