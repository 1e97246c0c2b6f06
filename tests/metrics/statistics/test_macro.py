"""The mean over subsets and its interval: by hand, against the pooled interval, and at its edges."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asrdiag.metrics import Interval, MacroRate, bootstrap_interval, macro_rate, mean_rate


def test_the_mean_of_rates_is_not_the_rate_of_sums() -> None:
    # 1/100 and 5/10: the mean is (0.01 + 0.5) / 2 = 0.255, pooled it is 6/110 = 0.0545.
    found = macro_rate([1, 5], [100, 10], ["long", "short"])
    assert found is not None and found.rate == pytest.approx(0.255)
    assert found.interval is None  # a subset with one utterance tells nothing of how utterances differ


def test_subsets_without_common_units_are_strata() -> None:
    # near: 1, 3, 0 errors in 10 words each, R = 4/30, residuals -1/3, 5/3, -4/3, sum of squares 14/3;
    #   SE^2 = 3/2 * 14/3 / 30^2 = 7/900.
    # far: 2, 4, 2 errors in 5, 5, 10 words, R = 0.4, residuals 0, 2, -2, K = 20^2 / 150 = 8/3;
    #   SE^2 = (8/3) / (5/3) * 8 / 20^2 = 0.032.
    near, far = 7 / 900, 0.032
    found = macro_rate([1, 3, 0, 2, 4, 2], [10, 10, 10, 5, 5, 10], ["near"] * 3 + ["far"] * 3)
    assert found is not None and found.interval is not None and found.standard_error is not None
    assert found.rate == pytest.approx((4 / 30 + 0.4) / 2)
    assert found.standard_error == pytest.approx(math.sqrt(near + far) / 2)
    # Satterthwaite, with 2 and 5/3 degrees.
    degrees = (near + far) ** 2 / (near**2 / 2 + far**2 / (5 / 3))
    assert found.degrees_of_freedom == pytest.approx(degrees)
    reach = stats.t.ppf(0.975, degrees) * found.standard_error
    assert found.interval.high == pytest.approx(found.rate + reach)
    assert (found.interval.low, found.interval.method, found.units) == (0.0, "t", 6)


def test_a_speaker_pulls_all_subsets_at_once() -> None:
    # Three speakers in two subsets of 10 words each: 1, 2, 3 and 2, 4, 6 errors. Influences on the mean:
    # (-1 - 2)/30/2, 0 and (1 + 2)/30/2, times sqrt(3/2) for three units; SE = sqrt(3/2 * 2) * 3/60.
    found = macro_rate([1, 2, 3, 2, 4, 6], [10] * 6, [0, 0, 0, 1, 1, 1], blocks=["a", "b", "c"] * 2)
    assert found is not None and found.standard_error is not None
    assert found.standard_error == pytest.approx(math.sqrt(3) / 20)
    assert found.degrees_of_freedom == pytest.approx(2)
    # Drawn apart: SE^2 = (3/2 * 2 / 30^2 + 3/2 * 8 / 30^2) / 4 = 15 / 60^2.
    alone = macro_rate([1, 2, 3, 2, 4, 6], [10] * 6, [0, 0, 0, 1, 1, 1])
    assert alone is not None and alone.standard_error == pytest.approx(math.sqrt(15) / 60)


def test_speakers_of_two_sets_are_two_groups() -> None:
    """Four speakers in two subsets, four others in two more: 3 + 3 degrees of freedom, not 7."""
    errors = [1, 2, 3, 6, 2, 2, 4, 4, 1, 2, 3, 6, 2, 2, 4, 4]
    subsets = np.repeat(["dev-bus", "dev-caf", "eval-bus", "eval-caf"], 4)
    speakers = ["a", "b", "c", "d"] * 2 + ["e", "f", "g", "h"] * 2
    found = macro_rate(errors, [10] * 16, subsets, blocks=speakers)  # type: ignore[arg-type]
    assert found is not None and found.degrees_of_freedom == pytest.approx(6)
    renamed = macro_rate(errors, [10] * 16, subsets, blocks=["a", "b", "c", "d"] * 4)  # type: ignore[arg-type]
    assert renamed is not None and renamed.degrees_of_freedom == pytest.approx(3)


def test_the_bootstrap_agrees_with_a_loop() -> None:
    """Two groups of subsets: the first two share their speakers, the third has others."""
    generator = np.random.default_rng(11)
    speakers = np.array([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6])
    subsets = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
    errors, tokens = generator.integers(0, 6, size=11), generator.integers(8, 15, size=11)
    means = []
    for _ in range(4000):
        weight = np.zeros(7)
        np.add.at(weight, generator.integers(0, 4, size=4), 1)
        np.add.at(weight, generator.integers(4, 7, size=3), 1)
        w = weight[speakers]
        rates = [(w * errors)[subsets == s].sum() / (w * tokens)[subsets == s].sum() for s in range(3)]
        means.append(np.mean(rates))
    found = macro_rate(
        errors, tokens, subsets.tolist(), blocks=speakers.tolist(), method="bootstrap", resamples=4000
    )
    assert found is not None and found.interval is not None and found.interval.method == "bootstrap"
    low, high = np.quantile(means, [0.025, 0.975])
    assert found.interval.low == pytest.approx(low, abs=0.008)
    assert found.interval.high == pytest.approx(high, abs=0.008)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(0, 5)), min_size=2, max_size=30),
    st.sampled_from(["t", "bootstrap", "auto"]),
)
def test_of_one_subset_it_is_the_pooled_interval(rows: list[tuple[int, int, int]], method: Any) -> None:
    errors, tokens, speakers = zip(*rows, strict=True)
    subsets = ["all"] * len(rows)
    found = macro_rate(errors, tokens, subsets, blocks=speakers, method=method, resamples=50)
    pooled = bootstrap_interval(errors, tokens, blocks=speakers, method=method, resamples=50)
    if found is None:
        assert not any(tokens)
        return
    assert found.rate == pytest.approx(sum(errors) / sum(tokens))
    if found.interval is None:
        # Too few effective units: not even the bootstrap is asked, for there would be no standard error.
        assert pooled is None or method == "bootstrap"
        return
    assert pooled is not None
    got, expected = found.interval, pooled
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert (got.method, got.units) == (expected.method, expected.units)
    assert got.effective_units == pytest.approx(expected.effective_units)


@given(st.permutations(range(12)))
def test_the_order_of_utterances_does_not_matter(order: list[int]) -> None:
    errors, tokens = np.arange(12) % 5, np.arange(12) % 4 + 6
    subsets, speakers = np.arange(12) % 2, np.arange(12) // 3
    found = macro_rate(errors, tokens, subsets.tolist(), blocks=speakers.tolist())
    shuffled = macro_rate(
        errors[order], tokens[order], subsets[order].tolist(), blocks=speakers[order].tolist()
    )
    assert found is not None and shuffled is not None
    assert shuffled.rate == pytest.approx(found.rate)
    assert shuffled.standard_error == pytest.approx(found.standard_error)
    assert shuffled.degrees_of_freedom == pytest.approx(found.degrees_of_freedom)


@pytest.mark.parametrize(("units", "method"), [(49, "t"), (50, "bootstrap")])
def test_the_smallest_subset_decides_the_method(units: int, method: str) -> None:
    n = units + 200
    found = macro_rate(np.arange(n) % 3, np.full(n, 10), [int(number < units) for number in range(n)])
    assert found is not None and found.interval is not None and found.interval.method == method


def test_without_errors_the_interval_is_a_point() -> None:
    found = macro_rate([0] * 6, [5] * 6, [0, 0, 0, 1, 1, 1])
    assert found is not None and found.interval is not None
    assert (found.rate, found.interval.low, found.interval.high, found.standard_error) == (0, 0, 0, 0)


def test_what_does_not_exist() -> None:
    assert macro_rate([], [], []) is None
    assert macro_rate([0, 1, 1], [5, 0, 0], ["a", "b", "b"]) is None  # b has no reference tokens
    # a: 100 and 10 words are 110^2 / 10100 = 1.2 effective units.
    found = macro_rate([5, 1, 1, 1], [100, 10, 10, 10], ["a", "a", "b", "b"])
    assert found == MacroRate(pytest.approx((6 / 110 + 2 / 20) / 2), None, None, None, 4)  # type: ignore[arg-type]


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="errors has 2 utterances, reference_tokens has 2, subsets has 1"):
        macro_rate([1, 1], [5, 5], ["a"])
    with pytest.raises(ValueError, match="blocks has 1 labels for 2 utterances"):
        macro_rate([1, 1], [5, 5], ["a", "b"], blocks=["x"])
    with pytest.raises(TypeError, match=r"subsets\[1\] is None, expected a label"):
        macro_rate([1, 1], [5, 5], ["a", None])
    with pytest.raises(TypeError, match="subsets"):
        macro_rate([1, 1], [5, 5], "ab")
    with pytest.raises(ValueError, match="unknown method 'z'"):
        macro_rate([1, 1], [5, 5], ["a", "b"], method="z")  # type: ignore[arg-type]


def test_the_mean_over_benchmarks() -> None:
    # SE = sqrt(0.03^2 + 0.04^2) / 2 = 0.025; degrees 0.0025^2 / (0.0009^2 / 5 + 0.0016^2 / 10).
    rates = [MacroRate(0.25, None, 0.03, 5.0, 6), MacroRate(0.75, None, 0.04, 10.0, 11)]
    found = mean_rate(rates)
    assert found is not None and found.interval is not None
    assert (found.rate, found.standard_error, found.units) == (0.5, pytest.approx(0.025), 17)
    degrees = 0.0025**2 / (0.0009**2 / 5 + 0.0016**2 / 10)
    assert found.degrees_of_freedom == pytest.approx(degrees)
    assert found.interval.high == pytest.approx(0.5 + stats.t.ppf(0.975, degrees) * 0.025)
    unsure = mean_rate([*rates, MacroRate(0.2, None, None, None, 3)])
    assert unsure is not None and unsure.interval is None
    assert mean_rate([]) is None


def holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


# With 200 trials a share of 95 % has a standard error of 1.5 points.


@pytest.mark.parametrize(
    ("subsets_of_speakers", "utterances"),
    [([range(4)] * 8 + [range(4, 8)] * 8, 20), ([range(6)] * 32, 5), ([range(60)] * 4, 5)],
    ids=["like CHiME-4", "like NOIZEUS", "many speakers"],
)
def test_the_intervals_cover(subsets_of_speakers: list[range], utterances: int) -> None:
    """Speakers and how a speaker suits a subset are log-normal; subsets differ by a factor of 6."""
    generator = np.random.default_rng(20260102)
    base = np.geomspace(0.02, 0.12, len(subsets_of_speakers))
    subset = np.repeat(range(len(base)), [len(each) * utterances for each in subsets_of_speakers])
    speaker = np.repeat([number for each in subsets_of_speakers for number in each], utterances)
    suits = np.repeat(range(len(speaker) // utterances), utterances)
    held = alone = 0
    for number in range(200):
        logarithms = (
            generator.normal(0, 0.4, size=speaker.max() + 1)[speaker]
            + generator.normal(0, 0.3, size=len(suits))[suits]
            + generator.normal(0, 0.5, size=len(speaker))
            - (0.4**2 + 0.3**2 + 0.5**2) / 2
        )
        tokens = generator.integers(5, 20, size=len(speaker))
        errors = generator.binomial(tokens, np.minimum(base[subset] * np.exp(logarithms), 1))
        for blocks in (speaker.tolist(), None):
            found = macro_rate(errors, tokens, subset.tolist(), blocks=blocks, resamples=200, seed=number)
            assert found is not None
            if blocks:
                held += holds(found.interval, base.mean())
            else:
                alone += holds(found.interval, base.mean())
    assert 0.89 <= held / 200 <= 0.98
    assert alone / 200 < 0.85
