"""What a stratified sample says, against arithmetic on paper and against the whole that it was drawn from."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, t

from asrdiag.metrics.statistics import stratified_mean


def test_a_mean_over_two_strata() -> None:
    """Stratum a: 10 units, of which 2 and 4; stratum b: 30 units, of which 10, 12 and 14.

    mean = (10 * 3 + 30 * 12) / 40 = 9.75
    s^2 = 2 and 4; variance = (10^2 * 0.8 * 2 / 2 + 30^2 * 0.9 * 4 / 3) / 40^2 = (80 + 1080) / 1600 = 0.725
    Student's t with 1 + 2 degrees of freedom.
    """
    found = stratified_mean([2, 4, 10, 12, 14], list("aabbb"), {"a": 10, "b": 30})
    assert found is not None
    assert found.value == 9.75
    reach = float(t.ppf(0.975, 3)) * math.sqrt(0.725)
    assert (found.low, found.high) == pytest.approx((9.75 - reach, 9.75 + reach))
    assert (found.sampled, found.covered) == (5, 1.0)


def test_what_is_sampled_whole_is_known() -> None:
    """Stratum a is known: 3 of mean 1. Of b's 7, two were drawn: 4 and 6."""
    found = stratified_mean([1, 1, 1, 4, 6], list("aaabb"), {"a": 3, "b": 7})
    assert found is not None
    assert found.value == pytest.approx((3 * 1 + 7 * 5) / 10)
    # Of b alone: s^2 = 2, variance (1 - 2/7) * 2 / 2 = 5/7, one degree of freedom; b is 7 of 10.
    reach = 0.7 * float(t.ppf(0.975, 1)) * math.sqrt(5 / 7)
    assert found.high == pytest.approx(3.8 + reach)
    whole = stratified_mean([1, 2, 3], list("aab"), {"a": 2, "b": 1})
    assert whole is not None
    assert whole.low == whole.value == whole.high == 2


def test_a_share_says_something_of_what_was_never_met() -> None:
    found = stratified_mean([0] * 200, ["a"] * 200, {"a": 10**9}, kind="share")
    assert found is not None
    assert found.value == found.low == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 200), rel=1e-6)  # Clopper and Pearson
    sure = stratified_mean([1] * 200, ["a"] * 200, {"a": 10**9}, kind="share")
    assert sure is not None
    assert (sure.low, sure.high) == (pytest.approx(0.025 ** (1 / 200), rel=1e-6), 1)
    part = stratified_mean([0] * 4 + [1], list("aaaab"), {"a": 10**9, "b": 1}, kind="share")
    assert part is not None
    assert part.high == pytest.approx(1 - 0.025 ** (1 / 4), rel=1e-6)


def test_one_stratum_of_many_is_clopper_and_pearson() -> None:
    """40 of 200: variance 0.2 * 0.8 / 199, so the effective number is 199."""
    found = stratified_mean([1] * 40 + [0] * 160, ["a"] * 200, {"a": 10**9}, kind="share")
    assert found is not None
    assert found.low == pytest.approx(float(beta.ppf(0.025, 199 * 0.2, 199 * 0.8 + 1)), rel=1e-4)
    assert found.high == pytest.approx(float(beta.ppf(0.975, 199 * 0.2 + 1, 199 * 0.8)), rel=1e-4)


def test_a_domain_cuts_through_strata() -> None:
    """Of a's 10 two were drawn, one inside with 6; of b's 30 three, two inside with 1 and 3."""
    found = stratified_mean(
        [6, 99, 1, 3, 99], list("aabbb"), {"a": 10, "b": 30}, domain=[True, False, True, True, False]
    )
    assert found is not None
    assert found.value == (5 * 6 + 10 * 1 + 10 * 3) / 25  # a unit stands for 5 of a, for 10 of b
    assert found.sampled == 3
    assert stratified_mean([1], ["a"], {"a": 3}, domain=[False]) is None


def test_strata_without_a_unit_are_not_spoken_of() -> None:
    found = stratified_mean([1, 3], ["a", "a"], {"a": 30, "b": 10})
    assert found is not None
    assert (found.value, found.covered) == (2, 0.75)


def test_a_single_unit_has_no_interval() -> None:
    found = stratified_mean([5], ["a"], {"a": 10})
    assert found is not None
    assert (found.value, found.low, found.high) == (5, None, None)
    two = stratified_mean([5, 7, 9], list("abb"), {"a": 10, "b": 20})
    assert two is not None
    assert two.low is not None  # the spread of b stands in for that of a
    assert two.low < two.value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], ["a", "b"], {"a": 1}), "1 values, 2 strata"),
        (([1], ["a"], {"b": 1}), "sizes has no stratum 'a'; known: 'b'"),
        (([1, 2], ["a", "a"], {"a": 1}), "stratum 'a' has 1 units, 2 sampled"),
        (([math.nan], ["a"], {"a": 1}), r"values\[0\] is not finite"),
    ],
)
def test_wrong_arguments(arguments: tuple[list[float], list[str], dict[str, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stratified_mean(*arguments)
    with pytest.raises(ValueError, match="a share is of values 0 and 1"):
        stratified_mean([0.5], ["a"], {"a": 1}, kind="share")
    with pytest.raises(ValueError, match="unknown kind 'median'"):
        stratified_mean([0.5], ["a"], {"a": 1}, kind="median")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shares", "sizes", "drawn"),
    [([0.02, 0.3, 0.8], [5000, 1000, 300], [100, 60, 40]), ([0.01, 0.01], [5000, 1000], [100, 100])],
)
def test_the_interval_holds_the_whole_about_as_often_as_it_says(
    shares: list[float], sizes: list[int], drawn: list[int]
) -> None:
    random = np.random.default_rng(1)
    whole = [(random.random(n) < share).astype(float) for share, n in zip(shares, sizes, strict=True)]
    truth = np.concatenate(whole).mean()
    strata = [number for number, n in enumerate(drawn) for _ in range(n)]
    hits = 0
    for _ in range(200):
        values = np.concatenate(
            [random.choice(part, n, replace=False) for part, n in zip(whole, drawn, strict=True)]
        )
        found = stratified_mean(values, strata, dict(enumerate(sizes)), kind="share")
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert hits >= 180  # 0.95 * 200 = 190, less three of its standard errors


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from("abc"), st.booleans()), min_size=1),
    st.integers(0, 50),
)
def test_any_share_lies_in_its_interval(units: list[tuple[float, str, bool]], more: int) -> None:
    values, strata, domain = zip(*units, strict=True)
    sizes = {name: strata.count(name) + more for name in "abc"}
    found = stratified_mean(values, strata, sizes, domain=domain, kind="share")
    if found is None:
        assert not any(domain)
        return
    assert found.low is not None
    assert found.high is not None
    assert -1e-9 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1 + 1e-9
    if not more:
        assert found.low == found.high
