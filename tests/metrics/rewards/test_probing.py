"""Which temperature is chosen, and when none is."""

import pytest

from asrdiag.metrics.rewards.groups import Groups
from asrdiag.metrics.rewards.inspection import inspect_rollouts
from asrdiag.metrics.rewards.probing import Criterion, probe, with_greedy_base
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup

REFERENCE = "we saw a cat sit on the old red mat"
RIGHT = REFERENCE
BASE = "we saw a cat sit on the old"  # WER 0.2
WORSE = "we saw a"  # WER 0.7


def made(temperature: float, *prompts: tuple[str, ...]) -> list[RolloutGroup]:
    return [
        RolloutGroup(
            group=f"{temperature}-{index}",
            sample_id=f"p{index}",
            reference=REFERENCE,
            temperature=temperature,
            rollouts=tuple(Rollout(transcript=text) for text in texts),
        )
        for index, texts in enumerate(prompts)
    ]


def groups(*levels: list[RolloutGroup]) -> Groups:
    return inspect_rollouts([group for level in levels for group in level]).groups


GREEDY = made(0.0, (BASE,), (BASE,), (BASE,), (BASE,))


def test_the_highest_potential_is_chosen_among_those_that_keep_the_base() -> None:
    low = made(0.3, (BASE, BASE), (BASE, RIGHT), (BASE, BASE), (BASE, BASE))  # CPI 1/4, BAP 1
    middle = made(0.7, (BASE, RIGHT), (BASE, RIGHT), (BASE, BASE), (BASE, BASE))  # CPI 2/4, BAP 1
    high = made(1.2, (RIGHT, BASE), (RIGHT, BASE), (RIGHT, BASE), (WORSE, WORSE))  # CPI 3/4, BAP 3/4
    found = probe(groups(high, low, GREEDY, middle), Criterion())
    assert [level.temperature for level in found.levels] == [0.0, 0.3, 0.7, 1.2]
    assert [level.summary.potential for level in found.levels[1:]] == [0.25, 0.5, 0.75]
    assert [level.summary.preservation for level in found.levels[1:]] == [1.0, 1.0, 0.75]
    assert (found.chosen, found.k, found.n_prompts) == (0.7, 2, 4)
    assert found.reason.startswith("highest CPI (50.0 %) of the 2 with BAP of at least 90.0 %")
    assert found.levels[3].refused == "BAP 75.0 %, less than 90.0 %"
    # One prompt of four differs: twice the smaller tail of a binomial, 2 * 1/2.
    assert found.not_told_apart == {0.3: 1.0}
    assert probe(groups(high, low, GREEDY, middle), Criterion(least_preservation=0.5)).chosen == 1.2


def test_of_equal_ones_the_lower_temperature_is_chosen() -> None:
    same = [(BASE, RIGHT)] * 4
    assert probe(groups(made(0.7, *same), made(0.5, *same), GREEDY), Criterion()).chosen == 0.5


def test_a_limit_of_1_is_kept_by_what_is_1_on_paper() -> None:
    # Seven of equal reward share the first place: seven times 1/7, which a computer may make less than 1.
    found = probe(groups(made(0.5, *[(BASE,) * 7] * 4), GREEDY), Criterion(least_preservation=1))
    assert found.levels[1].summary.preservation == 1
    assert (found.chosen, found.levels[1].refused) == (0.5, None)


def test_invalid_outputs_keep_a_temperature_out() -> None:
    loops = [(RIGHT, "so " * 12)] * 4
    found = probe(groups(made(0.7, *loops), GREEDY), Criterion())
    assert found.chosen is None
    assert found.reason == (
        "no temperature can be chosen (0: greedy decoding: every rollout is the same; "
        "0.7: valid outputs 50.0 %, less than 98.0 %)"
    )


def test_more_candidates_give_no_advantage() -> None:
    # One of two right, against two of four: with k = 2 of 4, 1 - C(2,2)/C(4,2) = 5/6, above 1 of 2.
    few = made(0.5, *[(BASE, RIGHT)] * 4)
    many = made(0.7, *[(BASE, BASE, BASE, RIGHT)] * 4)
    found = probe(groups(few, many, GREEDY), Criterion())
    # 1 - C(3,2)/C(4,2) = 1 - 3/6
    assert [level.summary.potential for level in found.levels[1:]] == [1.0, pytest.approx(0.5)]
    assert (found.k, found.chosen) == (2, 0.5)
    refused = probe(groups(few, many, GREEDY), Criterion(k=3))
    assert refused.levels[1].refused == "fewer than 3 rollouts a prompt"
    assert refused.chosen == 0.7


def test_the_base_is_what_the_log_says_else_the_greedy_answer() -> None:
    logged = inspect_rollouts(
        [
            RolloutGroup(group="a", reference=REFERENCE, base_wer=0.4, rollouts=(Rollout(transcript=BASE),)),
            RolloutGroup(
                group="b", reference=REFERENCE, base_transcript=WORSE, rollouts=(Rollout(transcript=BASE),)
            ),
            *made(0.7, (BASE,)),
        ]
    ).groups
    assert logged.columns["base_wer"][:2].tolist() == [0.4, 0.7]
    filled = with_greedy_base(logged, groups(GREEDY))
    assert filled.columns["base_wer"].tolist() == [0.4, 0.7, 0.2]


def test_without_a_base_or_a_temperature_nothing_can_be_chosen() -> None:
    found = probe(groups(made(0.7, (BASE, RIGHT))), Criterion())
    assert (found.chosen, found.levels[0].refused) == (None, "no base error rate")
    unknown = inspect_rollouts(
        [RolloutGroup(group="a", reference=REFERENCE, rollouts=(Rollout(transcript=BASE),))]
    )
    with pytest.raises(ValueError, match="no group has a temperature"):
        probe(unknown.groups, Criterion())


@pytest.mark.parametrize("wrong", [{"margin": 1.5}, {"least_valid": -0.1}, {"k": 0}])
def test_a_criterion_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Criterion(**wrong)  # type: ignore[arg-type]
