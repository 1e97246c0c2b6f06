"""Which texts are compared, and whether a model knows their language."""

import hashlib
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from ..metrics import normalize_all, spoken_languages
from ..metrics.normalizers import AnyNormalizer

MULTILINGUAL = "multilingual"
"""Declared in place of languages: every language will do."""

KEY_BYTES = 16

Keys = NDArray[np.bytes_]
"""Keys of texts, dtype `S16`, shape (texts,)."""

_MANDARIN = frozenset({"zh", "zho", "chi", "cmn"})


def compared_texts(texts: Iterable[str], normalizer: AnyNormalizer) -> list[str]:
    """The texts as they are embedded: normalised as for the error rate, with single blanks.

    How a number is written or where a comma stands then changes neither the error rate nor the similarity.

    >>> compared_texts(["He paid  twenty-one dollars.", "he paid $21"], "whisper-english@1")
    ['he paid $21', 'he paid $21']
    """
    return [" ".join(text.split()) for text in normalize_all(texts, normalizer)]


def text_keys(texts: Iterable[str]) -> Keys:
    """A key for each text: 16 bytes of its BLAKE2b.

    >>> text_keys(["yes", "no", "yes"])[[0, 2]].tolist() == [text_keys(["yes"])[0]] * 2
    True
    """
    found = [
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()
        for text in texts
    ]
    return np.frombuffer(b"".join(found), dtype=f"S{KEY_BYTES}")


def covers(declared: Collection[str], language: str) -> bool:
    """Whether a model that is declared for some languages may be asked about texts of this one.

    Speech that switches languages needs both. The tags of Mandarin are one language; Cantonese is another.

    Raises:
        ValueError: `language` is not a language tag.

    >>> covers(["en"], "en-GB"), covers(["en"], "zh-en"), covers(["zh", "en"], "zh-en")
    (True, False, True)
    >>> covers(["zh"], "cmn_hans_cn"), covers(["multilingual"], "sw")
    (True, True)
    """
    if MULTILINGUAL in declared:
        return True
    return all(
        part in declared or (part in _MANDARIN and not _MANDARIN.isdisjoint(declared))
        for part in spoken_languages(language)
    )
