"""What a recipe comes to on its rows, and what is said of them before the first step."""

import pytest

from asrdiag.trainers.learning.model_recipe import Limits
from asrdiag.trainers.learning.pool import open_pool
from asrdiag.trainers.progress import TrainDisplay, make_display
from asrdiag.trainers.sft.plan import accumulation, left_out
from asrdiag.trainers.sft.schema import Batch


def test_rows_that_validation_and_training_share_are_said(session, monkeypatch):
    said = []
    monkeypatch.setattr(TrainDisplay, "note", lambda self, text: said.append(text))
    session(validation={"rows": "train.jsonl"})
    assert "of 8 validation rows also trained on: the id of 8, the clip of 8, the text of 8" in said


def test_what_is_left_out_is_said(place, opened, recipe):
    limits = Limits(max_characters_per_s=100)
    pool = open_pool(place / "train.jsonl", opened("moonshine"), limits, None, make_display("none"))
    changes = {"max_base_wer": 0.5, "clean_share": 0.2}
    try:
        # base WERs of the degraded rows: 9, 18, 27, 45, 54 and 63 %
        assert left_out(recipe("moonshine", train=changes).recipe, pool) == [
            "train.jsonl: 2 rows are left out: base_wer is not below train.max_base_wer 0.5"
        ]
        one = recipe("moonshine", train={"max_base_wer": 0.6}).recipe
        assert left_out(one, pool) == [
            "train.jsonl: 1 row is left out: base_wer is not below train.max_base_wer 0.6"
        ]
    finally:
        pool.rows.close()


def test_a_step_is_shared_out_evenly_or_refused():
    batch = Batch(size=12, per_device=2)
    assert [accumulation(batch, n) for n in (1, 2, 3)] == [6, 3, 2]
    with pytest.raises(ValueError, match=r"found 12, expected a multiple of 8: per_device 2 on 4 device"):
        accumulation(batch, 4)
