"""A training on a tiny policy: interrupted or not it ends the same, and what it writes can be used."""

import json

import pytest
import torch

from asrdiag.errors import UsageError
from asrdiag.rollouts.reading import read_rollouts
from asrdiag.trainers.rl.finishing import finish
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
