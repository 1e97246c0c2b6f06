import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.routing.router import probabilities
from asrdiag.trainers.router.evaluation import Judged, rows
from asrdiag.trainers.router.measures import auc, fit_temperature, nll, quarters, reliability, share

flags = np.array


def test_the_auc_counts_pairs():
    logits = np.array([1.0, 2.0, 2.0, 3.0, 0.0])
    degraded = flags([False, False, True, True, True])
    # Pairs (degraded, clean): 2>1, 2=2, 3>1, 3>2, 0<1, 0<2: 3 + 1/2 of 6.
    found = auc(logits, degraded)
    assert (found.value, found.n) == (pytest.approx(3.5 / 6), 6)
    assert found.low < found.value < found.high


def test_its_interval_is_delongs():
    logits = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 6.0])
    degraded = flags([False, False, False, True, True, True])
    # Of the degraded: 2/3, 1, 1, mean 8/9, variance (2 (1/9)^2 + (2/9)^2) / 2 = 1/27; of the clean
    # ones the same. Standard error sqrt(2 * (1/27) / 3) = sqrt(2/81), on the logit scale over (8/9)(1/9).
    error = math.sqrt(2 / 81) / (8 / 81)
    expected = 1 / (1 + math.exp(-(math.log(8) - 1.959963984540054 * error)))
    found = auc(logits, degraded)
    assert found.value == pytest.approx(8 / 9)
    assert found.low == pytest.approx(expected)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=12),
    st.lists(st.integers(-3, 3), min_size=1, max_size=12),
)
def test_the_auc_is_what_counting_every_pair_gives(clean, worse):
    pairs = [(w > c) + (w == c) / 2 for w in worse for c in clean]
    logits = np.array([*clean, *worse], dtype=np.float64)
    degraded = flags([False] * len(clean) + [True] * len(worse))
    found = auc(logits, degraded)
    assert found.value == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert auc(-logits, degraded).value == pytest.approx(1 - found.value)


def test_perfect_order_does_not_pretend_to_be_certain():
    found = auc(np.array([0.0, 1.0, 2.0, 3.0]), flags([False, False, True, True]))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(share(2, 2).low)


def test_one_side_alone_has_no_auc():
    assert auc(np.array([0.0, 1.0]), flags([True, True])).value is None
    assert reliability(np.array([0.0, 1.0]), flags([True, True]))[1] is None
    assert share(0, 0).value is None


def test_both_sides_count_the_same():
    # Nine clean at p = 1/2 and one degraded at p = 3/4: (ln 2 + ln 4/3) / 2.
    logits = np.array([0.0] * 9 + [math.log(3)])
    degraded = flags([False] * 9 + [True])
    assert nll(logits, degraded) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)


def test_the_temperature_undoes_a_scale():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 4000)
    degraded = rng.random(4000) < 1 / (1 + np.exp(-logits))
    assert fit_temperature(logits, degraded) == pytest.approx(1, abs=0.1)
    assert fit_temperature(3 * logits, degraded) == pytest.approx(
        3 * fit_temperature(logits, degraded), rel=1e-3
    )
    before, after = reliability(3 * logits, degraded)[1], reliability(logits, degraded)[1]
    assert after < 0.02 < before
    assert fit_temperature(np.array([-1.0, 1.0]), flags([False, True])) == 0.2  # nothing is wrong: the bound


def test_the_calibration_error_is_the_mean_gap():
    # p = 0.55 twice, one of each side: share 0.5, gap 0.05, all of the mass.
    logits = np.full(2, math.log(0.55 / 0.45))
    bins, error = reliability(logits, flags([True, False]))
    assert error == pytest.approx(0.05)
    assert [(found.n, found.mean_p, found.degraded_share) for found in bins if found.n] == [
        (2, pytest.approx(0.55), pytest.approx(0.5))
    ]


def test_a_clip_counts_as_the_routed_system_decides():
    # p = 1/2 - 1e-7: to six decimals, as it is compared with the threshold and on record, it is 1/2.
    logits = np.array([-4e-7, -4e-5])
    judged = Judged(("a", "b"), logits, flags([True, True]), np.full(2, np.nan), (None, None), ())
    [whole, _] = rows("set", judged, 1.0, 0.5)
    assert probabilities(logits) == [0.5, 0.49999]
    assert whole["accuracy_pct"] == 50.0


def test_quarters_have_their_upper_bound():
    found = quarters(np.array([0.0, 0.25, 0.5, 0.51, 1.0, np.nan]))
    assert {name: list(np.flatnonzero(inside)) for name, inside in found.items()} == {
        "0-0.25": [0, 1],
        "0.25-0.5": [2],
        "0.5-0.75": [3],
        "0.75-1": [4],
    }
