"""Learning rates over the steps of a stage, against those of transformers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import get_scheduler

from asrdiag.trainers.learning.schedule import factor


@given(
    steps=st.integers(1, 300),
    ratio=st.floats(0, 0.99),
    curve=st.sampled_from(["cosine", "linear", "constant"]),
)
def test_every_step_of_a_stage_teaches(steps, ratio, curve):
    warmup = math.floor(steps * ratio)
    found = [factor(done, steps=steps, warmup=warmup, curve=curve) for done in range(steps)]
    assert min(found) > 0 and max(found) == found[warmup] == 1.0
    assert found[: warmup + 1] == sorted(found[: warmup + 1])
    assert found[warmup:] == sorted(found[warmup:], reverse=True)


def test_after_the_warm_up_the_curves_are_those_of_transformers():
    for curve, name in (("cosine", "cosine"), ("linear", "linear"), ("constant", "constant_with_warmup")):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        theirs = get_scheduler(name, optimizer, num_warmup_steps=3, num_training_steps=20).lr_lambdas[0]
        ours = [factor(done, steps=20, warmup=3, curve=curve) for done in range(20)]
        assert ours[3:] == pytest.approx([theirs(done) for done in range(3, 20)])
        assert (theirs(0), ours[:4]) == (0.0, [0.25, 0.5, 0.75, 1.0])  # theirs begins with a step for nothing
