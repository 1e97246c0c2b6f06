# ruff: noqa: RUF001 - full-width punctuation is what Chinese is written with
"""A reward's error rate is the leaderboard's, on the same texts, in every unit and by every normaliser."""

import json
from importlib.resources import files
from random import Random

import pytest

from asrdiag.metrics import Counts, score
from asrdiag.metrics.rewards import CERReward, DGWGPOReward, ReconstructionReward, RefinementReward, WERReward

CHINESE = ["我们2024年用iPhone拍了50%。", "你好嗎？", "今天天气很好，我们去公园。", "两个人在那儿"]
MIXED = ["我用iPhone拍照", "OK 没问题", "这个 project 很 interesting"]


def heard(text: str, random: Random) -> str:
    """The text with some of its words, or characters if it has no spaces, lost, changed and repeated."""
    space = " " if " " in text else ""
    tokens = text.split() if space else list(text)
    out: list[str] = []
    for token in tokens:
        draw = random.random()
        out += [] if draw < 0.1 else [token[::-1]] if draw < 0.25 else [token.upper()]
        out += [token] * (5 if draw > 0.97 else 0)
    return space.join(out)


@pytest.fixture(scope="module")
def corpus() -> tuple[list[str], list[str], list[str]]:
    random = Random(0)
    english = [
        json.loads(line)["text"]
        for line in files("asrdiag.datasets").joinpath("demo.jsonl").read_text().splitlines()
    ]
    rows = [
        (text, heard(text, random), language)
        for language, texts in (("en", english), ("zh", CHINESE), ("zh-en", MIXED), ("de", english[:3]))
        for text in texts
        for _ in range(4)
    ]
    rows += [("", "hello", "en"), ("hello", "", "en"), ("", "", "zh"), ("好", "", "zh")]
    random.shuffle(rows)
    references, hypotheses, languages = map(list, zip(*rows, strict=True))
    return references, hypotheses, languages


@pytest.mark.parametrize("normalizer", [None, "basic@1", "vitw-chinese@1", "none", str.casefold])
def test_the_error_rate_is_that_of_the_evaluation(
    corpus: tuple[list[str], list[str], list[str]], normalizer: str | None
) -> None:
    references, hypotheses, languages = corpus
    found = score(references, hypotheses, language=languages, normalizer=normalizer)
    parts = DGWGPOReward(normalizer=normalizer).components(
        hypotheses=hypotheses, references=references, languages=languages
    )
    alone = WERReward(normalizer=normalizer).score(
        hypotheses=hypotheses, references=references, languages=languages
    )
    assert alone.tolist() == parts["r_wer"].tolist()
    for utterance, wer, r_wer, r_rep in zip(
        found.utterances, parts["wer"].tolist(), parts["r_wer"].tolist(), parts["r_rep"].tolist(), strict=True
    ):
        if utterance.error_rate is not None:
            assert wer == utterance.error_rate
            assert r_wer == 1 - utterance.error_rate
        else:
            assert utterance.reference_tokens == ()
        assert r_rep == 1 - utterance.repetition_loop
    assert {utterance.unit for utterance in found.utterances} == {"word", "character", "mixed"}
    assert any(utterance.repetition_loop for utterance in found.utterances)


@pytest.mark.parametrize("language", ["en", "zh", "zh-en"])
def test_pooled_the_rewards_give_the_leaderboards_rate(
    corpus: tuple[list[str], list[str], list[str]], language: str
) -> None:
    rows = [(r, h) for r, h, tag in zip(*corpus, strict=True) if tag == language]
    references, hypotheses = map(list, zip(*rows, strict=True))
    measured = DGWGPOReward(language=language).measure(hypotheses=hypotheses, references=references)
    errors = measured.table[:, 1:5].sum()
    found = score(references, hypotheses, language=language)
    assert errors / measured.reference_tokens.sum() == found.error_rate
    assert found.error_rate == {"en": found.wer, "zh": found.cer, "zh-en": found.mer}[language]


def test_every_term_follows_from_the_counts_of_the_evaluation(
    corpus: tuple[list[str], list[str], list[str]],
) -> None:
    references, hypotheses, languages = corpus
    found = score(references, hypotheses, language=languages)
    texts = {"hypotheses": hypotheses, "references": references, "languages": languages}
    fine, struc = RefinementReward().score(**texts).tolist(), ReconstructionReward().score(**texts).tolist()
    for utterance, r_fine, r_struc in zip(found.utterances, fine, struc, strict=True):
        c = utterance.counts
        assert isinstance(c, Counts)
        if not c.reference_tokens:
            continue
        hard = c.substitutions_hard + c.deletions + c.insertions
        assert r_fine == c.correct / (c.correct + (hard + 0.4 * c.substitutions_soft) + 1e-8)
        off = abs(c.hypothesis_tokens - c.reference_tokens) / c.reference_tokens
        assert r_struc == 0.5 * (c.lcs / c.reference_tokens) + 0.5 * max(0.0, 1 - off)


def test_characters_in_english() -> None:
    found = score(["the cat sat"], ["The cap!"], unit="character")
    assert found.cer is not None
    assert CERReward().score(hypotheses=["The cap!"], references=["the cat sat"]).tolist() == [1 - found.cer]
