"""The environment for NeMo-RL, by its documented interface (nemo_rl/environments/interfaces.py)."""

import pickle
import pkgutil
import re
import sys
from types import ModuleType
from typing import Any

import pytest
import yaml

from asrdiag.metrics.rewards import nemo_rl
from asrdiag.metrics.rewards.nemo_rl import ASREnvironment, EnvironmentReturn
from asrdiag.metrics.rewards.registration import how_to_register

WORKED_EXAMPLE = 0.715278  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)
LOGS = [
    [{"role": "user", "content": "<audio>"}, {"role": "assistant", "content": said}]
    for said in ("language English<asr_text>The cap sat on mat.", "thank you " * 4, "你好")
]
METADATA = [
    {"ground_truth": "The cat sat on the mat."},
    {"ground_truth": "thank you", "language": "en"},
    {"ground_truth": "你好吗", "language": "zh"},
]
# The worked example; a loop, C 2 and I 6: 0.6 * (0.25 * 2/8 + 0.75 * 0.5); one deletion in three characters.
BY_HAND = [WORKED_EXAMPLE, 0.2625, 2 / 3]


def test_a_step_gives_the_values_computed_by_hand() -> None:
    torch = pytest.importorskip(
        "torch", reason="torch is not installed; it comes with the extra transformers"
    )
    found = ASREnvironment({"num_workers": 2}).step(LOGS, METADATA)
    assert found.rewards.tolist() == pytest.approx(BY_HAND, abs=1e-6)
    assert found.rewards.dtype is torch.float32
    assert found.rewards.shape == found.terminateds.shape == (3,)
    assert found.terminateds.all()
    assert found.metadata == METADATA
    assert found.next_stop_strings == [None] * 3
    assert found.answers is None
    # NeMo-RL tokenises what the environment says; of nothing it would make floating-point token ids.
    assert all(each["role"] == "environment" and each["content"] for each in found.observations)
    answers = ASREnvironment().step(LOGS[:1], METADATA[:1], return_extracted_answer=True).answers
    assert answers == ["The cap sat on mat."]


def test_the_fields_are_those_of_the_interface_in_its_order() -> None:
    """`calculate_rewards` takes the tuple apart by position."""
    assert EnvironmentReturn._fields == (
        *("observations", "metadata", "next_stop_strings"),
        *("rewards", "terminateds", "answers"),
    )


def test_the_configuration_sets_the_reward() -> None:
    config = yaml.safe_load(how_to_register("nemo_rl").partition("env:")[2].replace("asr:", "", 1))
    assert ASREnvironment(config).reward == ASREnvironment().reward
    assert ASREnvironment({"reward": {"preset": "paper-appendix"}}).reward.tau == 0.5
    assert ASREnvironment({"reward": None}).reward.tau == 0.3
    with pytest.raises(TypeError, match="alpha_q"):
        ASREnvironment({"reward": {"alpha_q": 1}})


@pytest.mark.parametrize("entry", [None, {}, {"answer": "hello"}, {"ground_truth": None, "answer": "hello"}])
def test_a_missing_reference_is_named(entry: Any) -> None:
    pytest.importorskip("torch", reason="torch is not installed; it comes with the extra transformers")
    held = "answer" if entry else "nothing"
    with pytest.raises(
        ValueError, match=rf"metadata\[1\] has no reference: 'ground_truth' is None; .*{held}"
    ):
        ASREnvironment().step(LOGS[:2], [METADATA[0], entry])


def test_metrics_are_the_means_over_the_batch() -> None:
    batch = {"message_log": LOGS, "extra_env_info": METADATA}
    returned, metrics = ASREnvironment().global_post_process_and_metrics(batch)
    assert returned is batch
    assert metrics["reward"] == pytest.approx(sum(BY_HAND) / 3, abs=1e-6)
    assert metrics["wer"] == pytest.approx((2 / 6 + 3 + 1 / 3) / 3)
    assert ASREnvironment().global_post_process_and_metrics({}) == ({}, {})


def test_the_actor_class_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = ModuleType("ray")
    ray.remote = lambda cls: ("an actor of", cls)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ray)
    [name] = re.findall(r'actor = "(.*)"', how_to_register("nemo_rl"))
    assert pkgutil.resolve_name(name) == ("an actor of", ASREnvironment)
    with pytest.raises(AttributeError, match="has no attribute 'Missing'"):
        _ = nemo_rl.Missing


def test_it_survives_pickling() -> None:
    twin = pickle.loads(pickle.dumps(ASREnvironment({"reward": {"tau": 0.5}})))
    assert twin.reward.tau == 0.5
    twin.shutdown()
