"""What is found in rollouts, against hand-computed numbers, scipy, and all choices tried one by one."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from asrdiag.metrics.rewards import DGWGPOReward, agreement, preferences
from asrdiag.metrics.rewards.agreement import count_pairs
from asrdiag.metrics.rewards.dgwgpo import PRESETS
from asrdiag.metrics.rewards.groups import summarize
from asrdiag.metrics.rewards.inspection import BATCH, Inspection, Inspector, inspect_rollouts
from asrdiag.metrics.rewards.potential import base_preservation, candidate_potential
from asrdiag.metrics.rewards.preferences import OTHER, TERMS, Preferences, explain, find_preferences
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup

few = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=7)


def group(texts: Sequence[str], reference: str = "the cat sat on the mat", **fields: object) -> RolloutGroup:
    rollouts = tuple(Rollout(transcript=text) for text in texts)
    return RolloutGroup(**{"group": "0", "reference": reference, "rollouts": rollouts, **fields})  # type: ignore[arg-type]


def everything(found: Inspection) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.ones(len(found.groups.group), np.bool_)


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=9), max_size=6))
@settings(max_examples=60, deadline=None)
def test_tau_is_that_of_scipy_in_every_group(groups: list[list[tuple[int, int]]]) -> None:
    first = [float(one) for each in groups for one, _ in each]
    second = [float(other) for each in groups for _, other in each]
    found = count_pairs(first, second, [len(each) for each in groups]).tau_b
    for tau, each in zip(found.tolist(), groups, strict=True):
        constant = len({one for one, _ in each}) < 2 or len({other for _, other in each}) < 2
        if constant:
            assert np.isnan(tau)
        else:
            assert tau == pytest.approx(kendalltau(*zip(*each, strict=True)).statistic, abs=1e-12)


WIDE = [group(["abcdefghijk"[:n].replace("", " ") for n in range(size)]) for size in (11, 4, 11)]


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    first, second, sizes = rng.integers(0, 5, 60), rng.integers(0, 5, 60), np.array([20, 7, 20, 13])
    whole = count_pairs(first, second, sizes)
    found = inspect_rollouts(WIDE, n_cases=3)
    assert len(found.cases) == 2 and found.causes["r_struc"] == 10
    monkeypatch.setattr(agreement, "_BLOCK_PAIRS", 8)
    monkeypatch.setattr(preferences, "_BLOCK_PAIRS", 8)
    again = inspect_rollouts(WIDE, n_cases=3)
    assert (again.cases, again.causes) == (found.cases, found.causes)
    parts = count_pairs(first, second, sizes)
    for name in ("pairs", "concordant", "discordant", "only_first_tied", "only_second_tied"):
        assert getattr(whole, name).tolist() == getattr(parts, name).tolist()


@given(few, st.data())
@settings(max_examples=60, deadline=None)
def test_potential_is_the_mean_over_all_choices_of_k(rates: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rates)))
    base, margin = data.draw(st.integers(0, 5)), 0.5
    best = [min(choice) <= base - margin for choice in combinations(rates, k)]
    found = candidate_potential(rates, [base], [len(rates)], margin=margin, k=k)
    assert found[0] == pytest.approx(np.mean(best), abs=1e-9)


@given(few, st.data())
@settings(max_examples=60, deadline=None)
def test_preservation_is_the_mean_over_all_choices_of_k(rates: list[float], data: st.DataObject) -> None:
    n = len(rates)
    k = data.draw(st.integers(1, n))
    base, margin = data.draw(st.integers(0, 5)), 0.5
    rewards = data.draw(st.lists(st.integers(0, 2).map(float), min_size=n, max_size=n))

    def share_kept(choice: tuple[int, ...]) -> float:
        highest = max(rewards[index] for index in choice)
        return float(np.mean([rates[i] <= base + margin for i in choice if rewards[i] == highest]))

    expected = np.mean([share_kept(choice) for choice in combinations(range(n), k)])
    found = base_preservation(rates, rewards, [base], [n], margin=margin, k=k)
    # Ties are levelled over all candidates of a reward, chosen or not: the mean is the same.
    assert found[0] == pytest.approx(expected, abs=1e-9)


def test_potential_is_unknown_without_a_base_or_enough_candidates() -> None:
    rates, rewards = [0.1, 0.2, 0.3], [1.0, 0.9, 0.8]
    base, sizes = [np.nan, 0.5], [2, 1]
    assert np.isnan(candidate_potential(rates, base, sizes, margin=0.05, k=2)).all()
    assert np.isnan(base_preservation(rates, rewards, base, sizes, margin=0.05, k=2)).all()
    # 0.15 - 0.05 falls short of 0.1 in floating point, and 0.35 + 0.05 of 0.4; they count.
    assert 0.15 - 0.05 < 0.1
    assert candidate_potential([0.1], [0.15], [1], margin=0.05).tolist() == [1.0]
    assert 0.35 + 0.05 < 0.4
    assert base_preservation([0.4], [1.0], [0.35], [1], margin=0.05).tolist() == [1.0]


WORDS = st.sampled_from(("the", "cat", "cap", "sat", "zebra"))
NEAR = st.sampled_from(
    ("the cat sat the cat", "the cap sat the cat", "the cat sat the", "the cat zebra the cat")
)
TEXTS = st.lists(NEAR | st.lists(WORDS, max_size=8).map(" ".join), min_size=2, max_size=6)


@given(TEXTS, st.sampled_from([*PRESETS, "clipped"]))
@settings(max_examples=80, deadline=None)
def test_what_the_terms_add_makes_up_the_difference(texts: list[str], preset: str) -> None:
    reward = DGWGPOReward(clip=True) if preset == "clipped" else DGWGPOReward.preset(preset)
    parts = reward.components(hypotheses=texts, references=["the cat sat the cat"] * len(texts))
    for pairs in find_preferences(parts["reward"], parts["wer"], np.array([len(texts)])):
        added = explain(reward, parts, pairs)
        assert list(added) == list(TERMS)
        assert (added["r_wer"] <= 1e-12).all()
        assert (parts["reward"][pairs.preferred] > parts["reward"][pairs.better]).all()
        assert (parts["wer"][pairs.preferred] > parts["wer"][pairs.better]).all()
    # Any two can be compared, also on different sides of the gate.
    one, other = np.indices((len(texts), len(texts))).reshape(2, -1)
    difference = parts["reward"][one] - parts["reward"][other]
    added = explain(reward, parts, Preferences(one, other))
    np.testing.assert_allclose(sum(added.values()), difference, atol=1e-12)


def test_a_group_in_numbers() -> None:
    # WER 0, 2/6 and 4/6; the reward of the second is that of the worked example, 0.715278.
    # The third: C 2, 4 deleted, WER >= tau, so R_wer = R_fine = R_struc = 2/6 = R.
    found = inspect_rollouts(
        [group(["The cat sat on the mat.", "the cap sat on mat", "the cat"], base_wer=0.3)]
    )
    columns = {name: values[0] for name, values in found.groups.columns.items()}
    rewards = np.array([1.0, 0.715278, 0.333333])
    assert columns["reward_mean"] == pytest.approx(rewards.mean(), abs=1e-6)
    assert columns["reward_std"] == pytest.approx(rewards.std(ddof=1), abs=1e-6)
    assert columns["wer_mean"] == pytest.approx((0 + 2 / 6 + 4 / 6) / 3)
    assert [columns[name] for name in ("wer_min", "wer_of_top", "base_wer")] == [0.0, 0.0, 0.3]
    assert [columns[name] for name in ("tau_b", "n_pairs", "n_against")] == [1.0, 3.0, 0.0]
    assert [columns[name] for name in ("n_distinct", "n_exact", "n_valid", "n_end_unknown")] == [3, 1, 3, 3]
    assert columns["length_ratio"] == pytest.approx((6 + 5 + 2) / 18)
    summary = summarize(found.groups, everything(found), margin=0.05)
    assert (summary.potential, summary.preservation, summary.k, summary.n_no_room) == (1.0, 1.0, 3, 0)
    assert (summary.overlong, summary.valid) == (None, 1.0)
    assert sum(share or 0 for share in found.variance_shares.values()) == pytest.approx(1)


def test_groups_without_variance_are_told_apart() -> None:
    found = inspect_rollouts(
        [
            group(["the cat sat on the mat"] * 3),  # all right
            group(["the cat"] * 3),  # one wrong text
            group(["the cat", "on mat", "The cat"]),  # two texts of the same reward
            group(["the cat", "the cat sat"]),
            group(["the cat"]),  # alone: no variance is to be expected
        ]
    )
    summary = summarize(found.groups, everything(found), margin=0.05)
    assert (summary.n_zero_variance, summary.n_several, summary.n_groups) == (3, 4, 5)
    assert (summary.n_zero_exact, summary.n_zero_same_text) == (1, 1)
    assert (summary.potential, summary.base_wer, summary.n_ranked) == (None, None, 1)
    assert summary.top_is_best == 1.0


def test_invalid_outputs_are_counted_apart() -> None:
    endings = ("stop", "length", None, "stop")
    texts = ("", "the cat", "so " * 9, "the cat")
    rollouts = tuple(Rollout(transcript=t, finish_reason=e) for t, e in zip(texts, endings, strict=True))
    found = inspect_rollouts([RolloutGroup(group="0", reference="the cat", rollouts=rollouts)])
    summary = summarize(found.groups, everything(found), margin=0.05)
    # One of four is empty, one loops; of the three whose end is known one was cut.
    assert (summary.empty, summary.loops, summary.valid) == (0.25, 0.25, 0.25)
    assert (summary.overlong, summary.n_end_unknown) == (pytest.approx(1 / 3), 1)


def test_a_loop_that_is_spared_a_negative_r_wer_is_found() -> None:
    # Without errors of its own to pay for, R_static = 0 for the loop; the shorter nonsense has R_wer = -1.
    reference, loop, nonsense = "go home", "so so so so so so so so", "big red hot pan"
    found = inspect_rollouts([group([loop, nonsense], reference, sample_id="s", group="g")], n_cases=3)
    [case] = found.cases
    assert (case.preferred, case.better, case.cause) == (loop, nonsense, "r_rep")
    assert (case.wer_preferred, case.wer_better) == (4.0, 2.0)
    # (1 - 0.6) * ((1 - 4) + (1 - 2)) / 2 * (0 - 1) = 0.8
    assert case.causes["r_rep"] == pytest.approx(0.8)
    assert found.causes == {name: int(name == "r_rep") for name in (*TERMS, OTHER)}
    clipped = inspect_rollouts([group([loop, nonsense], reference)], DGWGPOReward(clip=True))
    assert (clipped.cases, sum(clipped.causes.values())) == ([], 0)


def test_the_worst_cases_are_kept_one_of_a_group() -> None:
    # R_struc prefers three wrong words to one: the length is right. WER 1 + i/3 for i words too many.
    def case(words: int) -> RolloutGroup:
        return group(["", "x " * words, "y " * words], "the cat sat", group=str(words))

    found = inspect_rollouts([case(4), case(5), case(3)], n_cases=1)
    assert [(each.group, each.wer_preferred) for each in found.cases] == [("5", pytest.approx(5 / 3))]
    assert inspect_rollouts([case(4)], n_cases=0).cases == []


def test_logged_rewards_are_compared_and_can_rank() -> None:
    rewards = (0.2, 0.9)
    texts = ("the cat sat on the mat", "the cat")
    rollouts = tuple(Rollout(transcript=t, reward=r) for t, r in zip(texts, rewards, strict=True))
    logged = RolloutGroup(group="0", reference=texts[0], rollouts=rollouts)
    computed = inspect_rollouts([logged])
    # 1.0 against 0.2, and 0.333333 against 0.9.
    assert (computed.n_logged, computed.n_logged_equal) == (2, 0)
    assert computed.logged_difference == pytest.approx(0.8)
    assert computed.groups.columns["tau_b"].tolist() == [1.0]
    ranked = inspect_rollouts([logged, group(["a", "b"])], use_logged=True)
    assert ranked.groups.columns["tau_b"].tolist() == [-1.0]
    assert (ranked.n_without_reward, len(ranked.groups.group)) == (1, 1)
    assert (ranked.causes[OTHER], ranked.cases[0].cause) == (1, OTHER)


def test_batches_make_no_difference() -> None:
    rng = np.random.default_rng(1)
    words = ["the", "cat", "sat", "on", "a", "mat", "so"]
    groups = [group([" ".join(rng.choice(words, rng.integers(0, 8))) for _ in range(4)]) for _ in range(40)]
    whole = inspect_rollouts(groups)
    inspector = Inspector(DGWGPOReward())
    for index, each in enumerate(groups):
        inspector.add(each)
        if index % 7 == 0:
            inspector._score()
    parts = inspector.result()
    assert BATCH > 160
    for name, values in whole.groups.columns.items():
        np.testing.assert_array_equal(values, parts.groups.columns[name], err_msg=name)
    for within in ("correlation", "correlation_within"):
        for name, row in getattr(whole, within).items():
            assert getattr(parts, within)[name] == pytest.approx(row), (within, name)
    assert whole.cases == parts.cases


def test_correlations_are_those_of_numpy() -> None:
    texts = [["the cat", "the cap sat on mat", "so so so so so"], ["mat", "the cat sat on the mat"]]
    found = inspect_rollouts([group(each) for each in texts])
    hypotheses = [text for each in texts for text in each]
    parts = DGWGPOReward().components(hypotheses=hypotheses, references=["the cat sat on the mat"] * 5)
    expected = np.corrcoef(parts["reward"], parts["r_fine"])[0, 1]
    assert found.correlation["reward"]["r_fine"] == pytest.approx(expected)
    own = [np.concatenate([v[:3] - v[:3].mean(), v[3:] - v[3:].mean()]) for v in parts.values()]
    within = dict(zip(parts, own, strict=True))
    assert found.correlation_within["reward"]["r_fine"] == pytest.approx(
        np.corrcoef(within["reward"], within["r_fine"])[0, 1]
    )
    one = inspect_rollouts([group(["the cat", "the cat"])])
    assert one.correlation_within["reward"]["r_fine"] is None
    assert one.variance_shares == dict.fromkeys(("static", "fine", "struc"))


def test_nothing_in_gives_nothing_out() -> None:
    found = inspect_rollouts([])
    summary = summarize(found.groups, everything(found), margin=0.05)
    assert (summary.n_groups, summary.reward_mean, summary.valid, summary.potential) == (0, None, None, None)
