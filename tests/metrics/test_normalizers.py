"""The outputs that a versioned name stands for: a library that changes them must not pass unnoticed."""

import pytest

from asrdiag.metrics import NORMALIZERS, get_normalizer

WHISPER_ENGLISH_1 = [
    ("Let's go, it's fine.", "let us go it is fine"),
    (
        "He won't; they can't, I'd've, y'all gonna ain't",
        "he will not they can not i would have you all going to aint",
    ),
    ("She's been gone, he'd gone", "she has been gone he had gone"),
    ("twenty-one thousand and five dollars", "$21005"),
    ("one oh one", "101"),
    ("nineteen eighty four", "1984"),
    ("three and a half percent", "3.5%"),
    ("$20 million", "$20000000"),
    ("The colour of the theatre's grey jewellery", "the color of the theater is gray jewelry"),
    ("um, uh, hmm well mhm", "well"),
    ("[noise] hello (laughs) <unk> world", "hello world"),
    ("Mr. Smith met Dr. Jones on Main St.", "mister smith met doctor jones on main saint"),
    ("naïve café", "naive cafe"),
    ("1,000.50", "1000.50"),
    ("3.14 and .5", "3.14 and .5"),
    ("first twenty-second 3rd", "1st 22nd 3rd"),
    ("one of the ones", "one of the ones"),
    ("", ""),
    ("...", "."),
    ("oh no, point taken", "0 no point taken"),
    ("double seven", "77"),
    ("state-of-the-art", "state of the art"),
    ("2 pounds 50", "£2 50"),
    ("Mhmm", "mhmm"),
    # A typographic apostrophe is a symbol to Whisper's rules, not a contraction.
    ("The cat\N{RIGHT SINGLE QUOTATION MARK}s mat", "the cat s mat"),
]

BASIC_1 = [
    ("Hello, World! [noise] (laughs)", "hello world "),
    ("Café naïve, don't", "café naïve don t"),
    ("Straße ÉCOLE", "straße école"),
    ("twenty-one", "twenty one"),
    ("<unk> ok", " ok"),
    ("हिन्दी", "ह न द "),
    (" a  b\n", " a b "),
    ("你好\N{FULLWIDTH COMMA}世界\N{FULLWIDTH EXCLAMATION MARK}", "你好 世界 "),
    ("\N{FULLWIDTH LATIN SMALL LETTER F}it \N{FULLWIDTH DIGIT ONE}2", "fit 12"),
]


@pytest.mark.parametrize(("text", "expected"), WHISPER_ENGLISH_1)
def test_whisper_english_1(text: str, expected: str) -> None:
    assert get_normalizer("whisper-english@1")(text) == expected


@pytest.mark.parametrize(("text", "expected"), BASIC_1)
def test_basic_1(text: str, expected: str) -> None:
    assert get_normalizer("basic@1")(text) == expected


def test_none_changes_nothing() -> None:
    assert get_normalizer("none")(" A,  b\n") == " A,  b\n"


def test_every_listed_name_works_and_is_made_once() -> None:
    assert list(NORMALIZERS) == ["whisper-english@1", "basic@1", "none"]
    for name, description in NORMALIZERS.items():
        assert get_normalizer(name) is get_normalizer(name)
        assert description and "\n" not in description


def test_a_name_without_its_version_is_refused() -> None:
    message = (
        r"unknown normalizer 'basic' \(did you mean 'basic@1'\?\); known: whisper-english@1, basic@1, none"
    )
    with pytest.raises(ValueError, match=message):
        get_normalizer("basic")


@pytest.mark.parametrize("name", ["", "whisper-english@2", "NONE", "@1"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="known: whisper-english@1, basic@1, none"):
        get_normalizer(name)
