"""Which characters the references of a language are expected to have."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ...metrics.units import CHINESE, HAN, primary_language, unit_for

_PUNCTUATION = " \u00a0.,;:!?…'’‘\"“”„«»‹›()\\-‐–—/&%"  # noqa: RUF001  (these are meant)
_CJK_PUNCTUATION = "\u3000、。，；：！？…—「」『』（）《》〈〉·“”‘’％～"  # noqa: RUF001
_LATIN = "a-zA-Z"
_KANA = "\u3040-\u30ff\u31f0-\u31ff"

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "en": "",
        "cs": "áčďéěíňóřšťúůýž",
        "da": "æøåé",
        "de": "äöüß",
        "es": "áéíñóúü¿¡",
        "et": "äöõüšž",
        "fi": "äöåšž",
        "fr": "àâæçéèêëîïôœùûüÿ",
        "hr": "čćđšž",
        "hu": "áéíóöőúüű",
        "it": "àèéìíîòóùú",
        "lt": "ąčęėįšųūž",
        "lv": "āčēģīķļņšūž",
        "nl": "áéèëêïíóöôúüĳ",
        "no": "æøåéèêóòôü",
        "nb": "æøåéèêóòôü",
        "pl": "ąćęłńóśźż",
        "pt": "áàâãçéêíóôõúü",
        "ro": "ăâîșțşţ",
        "sk": "áäčďéíĺľňóôŕšťúýž",
        "sl": "čšž",
        "sv": "åäöéà",
        "tr": "çğıİöşüâîû",
    }
)
"""The letters of a language besides a to z, in lower case; with them goes what a sentence may have in it."""

_SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "be": "\u0400-\u045f\u0490\u0491",
        "bg": "\u0400-\u045f",
        "el": "\u0370-\u03ff",
        "he": "\u05d0-\u05f4",
        "ja": HAN + _KANA + _LATIN + _CJK_PUNCTUATION,
        "ko": "\uac00-\ud7a3" + _LATIN,
        "ru": "\u0400-\u045f",
        "th": "\u0e01-\u0e5b" + _LATIN,
        "uk": "\u0400-\u045f\u0490\u0491",
    }
    | dict.fromkeys(CHINESE, HAN + _LATIN + _CJK_PUNCTUATION)
)
"""The same for what is not written in Latin letters."""

_NEVER_TEXT = "\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\ue000-\uf8ff"
"""Control characters, marks that nobody sees, what stands for a lost character, private use."""


def unexpected_characters(text: str, language: str) -> list[str]:
    """The characters of a reference that its language is not expected to have, in their order.

    Expected are the letters of `LETTERS` or the script of the language, digits, and the punctuation of
    sentences. Of a language that asrdiag knows no letters of, only characters that are never text are
    unexpected.

    >>> unexpected_characters("the café's <noise>", "en")
    ['é', '<', '>']
    >>> unexpected_characters("今天 OK。", "zh-CN"), unexpected_characters("Iñtërnâtiôn", "is")
    ([], [])
    """
    return _unexpected(language).findall(text)


@cache
def _unexpected(language: str) -> re.Pattern[str]:
    # Of speech that switches to and from Chinese: the letters of English are among those of Chinese text.
    language = "zh" if unit_for(language) == "mixed" else primary_language(language)
    if language in _SCRIPTS:
        return re.compile(f"[^{_SCRIPTS[language]}0-9{_PUNCTUATION}]")
    if language in LETTERS:
        letters = LETTERS[language]
        return re.compile(f"[^{_LATIN}{letters}{letters.upper()}0-9{_PUNCTUATION}]")
    return re.compile(f"[{_NEVER_TEXT}]")
