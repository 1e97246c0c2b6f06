"""Policies that look for a way around the reward: what each gets for it, and that it is noticed."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from asrdiag.trainers.data.line import TrainingRow
from asrdiag.trainers.rl.advantages import group_advantages, varied
from asrdiag.trainers.rl.collapse import collapsed
from asrdiag.trainers.rl.records import logged, of_step
from asrdiag.trainers.rl.rewarding import make_rules, reward_groups
from asrdiag.trainers.rl.sampling import Group, Sampled
from asrdiag.trainers.rl.schema import Collapse, RewardSpec

REFERENCES = (
    "it was the best of times",
    "it was the worst of times it was the age of wisdom",
    "go home",
    "there were a king with a large jaw and a queen with a plain face",
)
LONGEST = max(REFERENCES, key=len)
TRICKS = {
    "repeats": lambda reference: " ".join([reference] * 6),
    "one word": lambda reference: "the " * 40,
    "silent": lambda reference: "",
    "tag only": lambda reference: "language English<asr_text>",
    "longest": lambda reference: LONGEST,
}
SIGN = {
    "repeats": "loop",
    "one word": "loop",
    "silent": "empty",
    "tag only": "empty",
    "longest": "one and the same text",
}


def honest(reference):
    """The last word misheard."""
    return f"language English<asr_text>{reference.rpartition(' ')[0]} chair<|im_end|>"


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_is_worth_an_honest_answer(trick, clip):
    reward = make_rules(RewardSpec(parameters={"clip": clip}))
    others = [each for each in REFERENCES if each != LONGEST or trick != "longest"]
    written = [[honest(each), TRICKS[trick](each)] for each in others]
    found = reward_groups(reward, written, others, ["en"] * len(others))
    advantages = group_advantages(torch.from_numpy(found.values))
    assert bool((advantages[:, 0] > 0).all()) and bool((advantages[:, 1] < 0).all())
    if trick in ("silent", "tag only"):
        assert not found.values[:, 1].any()  # exactly 0, whatever was said
        assert {texts[1] for texts in found.transcripts} == {""}
    if SIGN[trick] == "loop":
        assert not found.components["r_rep"][:, 1].any()


def step_of(written_by):
    groups = []
    for number, reference in enumerate(REFERENCES):
        written = [written_by(reference)] * 2
        found = reward_groups(make_rules(RewardSpec()), [written], [reference], ["en"])
        groups.append(
            Group(
                row=TrainingRow(id=str(number), audio=Path("a.wav"), solution=reference, base_wer=0.4),
                prompt=SimpleNamespace(),
                answers=((1, 2), (1, 2)),
                written=tuple(written),
                transcripts=found.transcripts[0],
                rewards=found.values[0],
                components={name: each[0] for name, each in found.components.items()},
                advantages=np.zeros(2),
                finished=(True, True),
                varied=False,
            )
        )
    lines = logged(0, Sampled((), tuple(groups), 0), 0.5, 0)
    return of_step(1, lines, None, resamples=0, seconds={})


@pytest.mark.parametrize("trick", TRICKS)
def test_a_policy_that_has_found_one_is_stopped(trick):
    wrong = collapsed([step_of(TRICKS[trick])] * 5, Collapse())
    assert wrong is not None and SIGN[trick] in wrong


def test_an_honest_policy_goes_on():
    step = step_of(honest)
    assert collapsed([step] * 5, Collapse()) is None
    assert step["zero_variance"] == 1 and step["wer_by_bin"].keys() == {"<50"}


def test_a_rollout_that_nobody_could_score_is_left_out_of_its_group():
    rewards = torch.tensor([[1.0, float("nan"), 0.0], [0.5, float("nan"), float("nan")]], dtype=torch.float64)
    found = group_advantages(rewards)
    # Of 1 and 0: mean 0.5, deviation sqrt(0.5).
    assert found[0].tolist() == pytest.approx([0.5 / (0.5**0.5 + 1e-4), 0, -0.5 / (0.5**0.5 + 1e-4)])
    assert not found[1].any()
    assert varied(rewards).tolist() == [True, False]
