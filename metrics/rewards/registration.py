"""What to write into each trainer's configuration to train with the reward."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from .settings import VARIABLE

_HERE = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]


def how_to_register(trainer: str) -> str:
    """Return the lines for a trainer: code, command-line options or a configuration, with a comment or two.

    Paths in it are those of this installation.

    Raises:
        ValueError: The trainer is unknown; the message lists the known ones.

    >>> print(how_to_register("verl"))
    reward.custom_reward_function.path=pkg://asrdiag.metrics.rewards.verl
    reward.custom_reward_function.name=compute_score
    # any parameter of DGWGPOReward, or a preset:
    +reward.custom_reward_function.reward_kwargs.tau=0.3
    """
    name = trainer.lower().replace("-", "_")
    if name not in TRAINERS:
        raise ValueError(f"unknown trainer {trainer!r}; known: {', '.join(TRAINERS)}")
    return TRAINERS[name]()


def _trl() -> str:
    return f"""\
from {_PACKAGE} import DGWGPOReward
from {_PACKAGE}.trl import TRLReward
from trl import GRPOTrainer

# the dataset has a column reference or solution, and may have one called language
trainer = GRPOTrainer(..., reward_funcs=[TRLReward(DGWGPOReward(tau=0.3))])"""


def _verl() -> str:
    return f"""\
reward.custom_reward_function.path=pkg://{_PACKAGE}.verl
reward.custom_reward_function.name=compute_score
# any parameter of DGWGPOReward, or a preset:
+reward.custom_reward_function.reward_kwargs.tau=0.3"""


def _swift() -> str:
    return f"""\
--external_plugins {_HERE / "swift" / "plugin.py"}
--reward_funcs dgwgpo
# in the environment, any parameter of DGWGPOReward, or a preset:
export {VARIABLE}='{{"tau": 0.3}}'"""


def _openrlhf() -> str:
    return f"""\
--reward.remote_url {_HERE / "openrlhf.py"}
--data.label_key reference
# in the environment, any parameter of DGWGPOReward, or a preset:
export {VARIABLE}='{{"tau": 0.3}}'"""


def _nemo_rl() -> str:
    return f"""\
# before the environments are made
from nemo_rl.distributed.ray_actor_environment_registry import ACTOR_ENVIRONMENT_REGISTRY
from nemo_rl.distributed.virtual_cluster import PY_EXECUTABLES
from nemo_rl.environments.utils import register_env

actor = "{_PACKAGE}.nemo_rl.ASREnvironmentActor"
register_env("asr", actor)
ACTOR_ENVIRONMENT_REGISTRY[actor] = PY_EXECUTABLES.SYSTEM

# in the configuration; rows carry extra_env_info with ground_truth, and may carry language
env:
  asr:
    reward: {{tau: 0.3}}"""


TRAINERS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"trl": _trl, "verl": _verl, "swift": _swift, "openrlhf": _openrlhf, "nemo_rl": _nemo_rl}
)
"""The trainers by name."""
