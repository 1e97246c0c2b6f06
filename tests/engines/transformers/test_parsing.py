import pytest

from asrdiag.engines.transformers.families.qwen3_asr_text import Parsed, parse

pytest.importorskip("torch", reason="needs the extra transformers")

from asrdiag.engines.transformers.families.base import Word
from asrdiag.engines.transformers.words import one_after_the_other, words_of


def test_language_and_text_are_taken_apart():
    assert parse("language English<asr_text>It was the best of times.") == Parsed(
        "It was the best of times.", "English"
    )
    assert parse("language Chinese<asr_text>\u4f60\u597d ") == Parsed("\u4f60\u597d", "Chinese")


def test_a_forced_language_leaves_no_marker():
    assert parse(" It was. ") == Parsed("It was.", None)


def test_no_speech():
    assert parse("language None<asr_text>") == Parsed("", None)
    assert parse("") == Parsed("", None)


def test_loops_are_not_hidden():
    # transformers and qwen-asr collapse 20 repetitions and more to one.
    loop = "no " * 50
    assert parse(f"language English<asr_text>{loop}").text == loop.strip()
    assert parse("language English<asr_text>" + "a" * 300).text == "a" * 300


def test_a_second_marker_is_text():
    raw = "language English<asr_text>one language English<asr_text>two"
    assert parse(raw) == Parsed("one language English<asr_text>two", "English")


def test_what_stands_before_the_marker_without_naming_a_language_is_not_one():
    assert parse("well<asr_text>yes") == Parsed("yes", None)


def test_words_begin_at_spaces_and_end_with_their_last_token():
    pieces = {1: " the", 2: " kit", 3: "ten", 4: ".", 5: " "}
    ends_s = [0.2, 0.4, 0.6, 0.7, 0.9]
    words = words_of(
        lambda ids: "".join(pieces[i] for i in ids), [1, 2, 3, 4, 5], one_after_the_other(ends_s)
    )
    assert words == (Word("the", 0.0, 0.2), Word("kitten.", 0.2, 0.9))


def test_han_characters_are_words_and_halves_of_characters_wait():
    text = "\u4f60\u597d".encode()
    halves = [text[:2], text[2:3], text[3:6]]
    words = words_of(
        lambda ids: b"".join(halves[i] for i in ids).decode(errors="replace"),
        [0, 1, 2],
        one_after_the_other([0.1, 0.2, 0.5]),
    )
    assert words == (Word("\u4f60", 0.0, 0.2), Word("\u597d", 0.2, 0.5))


def test_tokens_of_a_frame_based_model_leave_gaps_between_words():
    pieces = {1: " the", 2: " kit", 3: "ten"}
    # The second word's first token begins 0.3 s after the first word ended.
    times_s = [(0.1, 0.2), (0.5, 0.6), (0.64, 0.72)]
    words = words_of(lambda ids: "".join(pieces[i] for i in ids), [1, 2, 3], times_s)
    assert words == (Word("the", 0.1, 0.2), Word("kitten", 0.5, 0.72))
