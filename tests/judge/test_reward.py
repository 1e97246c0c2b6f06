"""The judge as a reward: the interface of the others, each pair paid for once, failures left out."""

import math
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judge.judge_server import Asked, JudgeServer, good, says
from scripted_server import Say

from asrdiag.errors import UsageError
from asrdiag.judge import JudgeReward, JudgeSettings, JudgeStopped, Manner, Prices
from asrdiag.metrics.rewards import WeightedReward, WERReward
from asrdiag.metrics.rewards.trl import TRLReward

Opened = Callable[..., tuple[JudgeReward, JudgeServer]]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens a judge with a script, as a reward."""
    with ExitStack() as stack:

        def open_(
            script: Any = good, keys: dict[str, Any] | None = None, **options: Any
        ) -> tuple[JudgeReward, JudgeServer]:
            server = stack.enter_context(JudgeServer(script))
            manner = Manner(retries=0, backoff_s=0.01)
            settings = JudgeSettings(
                **{"model": "m", "base_url": server.url, "manner": manner} | (keys or {})
            )
            reward = JudgeReward(settings, **options)
            stack.callback(reward.close)
            return reward, server

        yield open_


def test_the_parts_and_their_sum(opened: Opened) -> None:
    """Asked about the second (words added) and the third (one of 4 lost); the others go by rule."""
    reward, server = opened()
    found = reward.components(
        references=["The cat sat.", "go home", "we meet at 9", "stop", "", ""],
        hypotheses=["the cat sat", "go home thank you", "we meet at", "", "yes", ""],
    )
    assert {name: values.tolist() for name, values in found.items()} == {
        "meaning": [1, 0.5, 0.75, 0, 0, 1],
        "hallucination": [0, 1, 0, 0, 1, 0],
        "missed": [0, 0, 1, 1, 0, 0],
        "key_error": [0, 0, 1, 0, 0, 0],
        "asked": [0, 1, 1, 0, 0, 0],
        # 1; 0.5 - 0.2; 0.75 - 0.1 - 0.1; -0.1; -0.2; 1
        "reward": pytest.approx([1, 0.3, 0.55, -0.1, -0.2, 1]),
    }
    assert all(values.dtype == np.float64 for values in found.values())
    assert len(server.heard) == 2
    assert reward.score(references=[], hypotheses=[]).shape == (0,)


def test_each_pair_is_paid_for_once_whatever_the_batch_and_the_thread(opened: Opened) -> None:
    reward, server = opened()
    texts = {"references": ["a b c", "a b c", "a b d"], "hypotheses": ["a b", "a b", "a b"]}
    with ThreadPoolExecutor(4) as threads:
        scores = list(threads.map(lambda _: reward.score(**texts).tolist(), range(8)))
    assert len(server.heard) == 2
    assert len({tuple(each) for each in scores}) == 1
    reward.score(**texts, languages=["en", "en", "de"])  # in another language it is another question
    assert len(server.heard) == 3
    assert reward.spent() == {"requests": 3, "cost": 0.0}


def test_questions_are_asked_at_the_same_time(opened: Opened) -> None:
    together = threading.Barrier(3)

    def script(asked: Asked, time: int) -> Say:  # the first one finds the form of requests, alone
        return good(asked) if len(server.heard) == 1 else Say(good(asked).body, wait_for=together)

    reward, server = opened(script, {"manner": Manner(concurrency=3)})
    reward.score(references=["a b"] * 4, hypotheses=["a", "b", "c", "d"])
    assert server.most_at_once == 3


def test_where_the_judge_fails_there_is_no_reward(opened: Opened) -> None:
    reward, server = opened(lambda asked, _: says("?") if asked.hypothesis == "x" else good(asked))
    texts = {"references": ["a b", "a b"], "hypotheses": ["a", "x"]}
    first, second = reward.score(**texts)
    assert (first, math.isnan(second)) == (pytest.approx(0.5 - 0.1), True)
    asked = len(server.heard)
    assert asked == 3  # x was repaired in vain, and would be again
    reward.score(**texts)
    assert len(server.heard) == asked

    logged: dict[str, float] = {}
    adapted = TRLReward(reward)
    said = adapted(completions=["a", "x"], reference=["a b", "a b"], log_metric=logged.__setitem__)
    assert said == [pytest.approx(0.4), None]
    assert logged["JudgeReward/meaning"] == 0.5
    mixed = WeightedReward({"judge": (0.5, reward), "wer": (0.5, WERReward())})
    assert mixed.score(**texts).tolist() == [
        pytest.approx(0.5 * 0.4 + 0.5 * 0.5),
        pytest.approx(math.nan, nan_ok=True),
    ]


def test_a_judge_that_is_gone_or_too_dear_stops_the_training(opened: Opened) -> None:
    reward, server = opened(lambda *_: Say("busy", 500))
    with pytest.raises(JudgeStopped, match="answered none of 2 questions: HTTP 500"):
        reward.score(references=["a b", "a b"], hypotheses=["a", "b"])
    server.judge = good
    assert np.isfinite(reward.score(references=["a b", "a b"], hypotheses=["a", "b"])).all()

    refused, server = opened(lambda *_: Say({"error": {"message": "no such model"}}, 404))
    with pytest.raises(JudgeStopped, match=r"the judge cannot be asked: HTTP 404 Not Found: no such model"):
        refused.score(references=["a b"], hypotheses=["a"])

    limited, server = opened(keys={"max_requests": 1})
    with pytest.raises(JudgeStopped, match="1 requests are all that max_requests allows"):
        limited.score(references=["a b", "a b"], hypotheses=["a", "b"])
    dear, server = opened(keys={"max_cost": 0.001, "prices": Prices(per_request=0.01)})
    with pytest.raises(JudgeStopped, match=r"max_cost is 0.001"):
        dear.score(references=["a b"], hypotheses=["a"])
    assert server.heard == []


def test_answers_in_a_file_are_there_for_the_next_training(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "rewards" / "answers.jsonl"
    texts = {"references": ["a b"], "hypotheses": ["a"]}
    reward, _ = opened(answers=path)
    value = reward.score(**texts)
    with pytest.raises(UsageError, match="is in use by process"):
        opened(answers=path)
    reward.close()
    reward.close()
    again, server = opened(answers=path)
    assert again.score(**texts) == value
    assert server.heard == []


def test_it_travels_to_another_process_without_its_connections(opened: Opened) -> None:
    reward, server = opened(weights={"meaning": 2, "missed": 1})
    texts = {"references": ["a b"], "hypotheses": ["a"]}
    with pickle.loads(pickle.dumps(reward)) as copy:
        assert copy.score(**texts) == reward.score(**texts) == [2 * 0.5 - 1]
        assert repr(copy) == repr(reward)
    assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"fluency": 1.0}, "unknown part 'fluency'"),
        ({"meaning": -1.0}, "expected numbers from 0 up"),
        ({}, "one of them above 0"),
        ({"meaning": math.nan}, "expected numbers from 0 up"),
    ],
)
def test_weights_that_cannot_be_used(weights: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        JudgeReward(JudgeSettings(model="m", base_url="http://127.0.0.1:9/v1"), weights=weights)


def test_texts_that_are_none(opened: Opened) -> None:
    reward, _ = opened()
    with pytest.raises(TypeError, match=r"hypotheses\[0\] is None"):
        reward.score(references=["a"], hypotheses=[None])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="1 hypotheses but 2 references"):
        reward.score(references=["a", "b"], hypotheses=["a"])
