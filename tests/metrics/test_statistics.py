"""The bootstrap interval: against the plain definition, and at its edges."""

import numpy as np
import pytest

from asrdiag.metrics import Interval, bootstrap_interval


def test_agrees_with_a_loop_over_resamples() -> None:
    errors, tokens = np.array([0, 2, 1, 5, 0, 3]), np.array([10, 8, 12, 9, 7, 11])
    generator = np.random.default_rng(3)
    rates = []
    for _ in range(1000):
        drawn = generator.integers(0, 6, size=6)
        rates.append(errors[drawn].sum() / tokens[drawn].sum())
    low, high = np.percentile(rates, [5, 95])
    got = bootstrap_interval(errors, tokens, level=0.9, resamples=1000, seed=3)
    assert isinstance(got, Interval)
    assert got == pytest.approx((low, high))


def test_approaches_the_normal_interval() -> None:
    # 2000 utterances of 10 tokens, each token wrong with probability 0.1: the standard error of the rate
    # is sqrt(0.1 * 0.9 / 20000) = 0.0021, so 95 % is about +-0.0042.
    errors = np.random.default_rng(1).binomial(10, 0.1, size=2000)
    interval = bootstrap_interval(errors, np.full(2000, 10))
    assert interval is not None
    rate = errors.sum() / 20000
    assert interval.low == pytest.approx(rate - 0.0042, abs=0.0006)
    assert interval.high == pytest.approx(rate + 0.0042, abs=0.0006)


def test_is_deterministic_and_depends_on_the_seed() -> None:
    errors, tokens = list(range(20)), list(range(20, 40))
    assert bootstrap_interval(errors, tokens) == bootstrap_interval(errors, tokens)
    assert bootstrap_interval(errors, tokens, seed=1) != bootstrap_interval(errors, tokens, seed=2)


def test_large_sets_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    errors, tokens = [0, 2, 1, 5], [10, 8, 12, 9]
    whole = bootstrap_interval(errors, tokens, resamples=101)
    monkeypatch.setattr("asrdiag.metrics.statistics._DRAWS_AT_ONCE", 40)
    assert bootstrap_interval(errors, tokens, resamples=101) == whole


def test_without_errors_the_interval_is_a_point() -> None:
    assert bootstrap_interval([0, 0, 0], [5, 6, 7]) == (0.0, 0.0)


def test_a_wider_level_gives_a_wider_interval() -> None:
    errors, tokens = [0, 2, 1, 5, 0, 0, 9], [10, 8, 12, 9, 10, 10, 10]
    narrow = bootstrap_interval(errors, tokens, level=0.5)
    wide = bootstrap_interval(errors, tokens, level=0.99)
    assert narrow is not None and wide is not None
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@pytest.mark.parametrize(("errors", "tokens"), [([], []), ([1], [10]), ([0, 2], [0, 0])])
def test_too_little_to_say(errors: list[int], tokens: list[int]) -> None:
    assert bootstrap_interval(errors, tokens) is None


def test_draws_without_reference_tokens_are_left_out() -> None:
    # A quarter of the draws hold the empty reference twice; all others have rate 1/4 or (1 + 3)/4 = 1.
    interval = bootstrap_interval([1, 3], [4, 0], resamples=400)
    assert interval == (0.25, 1.0)


@pytest.mark.parametrize(
    ("errors", "tokens", "options", "message"),
    [
        ([1, 2], [3], {}, "errors has 2 utterances, reference_tokens has 1"),
        ([1, -2], [3, 4], {}, r"errors\[1\] is -2"),
        ([1, 2], [3, float("nan")], {}, "reference_tokens holds float64 values"),
        ([[1], [2]], [3, 4], {}, "errors has 2 dimensions"),
        ([1, 2], [3, 4], {"level": 95}, "level is 95"),
        ([1, 2], [3, 4], {"resamples": 0}, "resamples is 0"),
    ],
)
def test_wrong_arguments(errors: list[int], tokens: list[int], options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(errors, tokens, **options)
