"""Updates from groups, against the page's formula on one answer at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asrdiag.errors import AsrdiagError
from asrdiag.trainers.learning.pool import clip_limits
from asrdiag.trainers.rl.clock import Clock
from asrdiag.trainers.rl.rewarding import make_rules
from asrdiag.trainers.rl.sampling import Sampler
from asrdiag.trainers.rl.update import Learner

BETA, LOW, HIGH, T = 0.5, 0.05, 0.1, 0.7
ADVANTAGES = ((1.5, -0.5, -1.0), (-2.0, 1.0, 1.0), (0.5, 0.5, -1.0))
FINISHED = ((True, True, False), (True, True, True), (False, True, True))


@pytest.fixture
def training(session):
    """Three clips of different lengths, in portions of two and one; a shaken adapter."""
    made = session(
        sampling={"temperature": T, "max_new_tokens": 6},
        groups={"prompts": 3, "rollouts": 3, "learn_at_once": 2},
        loss={"beta": BETA, "clip_low": LOW, "clip_high": HIGH, "iterations": 3},
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weights in made.opened.model.named_parameters():
            if "lora_B" in name:
                weights.normal_(0, 0.05, generator=generator)
    return made


@pytest.fixture
def groups(training):
    torch.manual_seed(4)
    sampler = Sampler(
        training.recipe,
        training.opened,
        training.rows.train,
        make_rules(training.recipe.reward),
        clip_limits(training.recipe.limits),
    )
    found = sampler.groups([1, 3, 5], Clock())
    # Mixed lengths, and worth what the arithmetic below needs.
    return [
        replace(
            group,
            answers=tuple(answer[: 2 + (place + number) % 4] for place, answer in enumerate(group.answers)),
            advantages=np.array(ADVANTAGES[number]),
            finished=FINISHED[number],
        )
        for number, group in enumerate(found)
    ]


def learner(training, optimizer, **others):
    weights = [each for each in training.opened.model.parameters() if each.requires_grad]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)
    reference = training.opened.model.disable_adapter
    policy = training.opened.policy
    return Learner(
        training.recipe, policy, optimizer, schedule, parameters=weights, reference=reference, **others
    )


def logprobs(training, group, answer):
    """Of each token at the temperature, by the model as anybody calls it; and the sum of entropies."""
    family = training.opened.policy.family.family
    family.expect([len(group.prompt.piece.samples)])
    given = torch.tensor([[*group.prompt.prefix, *answer[:-1]]])
    scores = training.opened.model(**group.prompt.inputs, decoder_input_ids=given).logits[0, -len(answer) :]
    found = torch.log_softmax(scores / T, dim=-1)
    return found[range(len(answer)), list(answer)], float(-(found.exp() * found).sum().detach())


@pytest.mark.parametrize("kind", ["dapo", "grpo"])
def test_updates_are_those_of_the_formula(training, groups, kind):
    training.recipe = training.recipe.model_copy(
        update={"loss": training.recipe.loss.model_copy(update={"kind": kind})}
    )
    model = training.opened.model
    weights = [each for each in model.parameters() if each.requires_grad]
    before = [each.detach().clone() for each in weights]
    rows = [
        (group, answer, advantage)
        for group in groups
        for answer, advantage, done in zip(group.answers, group.advantages, group.finished, strict=True)
        if done  # what was cut is not learnt from, and not counted
    ]
    n_tokens = sum(len(answer) for _, answer, _ in rows)
    with torch.no_grad():
        old = [logprobs(training, group, answer) for group, answer, _ in rows]
        with model.disable_adapter():
            reference = [logprobs(training, group, answer)[0] for group, answer, _ in rows]
    optimizer = torch.optim.SGD(weights, lr=0.02)
    expected = {"kl": [], "clipped_low": [], "clipped_high": [], "loss": []}
    for _ in range(3):
        kls, clipped_low, clipped_high, total = 0.0, 0, 0, torch.tensor(0.0)
        for (group, answer, advantage), (was, _), held in zip(rows, old, reference, strict=True):
            now = logprobs(training, group, answer)[0]
            share = 1 / n_tokens if kind == "dapo" else 1 / len(answer) / len(rows)
            for place in range(len(answer)):
                ratio = torch.exp(now[place] - was[place])
                value = float(ratio.detach())
                away = held[place] - now[place]
                kl = torch.exp(away) - away - 1
                clipped = min(max(value, 1 - LOW), 1 + HIGH) * advantage
                kept = ratio * advantage if value * advantage <= clipped else torch.tensor(clipped)
                total = total + share * (-kept + BETA * kl)
                kls += float(kl.detach())
                clipped_low += value < 1 - LOW and advantage < 0
                clipped_high += value > 1 + HIGH and advantage > 0
        total.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        expected["loss"].append(float(total.detach()))
        expected["kl"].append(kls / n_tokens)
        expected["clipped_low"].append(clipped_low / n_tokens)
        expected["clipped_high"].append(clipped_high / n_tokens)
    moved = [each.detach().clone() for each in weights]
    with torch.no_grad():
        for each, was in zip(weights, before, strict=True):
            each.copy_(was)
    learnt = learner(training, torch.optim.SGD(weights, lr=0.02)).learn(groups)
    assert learnt.n_tokens == n_tokens
    assert learnt.entropy == pytest.approx(sum(each for _, each in old) / n_tokens, rel=1e-4)
    for name, values in expected.items():
        assert getattr(learnt, name) == pytest.approx(values, rel=1e-4, abs=1e-6), name
    assert expected["clipped_low"][-1] and expected["clipped_high"][-1]  # both happen in these numbers
    assert expected["clipped_low"][0] == expected["clipped_high"][0] == 0  # the first update is on policy
    for name, found, wanted, was in zip(range(len(weights)), weights, moved, before, strict=True):
        torch.testing.assert_close(found.detach() - was, wanted - was, atol=2e-6, rtol=1e-3)
        assert not torch.equal(wanted, was), name


def test_a_gradient_that_is_no_number_changes_no_weight(training, groups):
    weights = [each for each in training.opened.model.parameters() if each.requires_grad]
    before = [each.detach().clone() for each in weights]
    groups[0] = replace(groups[0], advantages=np.array([np.inf, 0.0, 0.0]))
    with pytest.raises(AsrdiagError, match=r"gradient of the norm (inf|nan), expected a finite one"):
        learner(training, torch.optim.SGD(weights, lr=0.02)).learn(groups)
    assert all(torch.equal(each, was) for each, was in zip(weights, before, strict=True))
