"""Cohen's kappa against arithmetic on paper, and against scikit-learn where it is there."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.metrics.statistics import cohens_kappa

YES_NO = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
SECOND = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15


def test_a_table_of_two_labels() -> None:
    """Both yes 20, second only 5, first only 10, both no 15; of 50.

    p_o = 35/50 = 0.7; p_e = 30/50 * 25/50 + 20/50 * 25/50 = 0.5; kappa = 0.2 / 0.5 = 0.4.
    Its standard error is below, by the formula of Fleiss, Cohen and Everitt.
    """
    found = cohens_kappa(YES_NO, SECOND)
    assert found is not None
    assert (round(found.value, 12), found.agreement, found.units) == (0.4, 0.7, 50)
    # Off the diagonal, row i and column j: p_ij (p_.i + p_j.)^2, columns .5 and .5, rows .6 and .4:
    # yes/no 10/50: (0.5 + 0.4)^2 = 0.81 -> 0.162; no/yes 5/50: (0.5 + 0.6)^2 = 1.21 -> 0.121
    a = 0.4 * (1 - 1.1 * 0.6) ** 2 + 0.3 * (1 - 0.9 * 0.6) ** 2
    b = 0.36 * (0.162 + 0.121)
    c = (0.4 - 0.5 * 0.6) ** 2
    error = math.sqrt((a + b - c) / 50) / 0.5
    assert found.high - found.value == pytest.approx(1.959963985 * error)
    assert found.value - found.low == pytest.approx(1.959963985 * error)


def test_the_ends() -> None:
    perfect = cohens_kappa(["a", "b", "a"], ["a", "b", "a"])
    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)
    opposite = cohens_kappa([0, 1], [1, 0])
    assert opposite is not None
    assert (opposite.value, opposite.low) == (-1, -1)
    assert cohens_kappa([], []) is None
    assert cohens_kappa(["a", "a"], ["a", "a"]) is None


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="first has 1 labels, second has 2"):
        cohens_kappa([1], [1, 2])
    with pytest.raises(TypeError, match="expected a label"):
        cohens_kappa([None], [1])
    with pytest.raises(ValueError, match="level is 1"):
        cohens_kappa([1], [1], level=1)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=2, max_size=30))
def test_it_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    first, second = zip(*pairs, strict=True)
    found = cohens_kappa(first, second)
    if found is None:
        assert len({*first, *second}) == 1
        return
    assert found.value == pytest.approx(metrics.cohen_kappa_score(first, second), abs=1e-12)
    assert -1 <= found.low <= found.value <= found.high <= 1
    swapped = cohens_kappa(second, first)
    assert swapped is not None
    assert swapped.value == pytest.approx(found.value)
    assert swapped.high == pytest.approx(found.high)
