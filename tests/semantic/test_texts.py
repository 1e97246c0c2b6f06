"""Which texts are one text, and which languages are one language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.semantic.texts import covers, text_keys


@given(st.lists(st.text(st.characters(exclude_categories=())), unique=True, max_size=30))
def test_different_texts_have_different_keys(texts: list[str]) -> None:
    assert len(set(text_keys(texts).tolist())) == len(texts)


@pytest.mark.parametrize(
    ("declared", "language", "known"),
    [
        (["en"], "en_us", True),
        (["en"], "de", False),
        (["zh"], "zh-TW", True),
        (["cmn"], "zh", True),
        (["zh"], "yue", False),  # written Cantonese is not Mandarin
        (["zh"], "zh-en", False),
        (["multilingual"], "zh-en", True),
        ([], "en", False),
    ],
)
def test_languages(declared: list[str], language: str, known: bool) -> None:
    assert covers(declared, language) is known
