"""A group of rollouts as a record and back."""

import json
from typing import Any

import pytest

from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup

FULL: dict[str, Any] = {
    "schema": 1,
    "step": 20,
    "group": "20-3",
    "sample_id": "a-1",
    "language": "en",
    "temperature": 0.7,
    "used": True,
    "reference": "the cat",
    "base_transcript": "the hat",
    "base_wer": 0.5,
    "audio": "a-1.wav",
    "metadata": {"severity": 0.5},
    "rollouts": [
        {
            "transcript": "the cat",
            "raw_output": "the cat</s>",
            "n_tokens": 3,
            "finish_reason": "stop",
            "reward": 1.0,
            "components": {"wer": 0.0},
            "advantage": 0.5,
        },
        {"transcript": "", "finish_reason": "length"},
    ],
}


def test_a_record_comes_back_as_it_was() -> None:
    group = RolloutGroup.from_record(json.loads(json.dumps(FULL)))
    assert group.to_record() == FULL
    assert list(group.to_record()) == list(FULL)
    assert [rollout.truncated for rollout in group.rollouts] == [False, True]


def test_what_this_version_does_not_know_is_passed_over() -> None:
    rollouts = [{"transcript": "a", "entropy": 0.3}]
    group = RolloutGroup.from_record({"group": "0", "reference": "a", "rollouts": rollouts, "later": 1})
    assert group == RolloutGroup(group="0", reference="a", rollouts=(Rollout(transcript="a"),))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema is 2, expected 1"),
        ({"rollouts": []}, "rollouts is empty"),
        ({"rollouts": "a"}, "rollouts is 'a', expected a list of objects"),
        ({"rollouts": ["a"]}, r"rollouts\[0\] is 'a', expected an object"),
        ({"rollouts": [{"transcript": "a"}, {}]}, r"rollouts\[1\].transcript is missing"),
        (
            {"rollouts": [{"transcript": None}]},
            r"rollouts\[0\].transcript is null, expected a text",
        ),
        ({"rollouts": [{"transcript": "\ud83d"}]}, r"rollouts\[0\].transcript holds half a surrogate pair"),
        ({"rollouts": [{"transcript": "a", "n_tokens": 1.5}]}, "n_tokens is 1.5 .* expected a whole number"),
        ({"rollouts": [{"transcript": "a", "n_tokens": -1}]}, "n_tokens is -1, expected at least 0"),
        ({"step": 10**400}, "step is 1000.*, expected a number up to 1e.100"),
        ({"rollouts": [{"transcript": "a", "reward": float("nan")}]}, "reward is nan"),
        ({"rollouts": [{"transcript": "a", "components": {"wer": "x"}}]}, "components.wer is 'x'"),
        ({"reference": 3}, r"reference is 3 \(int\), expected a text"),
        ({"language": "English"}, "language 'English' is not a language tag"),
        ({"temperature": -1}, "temperature is -1, expected at least 0"),
        ({"temperature": True}, "temperature is True"),
        ({"step": -1}, "step is -1"),
        ({"used": 1}, r"used is 1 \(int\), expected true or false"),
        ({"metadata": []}, "metadata is .* expected an object"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RolloutGroup.from_record(FULL | change)


def test_a_missing_group_is_named() -> None:
    with pytest.raises(ValueError, match="group is missing"):
        RolloutGroup.from_record({name: value for name, value in FULL.items() if name != "group"})
