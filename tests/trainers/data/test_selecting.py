"""Quotas: by hand, and what holds of all."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from asrdiag.trainers.data.recipe import Selection
from asrdiag.trainers.data.selecting import Quota, quotas, severity_range


def taken(cells: dict[tuple[int, str], int], **said: object) -> dict[tuple[int, str], int]:
    found = quotas(cells, Selection.model_validate(said, strict=False))
    return {cell: quota.taken for cell, quota in found.items()}


CELLS = {(0, "echo"): 60, (0, "noise"): 30, (1, "echo"): 6, (1, "noise"): 4}


def test_as_they_are_all_are_taken() -> None:
    assert taken(CELLS) == CELLS


def test_a_size_keeps_the_proportions() -> None:
    assert taken(CELLS, size=50) == {(0, "echo"): 30, (0, "noise"): 15, (1, "echo"): 3, (1, "noise"): 2}


def test_balanced_strata_are_cut_to_the_smallest() -> None:
    # echo 66, noise 34: 34 of each; of the 66 in proportion 34 * 60 / 66 = 30.9 and 3.1.
    assert taken(CELLS, quota="balanced") == {
        (0, "echo"): 31,
        (1, "echo"): 3,
        (0, "noise"): 30,
        (1, "noise"): 4,
    }


def test_what_one_stratum_lacks_the_others_give_and_it_is_told() -> None:
    cells = {(0, "echo"): 50, (0, "noise"): 50, (0, "dropout"): 5}
    found = quotas(cells, Selection(size=60, quota="balanced"))
    # 20 of each are wanted; dropout has 5, and the 15 that are missing are shared: 8 and 7.
    assert found == {
        (0, "echo"): Quota(50, 20, 28),
        (0, "noise"): Quota(50, 20, 27),
        (0, "dropout"): Quota(5, 20, 5),
    }
    assert [quota.short for quota in found.values()] == [0, 0, 15]


def test_shares_of_bins_enrich_the_hard_ones() -> None:
    # Of 40 rows half are to be of the second bin, which has 10; of the first 20 are taken, in proportion
    # 20 * 60 / 90 = 13.3 and 6.7.
    found = quotas(CELLS, Selection(size=40, bin_shares=(0.5, 0.5)))
    assert {cell: (quota.wanted, quota.taken) for cell, quota in found.items()} == {
        (0, "echo"): (13, 13),
        (0, "noise"): (7, 7),
        (1, "echo"): (12, 6),
        (1, "noise"): (8, 4),
    }
    # Without a size the shares hold exactly: 10 of each bin.
    assert taken(CELLS, bin_shares=(0.5, 0.5)) == {
        (0, "echo"): 7,
        (0, "noise"): 3,
        (1, "echo"): 6,
        (1, "noise"): 4,
    }


def test_ranges_of_severity_begin_at_their_lower_end() -> None:
    edges = (0.25, 0.5)
    assert [severity_range(m, edges) for m in (0.0, 0.24, 0.25, 0.5, 1.0)] == [
        "0.00-0.25",
        "0.00-0.25",
        "0.25-0.50",
        "0.50-1.00",
        "0.50-1.00",
    ]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.sampled_from("abcd")), st.integers(1, 500), min_size=1, max_size=12
    ),
    st.none() | st.integers(1, 2000),
    st.sampled_from(["as_is", "balanced"]),
    st.sampled_from([None, (0.2, 0.4, 0.4), (1.0, 0.0, 0.0)]),
)
def test_no_more_is_taken_than_there_is_or_was_asked_for(
    cells: dict[tuple[int, str], int], size: int | None, quota: str, shares: tuple[float, ...] | None
) -> None:
    found = quotas(cells, Selection(size=size, quota=quota, bin_shares=shares))  # type: ignore[arg-type]
    assert found.keys() == cells.keys()
    assert all(0 <= each.taken <= each.available == cells[cell] for cell, each in found.items())
    total = sum(each.taken for each in found.values())
    if size is not None:
        assert total <= size
        if shares is None:
            assert total == min(size, sum(cells.values()))
    if size is None and quota == "balanced" and shares is None:
        by_stratum = Counter[str]()
        for (_, stratum), each in found.items():
            by_stratum[stratum] += each.taken
        assert len(set(by_stratum.values())) == 1
