"""A judge as the reward of a training: asked once about each pair, whatever is interrupted or spent."""

import json

import pytest
from judge.judge_server import JudgeServer

from asrdiag.judge import JudgeStopped
from asrdiag.rollouts.reading import read_rollouts
from asrdiag.trainers.rl.update import Learner


class Killed(BaseException):
    """Nothing catches it."""


def test_a_judge_rewards_and_is_asked_nothing_twice(session, monkeypatch):
    learn, learnt = Learner.learn, []

    def die_in_the_second(self, groups):
        learnt.append(1)
        if len(learnt) == 2:
            raise Killed
        return learn(self, groups)

    def training(server, **judge):
        judge = {"model": "m", "base_url": server.url, **judge}
        reward = {"name": "judge", "judge": judge}
        return session(steps=2, checkpoint_every=1, reward=reward, groups={"max_resamples": 0})

    with JudgeServer() as server:
        with pytest.raises(JudgeStopped, match="max_requests"):
            training(server, max_requests=2).run()
        assert len(server.asked) == 2
        with monkeypatch.context() as patch:
            patch.setattr(Learner, "learn", die_in_the_second)
            with pytest.raises(Killed):
                training(server).run()  # a limit that was raised makes no other training
        before = len(server.asked)
        last = training(server)
        last.run()
        assert len(server.asked) == before  # the second step's answers were judged when it was killed
        pairs = [(asked.reference, asked.hypothesis) for asked in server.asked]
    assert len(set(pairs)) == len(pairs) > 2
    steps = [json.loads(line) for line in (last.folder.path / "steps.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == [1, 2]
    assert {"meaning", "missed", "asked", "wer", "r_rep"} <= set(steps[0]["components"])
    for found in read_rollouts(last.folder.path / "rollouts.jsonl"):
        for each in found.group.rollouts:
            part = each.components
            # 1, 0.2, 0.1 and 0.1 are the judge's own weights.
            worth = part["meaning"] - 0.2 * part["hallucination"] - 0.1 * (part["missed"] + part["key_error"])
            assert each.reward == pytest.approx(worth)
            assert part["asked"] == ((found.group.reference, each.transcript) in pairs)
