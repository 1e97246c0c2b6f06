"""What holds for any texts: exact matches, bounds, appended words, case and marks, batches, the kernel."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.metrics import batch, pure
from asrdiag.metrics.rewards import PRESETS, CERReward, DGWGPOReward, LengthReward, Reward, WERReward

WORDS = ["cat", "cap", "cats", "dog", "the", "then", "no", "yes", "mat", "elephant", "go", "你好", "吗"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
ENGLISH = st.lists(st.sampled_from(WORDS[:-2]), min_size=1, max_size=12)
ANY = st.one_of(TEXTS, st.text(max_size=30))
LANGUAGES = st.sampled_from(["en", "zh", "zh-en", "fr"])
REWARDS: list[Reward] = [
    *(DGWGPOReward.preset(name) for name in PRESETS),
    *(DGWGPOReward(clip=True), WERReward(), CERReward(), LengthReward()),
    DGWGPOReward(min_repeats=3, min_phrase_repeats=2),
]
CALM = settings(max_examples=60, deadline=None)


def value(reward: Reward, hypothesis: str, reference: str, language: str = "en") -> float:
    return float(reward.score(hypotheses=[hypothesis], references=[reference], languages=language)[0])


@CALM
@given(ANY, LANGUAGES)
def test_an_exact_match_is_worth_1(text: str, language: str) -> None:
    for reward in REWARDS:
        assert abs(value(reward, text, text, language) - 1) <= 1e-8, reward


@CALM
@given(st.lists(st.tuples(ANY, ANY, LANGUAGES), min_size=1, max_size=6))
def test_no_reward_exceeds_1_and_all_are_finite_and_a_batch_is_its_rows(
    rows: list[tuple[str, str, str]],
) -> None:
    hypotheses, references, languages = map(list, zip(*rows, strict=True))
    for reward in REWARDS:
        found = reward.components(hypotheses=hypotheses, references=references, languages=languages)
        assert all(np.isfinite(values).all() for values in found.values())
        assert (found["reward"] <= 1).all()
        if getattr(reward, "clip", False):
            assert (found["reward"] >= 0).all()
        for place, (hypothesis, reference, language) in enumerate(rows):
            single = reward.components(hypotheses=[hypothesis], references=[reference], languages=[language])
            assert {name: values[0] for name, values in single.items()} == {
                name: values[place] for name, values in found.items()
            }


def values_as_words_are_appended(
    reward: DGWGPOReward, said: list[str], more: list[str]
) -> list[tuple[float, float]]:
    longer = [said + more[:count] for count in range(len(more) + 1)]
    found = reward.components(
        hypotheses=[" ".join(words) for words in longer], references=[" ".join(said)] * len(longer)
    )
    return list(zip(found["gate"].tolist(), found["reward"].tolist(), strict=True))


def never_rises_on_one_side(steps: list[tuple[float, float]]) -> bool:
    return all(
        later <= earlier + 1e-12 for (side, earlier), (after, later) in pairwise(steps) if side == after
    )


@CALM
@given(ENGLISH, st.lists(st.sampled_from(WORDS[:-2]), max_size=30))
def test_words_appended_to_an_exact_match_never_pay_on_one_side_of_the_gate(
    said: list[str], more: list[str]
) -> None:
    published, clipped = DGWGPOReward(normalizer="none"), DGWGPOReward(normalizer="none", clip=True)
    # As long as R_wer is not negative; with clip, however much is appended.
    assert never_rises_on_one_side(values_as_words_are_appended(published, said, more[: len(said)]))
    assert never_rises_on_one_side(values_as_words_are_appended(clipped, said, more))
    # Without R_rep nothing forgives a negative R_wer.
    unforgiving = DGWGPOReward(normalizer="none", repetition=False)
    assert never_rises_on_one_side(values_as_words_are_appended(unforgiving, said, more))


def test_the_property_can_fail_at_the_gate() -> None:
    said, junk = [f"w{place}" for place in range(100)], [f"x{place}" for place in range(31)]
    steps = values_as_words_are_appended(DGWGPOReward(normalizer="none"), said, junk)
    assert never_rises_on_one_side(steps)
    assert steps[30][1] > steps[29][1]
    assert not never_rises_on_one_side([(0, value) for _, value in steps])


@CALM
@given(
    st.lists(
        st.tuples(st.sampled_from(WORDS[:-2]), st.sampled_from([" ", ", ", ". ", "! ", " - "]), st.booleans())
    ),
    ENGLISH,
)
def test_case_and_punctuation_do_not_matter(said: list[tuple[str, str, bool]], reference: list[str]) -> None:
    plain = " ".join(word for word, _, _ in said)
    written = "".join((word.upper() if upper else word) + mark for word, mark, upper in said)
    for reward in REWARDS:
        assert value(reward, plain, " ".join(reference)) == value(reward, written, " ".join(reference))


@pytest.mark.skipif(batch.KERNEL == "python", reason="the kernel is not built")
@CALM
@given(st.lists(st.tuples(ANY, ANY, LANGUAGES), min_size=1, max_size=4))
def test_the_kernel_and_python_give_the_same(rows: list[tuple[str, str, str]]) -> None:
    hypotheses, references, languages = map(list, zip(*rows, strict=True))

    def everything() -> list[dict[str, list[float]]]:
        return [
            {
                name: values.tolist()
                for name, values in reward.components(
                    hypotheses=hypotheses, references=references, languages=languages
                ).items()
            }
            for reward in REWARDS
        ]

    compiled = everything()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_analyze", pure.analyze)
        assert everything() == compiled
