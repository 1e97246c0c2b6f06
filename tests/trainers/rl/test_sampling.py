"""Which groups a step gets: clips whose answers are all worth the same are replaced, so many times."""

import json
import math
from dataclasses import dataclass, field, replace

import pytest
import soundfile

from asrdiag.trainers.learning.pool import clip_limits
from asrdiag.trainers.rl.clock import Clock
from asrdiag.trainers.rl.draws import Draws
from asrdiag.trainers.rl.rewarding import make_rules
from asrdiag.trainers.rl.sampling import Sampler


@dataclass
class Scripted:
    """Answers each clip named in `flat` with one text, and the others with three; notes what it was asked."""

    policy: object
    flat: set = field(default_factory=set)
    asked: list = field(default_factory=list)
    most: list = field(default_factory=list)
    taken_up: int = 0

    def take_up(self):
        self.taken_up += 1

    def answers(self, prompts, times, sampling):
        self.asked.append([prompt.piece.key for prompt in prompts])
        self.most.append(sampling.max_new_tokens)
        family, [end] = self.policy.family, self.policy.end_tokens()
        texts = {True: ["no"] * 3, False: ["go on", "no", "go"]}
        return [
            [[*family.tokens(text), end] for text in texts[prompt.piece.key in self.flat]]
            for prompt in prompts
        ]


@pytest.fixture
def scripted(session):
    """A training whose answers are scripted; `flat` are places among the clips as they will be drawn."""

    def make(flat, *, out="out", sampling=None, loss=None, **groups):
        given = {"groups": {"prompts": 3, **groups}, "sampling": sampling or {}, "loss": loss or {}}
        training = session(out, **given)
        pool = training.rows.train
        order = [pool[index].id for index in Draws(pool, None, training.recipe.seed).take(len(pool))]
        writer = Scripted(training.opened.policy, {order[place] for place in flat})
        training.opened = replace(training.opened, writer=writer)
        return training, writer, order

    return make


def step(training, n=3):
    recipe, pool = training.recipe, training.rows.train
    sampler = Sampler(recipe, training.opened, pool, make_rules(recipe.reward), clip_limits(recipe.limits))
    draws = Draws(pool, None, recipe.seed)
    return sampler.step(draws, n, Clock()), draws


def ids(groups):
    return [group.row.id for group in groups]


def test_only_what_is_missing_is_drawn_again(scripted):
    training, writer, order = scripted({1, 3})
    found, draws = step(training)
    # The second of three is flat, so is the fourth, which replaces it, and the fifth is not.
    assert ids(found.used) == [order[0], order[2], order[4]]
    assert ids(found.dropped) == [order[1], order[3]]
    assert found.resamples == 2 and draws.place == 5
    assert [sorted(each) for each in writer.asked] == [sorted(order[:3]), [order[3]], [order[4]]]
    assert writer.taken_up == 1  # the weights are those of one moment
    assert all(group.varied and group.advantages.any() for group in found.used)
    assert not any(group.advantages.any() for group in found.dropped)


def test_a_step_learns_from_fewer_when_too_few_are_found(scripted):
    training, writer, order = scripted(range(1, 6), max_resamples=2)
    found, _ = step(training, n=2)
    assert found.resamples == 2
    assert [len(each) for each in writer.asked] == [2, 1, 1]
    assert ids(found.used) == order[:1] and ids(found.dropped) == order[1:4]


def test_clips_are_not_replaced_where_the_recipe_says_so(scripted):
    training, *_ = scripted(range(6), max_resamples=0)
    found, _ = step(training)
    assert (len(found.used), len(found.dropped), found.resamples) == (0, 3, 0)


def test_steps_with_nothing_to_learn_from_are_taken_and_change_nothing(scripted):
    training, *_ = scripted(range(6), max_resamples=1)
    before = {name: each.clone() for name, each in training.opened.model.named_parameters()}
    assert training.run() is None
    steps = [json.loads(line) for line in training.folder.steps.read_text().splitlines()]
    assert [each["step"] for each in steps] == [1, 2, 3, 4]
    assert {each["zero_variance"] for each in steps} == {1.0}
    assert {(each["groups"], each["resamples"], each["answers"]) for each in steps} == {(0, 1, 18)}
    assert not any("loss" in each for each in steps)
    assert all(each.equal(before[name]) for name, each in training.opened.model.named_parameters())


def test_short_clips_have_a_limit_of_their_own(scripted):
    training, writer, _ = scripted((), sampling={"max_tokens_per_s": 10}, decode_at_once=2)
    step(training, n=6)
    pool = training.rows.train
    longest = sorted((soundfile.info(pool[index].audio).duration for index in range(6)), reverse=True)[::2]
    # Batches of two, longest first; RECIPE allows 8 tokens at most.
    assert writer.most == [8, 8, 8]
    training, writer, _ = scripted(
        (), out="more", sampling={"max_tokens_per_s": 10, "max_new_tokens": 99}, decode_at_once=2
    )
    step(training, n=6)
    assert writer.most == [math.ceil(10 * seconds) + 8 for seconds in longest]
    assert len(set(writer.most)) == 3


def test_advantages_are_scaled_or_not_as_the_recipe_says(scripted):
    for scaled, out in ((True, "scaled"), (False, "plain")):
        training, *_ = scripted((), out=out, loss={"scale_advantages": scaled})
        found, _ = step(training)
        for group in found.used:
            centred = group.rewards - group.rewards.mean()
            divisor = group.rewards.std(ddof=1) + 1e-4 if scaled else 1
            assert group.advantages == pytest.approx(centred / divisor)
