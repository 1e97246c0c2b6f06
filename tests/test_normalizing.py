"""Which normaliser a language gets of a suite's and a dataset's choices."""

import pytest

from asrdiag.normalizing import NormalizerChoice, choose_normalizer

VITW = {"en": "vitw-english@1", "zh": "vitw-chinese@1"}


@pytest.mark.parametrize(
    ("language", "choices", "expected"),
    [
        ("en", (None, None), "whisper-english@1"),
        ("zh", (), "chinese@1"),
        ("zh", ("basic@1", "none"), "basic@1"),
        ("zh", (None, "none"), "none"),
        ("en", (VITW,), "vitw-english@1"),
        ("EN_gb", (VITW,), "vitw-english@1"),
        ("cmn_hans_cn", (VITW,), "vitw-chinese@1"),
        ("yue", ({**VITW, "yue": "basic@1"},), "basic@1"),
        ("en-GB", ({"en": "basic@1", "en_gb": "none"},), "none"),
        # Speech that switches is counted by word and by character, which the rules of one language undo.
        ("zh-en", (VITW,), "chinese@1"),
        ("zh-en", ({"zh_EN": "none"},), "none"),
        # What the dataset does not name, the suite may.
        ("fr", (VITW, {"fr": "none"}), "none"),
        ("fr", (VITW, "basic-marks@1"), "basic-marks@1"),
        ("fr", ({}, VITW), "basic@1"),
    ],
)
def test_the_first_choice_that_has_the_language_wins(
    language: str, choices: tuple[NormalizerChoice | None, ...], expected: str
) -> None:
    assert choose_normalizer(language, *choices) == expected


def test_what_is_no_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'English' is not a language tag"):
        choose_normalizer("English", VITW)
