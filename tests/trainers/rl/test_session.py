"""A training on a tiny policy: interrupted or not it ends the same, and what it writes can be used."""

import json
import math
import os
import shutil
import signal
import subprocess
from types import SimpleNamespace

import pytest
import torch

from asrdiag.errors import SaveError, UsageError
from asrdiag.rollouts.reading import read_rollouts
from asrdiag.trainers.learning.validation import Group, Look
from asrdiag.trainers.rl.finishing import finish
from asrdiag.trainers.rl.session import RlSession
from asrdiag.trainers.rl.update import Learner


class Killed(BaseException):
    """Nothing catches it."""


def result(folder):
    weights = {path.parent.name: path.read_bytes() for path in folder.glob("checkpoints/*/*.safetensors")}
    steps = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    for step in steps:
        del step["seconds"], step["tokens_per_s"]
    return weights, steps, (folder / "rollouts.jsonl").read_text()


def test_killed_and_resumed_equals_undisturbed(session, monkeypatch):
    whole = session("whole")
    assert whole.run() is None
    expected = result(whole.folder.path)
    assert set(expected[0]) == {"step-000002", "step-000004"}
    learn, seen = Learner.learn, []

    def die_in_the_fourth(self, groups):
        seen.append(1)
        if len(seen) == 4:
            raise Killed
        return learn(self, groups)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", die_in_the_fourth)
        with pytest.raises(Killed):
            session("cut").run()
    again = session("cut")
    (again.folder.path / "state" / ".step-000004.tmp").mkdir()  # torn by a kill
    again.run()
    assert result(again.folder.path) == expected


def test_killed_beside_a_checkpoint_it_ends_the_same(session, place, monkeypatch):
    """Its state is there, and it was not looked at yet; step 2's checkpoint is not there either."""
    small = {"max_resamples": 1, "prompts": 1, "rollouts": 2}
    given = {"validation": {"rows": str(place / "train.jsonl"), "limit": 2}, "groups": small}
    whole = session("whole", **given)
    whole.run()
    expected = result(whole.folder.path), whole.folder.looks.read_text()
    for step, name in ((0, "look"), (2, "_keep"), (4, "look")):
        method = getattr(RlSession, name)

        def die(self, at, step=step, method=method):
            if at == step:
                raise Killed
            return method(self, at)

        with monkeypatch.context() as patch:
            patch.setattr(RlSession, name, die)
            with pytest.raises(Killed):
                session(f"cut-{step}", **given).run()
        again = session(f"cut-{step}", **given)
        again.run()
        assert (result(again.folder.path), again.folder.looks.read_text()) == expected


def test_learning_rates_run_over_all_updates(session, monkeypatch):
    rates, step = [], torch.optim.AdamW.step

    def noted(self, *arguments, **others):
        rates.append({group["part"]: group["lr"] for group in self.param_groups})
        return step(self, *arguments, **others)

    monkeypatch.setattr(torch.optim.AdamW, "step", noted)
    monkeypatch.setattr("asrdiag.trainers.rl.sampling.varied", lambda rewards: torch.ones(len(rewards)) > 0)
    rated = {"learning_rates": {"encoder": 0.001, "decoder": 0.01}, "optimizer": {"warmup_ratio": 0.25}}
    session(**rated, groups={"mask_overlong": False, "prompts": 1, "rollouts": 2}).run()
    # Two updates in each of four steps: a third and two thirds of the rate, then half a cosine over six.
    shares = [1 / 3, 2 / 3, *(0.5 * (1 + math.cos(math.pi * done / 6)) for done in range(6))]
    assert [each["encoder"] for each in rates] == pytest.approx([0.001 * share for share in shares])
    assert [each["decoder"] for each in rates] == pytest.approx([0.01 * share for share in shares])


def test_each_process_draws_answers_of_its_own(session):
    said = []
    for number in (0, 1):
        training = session(str(number), steps=1, checkpoint_every=1)
        training.process = SimpleNamespace(
            process_index=number, num_processes=1, is_main_process=True, wait_for_everyone=lambda: None
        )
        training.run()
        groups = [found.group for found in read_rollouts(training.folder.path / "rollouts.jsonl")]
        said.append({group.sample_id: [each.transcript for each in group.rollouts] for group in groups})
    shared = said[0].keys() & said[1].keys()
    assert shared and all(said[0][name] != said[1][name] for name in shared)


def test_the_result_is_the_best_of_the_checkpoints_that_do_no_harm(session, place):
    training = session(steps=6, validation={"rows": str(place / "train.jsonl"), "limit": 1})
    training.run()

    def look(step, errors, empty=0.0):
        rates = {"empty": empty, "hallucination": 0.0, "repetition": 0.0}
        training.folder.add_look(Look(step, "rl", {"degraded": Group(9, errors, 100)}, rates, 0))

    look(0, 50)
    look(2, 45)
    look(4, 30, empty=0.2)
    look(6, 47)
    assert finish(training, None) == 0
    report = json.loads(training.folder.report.read_text())
    assert report["chosen_step"] == 2 and list(report["harms"]) == ["4"]
    chosen = training.folder.checkpoint(2) / "adapter_model.safetensors"
    found = training.folder.path / "adapter" / "adapter_model.safetensors"
    assert found.read_bytes() == chosen.read_bytes()


@pytest.mark.parametrize("room_kb", [60, 200])
def test_a_disk_that_was_full_costs_nothing_but_time(session, tiny_disk, room_kb):
    # A state takes 300 kB, first 90 of weights.
    whole = session("whole", steps=2)
    whole.run()
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes((600 - room_kb) * 1024))
    with pytest.raises(SaveError, match="step-000002: could not be written: No space left"):
        session(tiny_disk / "out", steps=2).run()
    assert not list(tiny_disk.rglob("*.tmp"))
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(tiny_disk)], check=True)
    session(tiny_disk / "out", steps=2).run()
    assert result(tiny_disk / "out") == result(whole.folder.path)


def test_a_damaged_state_is_told_and_can_be_done_without(session):
    training = session()
    training.run()
    expected = result(training.folder.path)
    state = training.folder.path / "state" / "step-000004"
    (state / "training.pt").write_bytes((state / "training.pt").read_bytes()[:1000])
    with pytest.raises(UsageError, match=rf"training\.pt: damaged .*; remove {state} to do without"):
        session().run()
    shutil.rmtree(state)
    session().run()  # from step 2
    assert result(training.folder.path) == expected


def test_every_answer_is_logged_with_what_it_was_worth(session):
    training = session()
    training.run()
    groups = [found.group for found in read_rollouts(training.folder.path / "rollouts.jsonl")]
    assert {group.step for group in groups} == {0, 1, 2, 3}
    assert all(len(group.rollouts) == 3 for group in groups)
    one = groups[0]
    assert {"wer", "r_rep", "r_fine", "r_struc"} <= set(one.rollouts[0].components)
    assert sum(rollout.advantage for rollout in one.rollouts) == pytest.approx(0, abs=1e-6)


def test_only_the_parts_of_the_recipe_learn(session):
    training = session(learning_rates={"encoder": 0.01}, steps=2)
    before = {name: weights.clone() for name, weights in training.opened.model.named_parameters()}
    training.run()
    moved = {
        name
        for name, weights in training.opened.model.named_parameters()
        if not torch.equal(weights, before[name])
    }
    assert moved
    assert all("model.encoder." in name and ".lora_" in name for name in moved)


def test_a_collapse_ends_it(session, capsys):
    training = session(collapse={"overlong": 0.0, "steps": 2}, steps=9, sampling={"max_new_tokens": 2})
    wrong = training.run()
    assert wrong is not None and "cut at the limit" in wrong
    assert len((training.folder.path / "steps.jsonl").read_text().splitlines()) == 2
    assert finish(training, wrong) == 1
    assert "ended early" in capsys.readouterr().err


@pytest.mark.parametrize(("every", "chosen"), [(1, 2), (2, 2), (9, 3)])
def test_without_anything_to_choose_by_what_came_before_the_collapse_is_taken(session, capsys, every, chosen):
    """It is noticed at step 3; of the steps that are kept before it, if any, the last."""
    limits = {"collapse": {"overlong": 0.0, "steps": 3}, "sampling": {"max_new_tokens": 2}}
    training = session(steps=9, checkpoint_every=every, **limits)
    assert finish(training, training.run()) == 1
    assert f"adapter: step {chosen}; no validation rows" in capsys.readouterr().out


def test_a_folder_is_gone_on_with_by_the_same_training_only(session, place, tmp_path):
    rows = tmp_path / "rows.jsonl"
    audio = str(place)
    rows.write_text((place / "train.jsonl").read_text().replace('["', f'["{audio}/'))
    given = {"train": {"rows": str(rows)}, "validation": {"rows": str(rows)}}
    session(**given)
    # How a checkpoint is chosen decides nothing of what is learnt.
    session(**given | {"validation": {"rows": str(rows), "max_rise": {"empty": 0.5}}})
    with pytest.raises(UsageError, match=r"holds another training: recipe\.loss\.beta was 0\.04 and is 0"):
        session(**given, loss={"beta": 0})
    with pytest.raises(UsageError, match=r"learning_rates: unknown part 'coder'.*encoder, decoder"):
        session(**given, learning_rates={"coder": 0.001})
    rows.write_text(rows.read_text().replace("go on", "go off"))
    with pytest.raises(UsageError, match=r"holds another training: train\.sha256"):
        session(**given)


def test_interrupted_it_saves_the_step_under_way_and_goes_on_after_it(session, monkeypatch):
    whole = session("whole")
    whole.run()
    learn, learnt = Learner.learn, []

    def ctrl_c_in_the_third(self, groups):
        learnt.append(1)
        if len(learnt) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, groups)

    monkeypatch.setattr(Learner, "learn", ctrl_c_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        session("cut").run()
    again = session("cut")
    again.run()
    assert len(learnt) == 4  # the third step was saved, though no checkpoint was due
    assert result(again.folder.path) == result(whole.folder.path)
