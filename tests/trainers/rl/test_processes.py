"""Processes that learn together, over gloo, from groups of their own."""

import json
import os
import signal
import zlib

import pytest
import torch
from accelerate import PartialState
from two_processes import in_two_processes

from asrdiag.rollouts.reading import read_rollouts
from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.rl.preparing import prepare
from asrdiag.trainers.rl.sampling import Sampler
from asrdiag.trainers.rl.update import Learner

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.skipif(
        torch.cuda.is_available(), reason="gradients cannot be taken after a fork beside a GPU"
    ),
]


@pytest.fixture
def same_answers(monkeypatch):
    """What is sampled depends on the weights and the clip alone, and not on who else samples."""
    batch = Sampler._batch

    def seeded(self, prompts, clock):
        torch.manual_seed(zlib.crc32(prompts[0][0].id.encode()))
        return batch(self, prompts, clock)

    monkeypatch.setattr(Sampler, "_batch", seeded)


def train(loaded, folder, device="cpu"):
    folder.path.mkdir(exist_ok=True)
    session = prepare(loaded, folder, make_display("none"), device)
    session.run()
    session.close()
    weights = [each.detach().flatten() for each in session.opened.model.parameters() if each.requires_grad]
    return torch.cat(weights)


def together_in(folder, loaded):
    """Trains in two; returns how each ended."""

    def one(rank, device):
        torch.save(train(loaded, folder, device), folder.path.with_name(f"{folder.path.name}-{rank}.pt"))

    return in_two_processes(one)


def test_two_processes_learn_as_one_does_and_go_on_when_one_was_killed(
    recipe, same_answers, tmp_path, monkeypatch
):
    loaded = recipe(
        steps=2,
        checkpoint_every=1,
        groups={"max_resamples": 0, "mask_overlong": False, "decode_at_once": 1, "learn_at_once": 1},
        reward={"name": "r-wer"},
        sampling={"temperature": 2.0},
    )
    alone = train(loaded, TrainFolder(tmp_path / "alone"))
    together = TrainFolder(tmp_path / "together")
    learn, learnt = Learner.learn, []

    def die_in_the_second(self, groups):
        learnt.append(1)
        if len(learnt) == 2 and PartialState().process_index == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return learn(self, groups)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", die_in_the_second)
        first, second = together_in(together, loaded)
    assert first == 1 and second == -signal.SIGKILL  # the other sees that it is alone
    assert len((together.path / "steps.jsonl").read_text().splitlines()) == 1
    assert together_in(together, loaded) == [0, 0]
    ends = [torch.load(tmp_path / f"together-{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert torch.equal(ends[0], ends[1])
    torch.testing.assert_close(ends[0], alone, atol=1e-7, rtol=1e-6)
    found = [each.group for each in read_rollouts(together.path / "rollouts.jsonl")]
    expected = [each.group for each in read_rollouts(tmp_path / "alone" / "rollouts.jsonl")]
    assert [group.group for group in found] == ["0-0-0", "0-1-0", "1-0-0", "1-1-0"]  # step, process, number
    assert [group.rollouts for group in found] == [group.rollouts for group in expected]
    assert {len(group.rollouts) for group in found} == {3}
    steps = [
        [json.loads(line) for line in (tmp_path / name / "steps.jsonl").read_text().splitlines()]
        for name in ("alone", "together")
    ]
    for one, other in zip(*steps, strict=True):
        assert other["loss"] == pytest.approx(one["loss"]) and other["tokens_learnt"] == one["tokens_learnt"]
