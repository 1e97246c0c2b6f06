"""Each term by hand, alone and in sums; what it is made with is checked."""

import math
from typing import Any

import numpy as np
import pytest

from asrdiag.metrics.rewards import (
    CERReward,
    DGWGPOReward,
    FormatReward,
    LengthReward,
    Measured,
    ReconstructionReward,
    RefinementReward,
    RepetitionGate,
    Reward,
    Values,
    WeightedReward,
    WERReward,
)


def one(reward: Reward, hypothesis: str, reference: str, language: str = "en") -> float:
    [value] = reward.score(hypotheses=[hypothesis], references=[reference], languages=language)
    return float(value)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "language", "expected"),
    [
        ("the cap sat on mat", "the cat sat on the mat", "en", 1 - 2 / 6),  # one S, one D
        ("The cat, sat!", "the cat sat", "en", 1.0),
        ("a b c d e", "a", "en", 1 - 4 / 1),  # four I
        ("", "a b", "en", 0.0),
        ("", "", "en", 1.0),
        ("a b c", "", "en", 1 - 3 / 1),  # over one token
        ("你号", "你好吗", "zh", 1 - 2 / 3),  # one S, one D of three characters
        ("我用iphone", "我用iPhone拍", "zh-en", 1 - 1 / 4),  # 我, 用, iphone, 拍
    ],
)
def test_wer(hypothesis: str, reference: str, language: str, expected: float) -> None:
    assert one(WERReward(), hypothesis, reference, language) == pytest.approx(expected, abs=1e-15)
    assert one(WERReward(clip=True), hypothesis, reference, language) == max(
        0, one(WERReward(), hypothesis, reference, language)
    )


def test_cer_is_by_character_in_every_language() -> None:
    assert one(CERReward(), "the cap", "the cat") == 1 - 1 / 6  # t h e c a t
    assert one(CERReward(), "ab", "abcd") == 1 - 2 / 4
    assert one(CERReward(clip=True), "abcd", "a") == 0  # 1 - 3
    assert one(CERReward(language="zh"), "你号", "你好") == 0.5


def test_the_repetition_gate() -> None:
    gate = RepetitionGate()
    assert one(gate, "no no no", "hello") == 1  # three times may be speech
    assert one(gate, "no no no no", "hello") == 0
    assert one(gate, "come on come on come on", "hello") == 1  # a phrase has three tokens
    assert one(gate, "oh my god oh my god oh my god", "hello") == 0
    assert one(gate, "oh my god oh my god", "hello") == 1
    assert one(gate, "no no no no no", "no no no no no") == 1  # the speaker said so
    assert one(gate, "no no no no no", "no no no no") == 0  # once more than the speaker
    assert one(gate, "我我我我", "我", "zh") == 0
    assert one(RepetitionGate(min_repeats=3), "我我我", "我", "zh") == 0
    assert one(RepetitionGate(min_repeats=3), "我我我", "我", "en") == 1  # one word
    assert one(gate, "", "") == one(gate, "", "a") == 1
    assert one(gate, "a a a a", "") == 0


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        ((4, 3), [1, 0, 0, 1, 0, 0]),
        ((5, 4), [1, 1, 0, 1, 1, 0]),
        ((5, 3), [1, 1, 0, 1, 0, 0]),
        ((3, 3), [0, 0, 0, 1, 0, 0]),
        ((2, 2), [0, 0, 0, 0, 0, 0]),
        ((7, 5), [1, 1, 1, 1, 1, 1]),
        ((9, 2), [1, 1, 0, 0, 0, 0]),  # six times one token is twice three
    ],
)
def test_thresholds_of_the_repetition_gate(thresholds: tuple[int, int], expected: list[int]) -> None:
    texts = ["a a a", "a a a a", "a a a a a a", "b c d " * 2, "b c d " * 3, "b c d " * 4]
    gate = RepetitionGate(min_repeats=thresholds[0], min_phrase_repeats=thresholds[1])
    assert gate.score(hypotheses=texts, references=["x"] * 6).tolist() == expected


def test_refinement() -> None:
    # C 4, one soft, one deletion
    assert one(RefinementReward(), "the cap sat on mat", "the cat sat on the mat") == 4 / (4 + 1 + 0.4 + 1e-8)
    hard = RefinementReward(alpha_s=1)
    assert one(hard, "the cap sat on mat", "the cat sat on the mat") == 4 / (4 + 1 + 1 + 1e-8)
    free = RefinementReward(alpha_s=0)
    assert one(free, "the cap sat on mat", "the cat sat on the mat") == 4 / (4 + 1 + 1e-8)
    assert one(RefinementReward(), "a b", "a b") == 2 / (2 + 1e-8)
    assert one(RefinementReward(), "x y", "a b") == 0
    assert one(RefinementReward(), "", "a b") == one(RefinementReward(), "a b", "") == 0
    assert one(RefinementReward(), "", "") == 1


def test_reconstruction() -> None:
    reward = ReconstructionReward()
    # LCS the sat on mat = 4 of 6; one token of six is missing
    assert one(reward, "the cap sat on mat", "the cat sat on the mat") == 0.5 * 4 / 6 + 0.5 * (1 - 1 / 6)
    assert one(reward, "x y", "a b") == 0.5  # as long
    assert one(reward, "a b c d", "a b") == 0.5 + 0.5 * 0  # twice as long
    assert one(reward, "a b c d e f g", "a b") == 0.5  # never below
    assert one(reward, "b a", "a b") == 0.5 * 1 / 2 + 0.5
    assert one(reward, "", "a b") == one(reward, "a", "") == one(reward, "a b c", "") == 0
    assert one(reward, "", "") == 1


def test_the_backbone_may_hold_more_than_the_alignment() -> None:
    # Five substitutions are fewer edits than three deletions, a, b and three insertions: nothing is correct,
    # but a b is a common subsequence.
    reference, hypothesis = "pp qq rr a b", "a b xx yy zz"
    assert one(RefinementReward(), hypothesis, reference) == 0
    assert one(ReconstructionReward(), hypothesis, reference) == 0.5 * 2 / 5 + 0.5


def test_length() -> None:
    assert one(LengthReward(), "x y z", "a b c") == 1
    assert one(LengthReward(), "x y", "a b c d") == 0.5
    assert one(LengthReward(), "x " * 9, "a b c d") == 0
    assert one(LengthReward(tolerance=0.5), "x y", "a b c d") == 1
    assert one(LengthReward(tolerance=0.25), "x y", "a b c d") == 0.75
    assert one(LengthReward(), "", "") == 1
    assert one(LengthReward(), "x", "") == 0


def test_format_judges_the_raw_answer() -> None:
    reward = FormatReward(pattern=r"language [A-Z][a-z]+<asr_text>.+")
    answers = [
        "language English<asr_text>Hi\nthere.",
        "language english<asr_text>hi",
        "hi",
        " language English<asr_text>x",
    ]
    assert reward.score(hypotheses=answers, references=[""] * 4).tolist() == [1, 0, 0, 0]
    words = FormatReward(pattern="[a-z ]+")
    assert words.score(hypotheses=["two cats", "two cats."], references=["2", "2"]).tolist() == [1, 0]


def test_weighted_sum() -> None:
    inner = WeightedReward({"wer": (1.0, WERReward())})
    both = WeightedReward({"dgwgpo": (0.75, DGWGPOReward()), "cer": [0.25, CERReward()], "sum": (-1, inner)})
    texts: dict[str, Any] = {
        "hypotheses": ["the cap sat on mat", "x"],
        "references": ["the cat sat on the mat", "x"],
    }
    found = both.components(**texts)
    assert list(found)[:4] == ["reward", "dgwgpo", "dgwgpo/wer", "dgwgpo/r_wer"]
    assert list(found)[-3:] == ["cer", "sum", "sum/wer"]
    # CER: p for t and thet e h e missing: the cap sat on mat has 14 characters of 17, one of them wrong
    assert found["cer"][0] == 1 - 4 / 17
    expected = 0.75 * found["dgwgpo"] + 0.25 * found["cer"] - found["sum"]
    assert np.array_equal(found["reward"], expected)
    assert np.array_equal(both.score(**texts), expected)
    assert both.score(hypotheses=[], references=[]).tolist() == []


class Politeness(Reward):
    """A term of a user's own, without parameters."""

    def values(self, measured: Measured) -> Values:
        return np.array([float("please" in text) for text in measured.hypotheses])


def test_a_term_of_ones_own() -> None:
    texts: dict[str, Any] = {"hypotheses": ["Yes, PLEASE!", "no"], "references": ["yes please", "no"]}
    assert Politeness().score(**texts).tolist() == [1, 0]
    assert WeightedReward({"kind": (2, Politeness(language="fr"))}).score(**texts).tolist() == [2, 0]


def test_languages_of_single_utterances() -> None:
    reward = WERReward(language="zh")
    texts: dict[str, Any] = {
        "hypotheses": ["two dogs", "你好吗", "two dogs"],
        "references": ["2 dogs", "你好", "2 cats"],
    }
    found = reward.score(**texts, languages=["en", "zh", "en"])
    assert found.tolist() == [1, 0.5, 0.5]
    alone = [
        reward.score(hypotheses=[h], references=[r], languages=[tag]).item()
        for h, r, tag in zip(texts["hypotheses"], texts["references"], ["en", "zh", "en"], strict=True)
    ]
    assert alone == found.tolist()
    assert reward.score(hypotheses=["你好吗"], references=["你好"]).tolist() == [0.5]  # its own language


def test_normalised_text_is_taken_as_it_is() -> None:
    assert one(WERReward(normalizer="none"), "Two dogs", "two dogs") == 0.5
    assert one(WERReward(normalizer=str.lower), "Two dogs", "two dogs") == 1
    assert one(WERReward(unit="character", normalizer="none"), "ab", "abc") == 1 - 1 / 3


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WERReward(clip=1), TypeError, "clip is 1 (int), expected True or False"),
        (lambda: WERReward(clip="false"), TypeError, "clip is 'false' (str), expected True or False"),
        (lambda: WERReward(language="English"), ValueError, "language 'English' is not a language tag"),
        (
            lambda: WERReward(language=["en"]),
            TypeError,
            "language is ['en'] (list), expected a tag such as 'en'",
        ),
        (
            lambda: WERReward(normalizer="whisper"),
            ValueError,
            "unknown normalizer 'whisper'; known: whisper-eng",
        ),
        (lambda: WERReward(normalizer=3), TypeError, "normalizer is 3 (int), expected a name, a function"),
        (lambda: WERReward(unit="words"), ValueError, "unknown unit 'words'; known: word, character, mixed"),
        (
            lambda: RepetitionGate(min_repeats=1),
            ValueError,
            "min_repeats is 1, expected an integer of at least 2",
        ),
        (
            lambda: RepetitionGate(min_repeats=4.0),
            TypeError,
            "min_repeats is 4.0 (float), expected an integer",
        ),
        (
            lambda: RepetitionGate(min_phrase_repeats=True),
            TypeError,
            "min_phrase_repeats is True (bool), expected an",
        ),
        (lambda: RefinementReward(alpha_s=1.5), ValueError, "alpha_s is 1.5, expected a number from 0 to 1"),
        (
            lambda: RefinementReward(alpha_s="0.4"),
            TypeError,
            "alpha_s is '0.4' (str), expected a number from 0 to 1",
        ),
        (
            lambda: LengthReward(tolerance=-1),
            ValueError,
            "tolerance is -1, expected a finite number of at least 0",
        ),
        (lambda: FormatReward(pattern="("), ValueError, "pattern '(' is no regular expression: missing )"),
        (
            lambda: FormatReward(pattern=b"x"),
            TypeError,
            "pattern is b'x', expected a regular expression as a string",
        ),
        (lambda: WeightedReward({}), ValueError, "terms is empty"),
        (lambda: WeightedReward([WERReward()]), TypeError, "terms is a list, expected a mapping"),
        (lambda: WeightedReward({"a": WERReward()}), TypeError, "terms['a'] is WERReward("),
        (
            lambda: WeightedReward({"a": (1, "wer")}),
            TypeError,
            "terms['a'] is 'wer', expected an object with",
        ),
        (
            lambda: WeightedReward({"a": (math.nan, WERReward())}),
            ValueError,
            "the weight of 'a' is nan, expected a f",
        ),
        (lambda: WeightedReward({"reward": (1, WERReward())}), ValueError, "a term is called 'reward'"),
    ],
)
def test_what_a_term_is_made_with_is_checked(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ({"hypotheses": ["a"], "references": []}, ValueError, "1 hypotheses but 0 references"),
        (
            {"hypotheses": "a", "references": "a"},
            TypeError,
            "hypotheses is a str ('a'), expected a list of texts",
        ),
        (
            {"hypotheses": ["a", None], "references": ["a", "b"]},
            TypeError,
            "hypotheses[1] is None (NoneType), expected",
        ),
        (
            {"hypotheses": ["a"], "references": [math.nan]},
            TypeError,
            "references[0] is nan (float), expected a string",
        ),
        (
            {"hypotheses": ["a"], "references": ["a"], "languages": ["en", "zh"]},
            ValueError,
            "1 hypotheses but 2 langu",
        ),
        (
            {"hypotheses": ["a"], "references": ["a"], "languages": ["Chinese"]},
            ValueError,
            "language 'Chinese' is no",
        ),
        ({"hypotheses": ["a"], "references": ["a"], "languages": [None]}, TypeError, "languages[0] is None"),
    ],
)
def test_what_a_call_is_given_is_checked(texts: dict[str, Any], error: type[Exception], message: str) -> None:
    for reward in (WERReward(), DGWGPOReward()):
        with pytest.raises(error) as raised:
            reward.components(**texts)
        assert message in str(raised.value)


def test_texts_come_by_keyword() -> None:
    with pytest.raises(TypeError, match="positional"):
        WERReward().score(["a"], ["a"])  # type: ignore[misc]
