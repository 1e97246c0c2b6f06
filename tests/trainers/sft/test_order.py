"""Which rows a stage sees, counted by hand; and the recipe's variants."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.errors import UsageError
from asrdiag.trainers.sft import order as order_module
from asrdiag.trainers.sft.order import Known, degraded_rows, order
from asrdiag.trainers.sft.schema import Batch, Phase, Rows
from asrdiag.trainers.sft.variants import stages

NAN = float("nan")
# Six degraded rows, one of them not graded, one too hard; two clean ones.
KNOWN = Known(
    base_wer=np.array([0.1, 0.2, 0.4, 0.6, 0.8, NAN, 0.0, NAN], np.float32),
    duration_s=np.array([1, 2, 3, 4, 5, 6, 7, 8], np.float32),
    clean=np.array([False] * 6 + [True] * 2),
)
ROWS = Rows(rows=Path("t.jsonl"))
BATCH = Batch(size=4, per_device=2, by_length=False)


def phase(**keys):
    return Phase(**({"name": "one", "learning_rates": {"encoder": 1.0}} | keys))


def seen(phase, rows=ROWS, variant="a2s", batch=BATCH):
    found = [order(KNOWN, stage, rows, batch, [1, n]) for n, stage in enumerate(stages([phase], variant))]
    return [Counter(each.rows.tolist()) for each in found]


def test_an_order_that_no_memory_holds_is_refused():
    with (
        pytest.raises(UsageError, match=r"found 6,000,000 rows .*at most 1,000; lower `epochs`"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(order_module, "MOST_ROWS", 1000)
        seen(phase(epochs=1e6))


def test_a_stage_sees_the_rows_below_its_limit():
    assert degraded_rows(KNOWN, 0.3, ROWS).tolist() == [0, 1]
    assert degraded_rows(KNOWN, 0.5, ROWS).tolist() == [0, 1, 2]
    assert degraded_rows(KNOWN, None, ROWS).tolist() == [0, 1, 2, 3]  # `max_base_wer` is 0.7
    keep = Rows(rows=Path("t.jsonl"), ungraded="keep")
    assert degraded_rows(KNOWN, 0.5, keep).tolist() == [0, 1, 2]
    assert degraded_rows(KNOWN, None, keep).tolist() == [0, 1, 2, 3, 5]
    assert degraded_rows(KNOWN, None, Rows(rows=Path("t.jsonl"), max_base_wer=2.0)).tolist() == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_a_curriculum_widens_and_clean_rows_take_part_like_others():
    assert seen(phase(curriculum=(0.3, 0.5), epochs=2.0)) == [
        {0: 2, 1: 2, 6: 2, 7: 2},
        {0: 2, 1: 2, 2: 2, 6: 2, 7: 2},
    ]


def test_a_share_of_clean_rows_is_kept_and_spread_evenly():
    rows = Rows(rows=Path("t.jsonl"), clean_share=0.5)
    [counted] = seen(phase(epochs=3.0), rows)
    # 3 x 4 degraded rows and as many clean ones: each of two 6 times
    assert counted == {0: 3, 1: 3, 2: 3, 3: 3, 6: 6, 7: 6}
    [stage] = stages([phase(epochs=3.0)], "a2s")
    drawn = order(KNOWN, stage, rows, BATCH, [1, 0]).rows
    assert [sum(index >= 6 for index in drawn[at : at + 4]) for at in range(0, 24, 4)] == [2] * 6
    none = Rows(rows=Path("t.jsonl"), clean_share=0.0)
    assert seen(phase(), none) == [{0: 1, 1: 1, 2: 1, 3: 1}]
    found = order(KNOWN, stage, none, BATCH, [1, 0])
    assert (found.n_degraded, found.n_clean) == (4, 0)


def test_a_limit_on_rows_draws_the_same_ones_in_each_epoch():
    [counted] = seen(phase(rows=2, epochs=3.0), Rows(rows=Path("t.jsonl"), clean_share=0.0))
    assert sorted(counted.values()) == [3, 3]


@pytest.mark.parametrize("seed", range(6))
def test_a_limit_on_rows_means_the_same_rows_in_every_stage_and_variant(seed):
    rows = Rows(rows=Path("t.jsonl"), clean_share=0.0)
    phases = [
        phase(name="one", rows=3, curriculum=(0.3, 0.5, 0.7)),
        phase(name="two", rows=3, learning_rates={"llm": 1.0}),
    ]

    def sets(variant):
        return [
            Counter(order(KNOWN, stage, rows, BATCH, [seed, number]).rows.tolist())
            for number, stage in enumerate(stages(phases, variant))
        ]

    first, second, third, other = sets("a2s")
    # Four rows are below 0.7: 0 and 1 below 0.3, 2 below 0.5, 3. Three of them are chosen; each stage has
    # those of the three that are below its limit, and the other phase, without limits, has all three.
    chosen = set(third)
    assert len(chosen) == 3 and chosen < {0, 1, 2, 3}
    assert set(first) == chosen & {0, 1} and set(second) == chosen & {0, 1, 2} and set(other) == chosen
    assert {count for each in (first, second, third, other) for count in each.values()} == {1}
    seen = len(first) + len(second) + len(third)
    assert seen == (8 if 3 not in chosen else 7 if 2 not in chosen else 6)  # 2+3+3, 2+2+3, 1+2+3
    for variant in ("no-curriculum", "plain"):
        at_once, other = sets(variant)
        assert set(at_once) == set(other) == chosen and at_once.total() == seen
    for variant in ("joint", "llm-first"):
        found = sets(variant)
        assert set().union(*found) == chosen
        assert sum(each.total() for each in found) == seen + 3


def test_another_seed_chooses_other_rows():
    [stage] = stages([phase(rows=2)], "a2s")
    found = {tuple(sorted(set(order(KNOWN, stage, ROWS, BATCH, [seed, 0]).rows))) for seed in range(9)}
    assert len(found) > 2


def test_variants_see_as_many_rows():
    one = phase(curriculum=(0.3, 0.5, 0.7))
    rows = Rows(rows=Path("t.jsonl"), clean_share=0.0)
    # 2 + 3 + 4 rows
    assert sum(sum(each.values()) for each in seen(one, rows)) == 9
    for variant in ("no-curriculum", "plain"):
        [counted] = seen(one, rows, variant)
        assert sum(counted.values()) == 9
        assert sorted(counted.values()) == [2, 2, 2, 3]


def test_variants_take_the_phases_another_way():
    phases = [
        phase(name="acoustic", learning_rates={"encoder": 1e-3, "aligner": 1e-3}, curriculum=(0.3, 0.7)),
        phase(name="semantic", learning_rates={"llm": 1e-5}),
        phase(name="joint", learning_rates={"encoder": 1e-6, "aligner": 1e-6, "decoder": 1e-4}),
    ]
    all_parts = {"encoder": 1e-3, "aligner": 1e-3, "decoder": 1e-4}
    found = {
        variant: [(stage.name, dict(stage.learning_rates)) for stage in stages(phases, variant)]
        for variant in ("a2s", "no-curriculum", "llm-first", "joint", "plain")
    }
    acoustic, joint = dict(phases[0].learning_rates), dict(phases[2].learning_rates)
    semantic = ("semantic", {"decoder": 1e-5})
    assert found["a2s"] == [("acoustic-1", acoustic), ("acoustic-2", acoustic), semantic, ("joint", joint)]
    assert found["no-curriculum"] == [("acoustic", acoustic), semantic, ("joint", joint)]
    assert found["llm-first"] == [
        semantic,
        ("acoustic-1", acoustic),
        ("acoustic-2", acoustic),
        ("joint", joint),
    ]
    names = ["acoustic-1", "acoustic-2", "semantic", "joint"]
    assert found["joint"] == [(name, all_parts) for name in names]
    assert found["plain"] == [(name, all_parts) for name in ("acoustic", "semantic", "joint")]


@given(
    n=st.integers(1, 60),
    epochs=st.floats(0.1, 4),
    share=st.none() | st.floats(0, 0.9),
    by_length=st.booleans(),
    seed=st.integers(0, 9),
)
def test_no_row_is_seen_again_before_all_were_seen(n, epochs, share, by_length, seed):
    draws = np.random.default_rng(seed)
    known = Known(
        np.full(n, 0.1, np.float32), draws.uniform(1, 9, n).astype(np.float32), draws.random(n) < 0.3
    )
    batch = Batch(size=4, per_device=2, by_length=by_length)
    [stage] = stages([phase(epochs=epochs)], "a2s")
    rows = Rows(rows=Path("t.jsonl"), clean_share=share)
    first, again = (order(known, stage, rows, batch, [seed, 0]) for _ in range(2))
    assert first.rows.tolist() == again.rows.tolist()
    for of_kind in (known.clean, ~known.clean):
        counted = Counter(index for index in first.rows.tolist() if of_kind[index])
        times = [counted[index] for index in np.flatnonzero(of_kind).tolist()]
        assert not times or max(times) - min(times) <= 1


def test_rows_of_like_length_share_a_batch():
    n = 400
    known = Known(
        np.zeros(n, np.float32),
        np.random.default_rng(0).permutation(n).astype(np.float32),
        np.zeros(n, bool),
    )
    [stage] = stages([phase()], "a2s")
    drawn = order(known, stage, ROWS, Batch(size=8, per_device=4), [0, 0]).rows
    lengths = known.duration_s[drawn].reshape(-1, 4)
    # one window of 50 steps of 8 holds all 400: each batch has four lengths that follow each other
    assert (np.ptp(lengths, axis=1) == 3).all()
    assert sorted(drawn.tolist()) == list(range(n))
    assert lengths[:, 0].tolist() != sorted(lengths[:, 0].tolist())
