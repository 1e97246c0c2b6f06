"""The environment for NeMo-RL as a real Ray actor. `run.py nemo_rl` installs Ray and runs this.

NeMo-RL is not on PyPI. Replaced, by what its main branch does: `create_env` (nemo_rl/environments/utils.py),
which finds the actor class by its full name, and `calculate_rewards` (nemo_rl/experience/rollouts.py), which
calls `step`.
"""

import pkgutil
import re
from collections.abc import Iterator

import pytest

pytest.importorskip("ray", reason="Ray is not installed; run.py nemo_rl installs it elsewhere and runs this")

import ray
import torch
import yaml

from asrdiag.metrics.rewards.registration import how_to_register

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def cluster() -> Iterator[None]:
    ray.init(num_cpus=1, include_dashboard=False, logging_level="error")
    yield
    ray.shutdown()


def test_the_actor_gives_the_values_computed_by_hand(cluster: None) -> None:
    lines = how_to_register("nemo_rl")
    [name] = re.findall(r'actor = "(.*)"', lines)
    config = yaml.safe_load(lines[lines.index("env:") :])["env"]["asr"]
    actor = pkgutil.resolve_name(name).options(runtime_env={"env_vars": {}}).remote(config)
    logs = [
        [{"role": "user", "content": "<audio>"}, {"role": "assistant", "content": said}]
        for said in ("language English<asr_text>The cap sat on mat.", "thank you " * 4)
    ]
    metadata = [{"ground_truth": "The cat sat on the mat.", "language": "en"}, {"ground_truth": "thank you"}]
    observations, returned, stops, rewards, terminated, answers = ray.get(actor.step.remote(logs, metadata))
    # The worked example, and a loop (C 2, I 6: 0.6 * (0.25 * 2/8 + 0.75 * 0.5)).
    assert torch.stack(list(rewards)).tolist() == pytest.approx([0.715278, 0.2625], abs=1e-6)
    assert torch.tensor([terminated[0], terminated[1]]).tolist() == [True, True]
    assert all(observation["role"] and observation["content"] for observation in observations)
    assert (returned, stops, answers) == (metadata, [None, None], None)
    _, metrics = ray.get(
        actor.global_post_process_and_metrics.remote({"message_log": logs, "extra_env_info": metadata})
    )
    assert metrics["wer"] == pytest.approx((2 / 6 + 3) / 2)
