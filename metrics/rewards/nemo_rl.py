"""The reward for NeMo-RL: an environment of one turn. Imports nothing of NeMo-RL; torch and Ray where used.

>>> from asrdiag.metrics.rewards.nemo_rl import ASREnvironment
>>> ASREnvironment({"reward": {"tau": 0.5}}).reward.tau
0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .columns import LANGUAGE_COLUMN, score_rows
from .extraction import texts, transcript
from .measured import Values
from .settings import make_reward

if TYPE_CHECKING:
    from torch import Tensor

REFERENCE_KEY = "ground_truth"

# Not empty: of an empty text NeMo-RL's tokeniser makes floating-point token ids.
_OBSERVATION = {"role": "environment", "content": "Environment: scored"}


class EnvironmentReturn(NamedTuple):
    """The fields of `nemo_rl.environments.interfaces.EnvironmentReturn`, in its order."""

    observations: list[dict[str, str]]
    metadata: list[Any]
    next_stop_strings: list[list[str] | None]
    rewards: Tensor
    terminateds: Tensor
    answers: list[str | None] | None


class ASREnvironment:
    """Scores the transcripts of a batch and ends every episode; `ASREnvironmentActor` is it as a Ray actor.

    Args:
        config: `env.<name>` of NeMo-RL's configuration. `reward` in it holds parameters of `DGWGPOReward`, or
            a `preset`; other entries are NeMo-RL's own.

    Raises:
        ValueError, TypeError: A parameter is out of range, unknown or of the wrong type.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.reward = make_reward((config or {}).get("reward") or {})

    def step(
        self,
        message_log_batch: Sequence[Sequence[Mapping[str, Any]]],
        metadata: Sequence[Mapping[str, Any] | None],
        return_extracted_answer: bool = False,
    ) -> EnvironmentReturn:
        """Score the last messages of the assistant in each conversation.

        Args:
            message_log_batch: the conversations, lists of messages with `role` and `content`.
            metadata: `extra_env_info` of each: its reference under `ground_truth`, and its `language`,
                without which the reward's holds.
            return_extracted_answer: whether `answers` hold the transcripts.

        Returns:
            `rewards` are float32 and `terminateds` are all true, both of shape (batch,).

        Raises:
            ValueError: An entry of `metadata` has no reference (the message names what it holds), or a
                language is no tag.
        """
        import torch

        said = [transcript(list(log)) for log in message_log_batch]
        rewards = self._components(said, metadata)["reward"]
        return EnvironmentReturn(
            observations=[dict(_OBSERVATION) for _ in said],
            metadata=list(metadata),
            next_stop_strings=[None] * len(said),
            rewards=torch.tensor(rewards, dtype=torch.float32),
            terminateds=torch.ones(len(said), dtype=torch.bool),
            answers=list(said) if return_extracted_answer else None,
        )

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """Return the batch as it is, and the means of the reward and its components over it.

        The batch has the conversations under `message_log` and their metadata under `extra_env_info`, as
        NeMo-RL's rollouts do; without these, or of an empty one, there are no metrics.
        """
        logs, metadata = batch.get("message_log"), batch.get("extra_env_info")
        if not logs or not metadata:
            return batch, {}
        found = self._components([transcript(list(log)) for log in logs], metadata)
        return batch, {name: float(np.mean(values)) for name, values in found.items()}

    def shutdown(self) -> None:
        """Nothing to stop; NeMo-RL calls it at the end."""

    def _components(
        self, said: Sequence[str], metadata: Sequence[Mapping[str, Any] | None]
    ) -> dict[str, Values]:
        references = [(entry or {}).get(REFERENCE_KEY) for entry in metadata]
        for index, reference in enumerate(references):
            if not texts(reference):
                held = ", ".join(map(str, metadata[index] or ())) or "nothing"
                raise ValueError(
                    f"metadata[{index}] has no reference: {REFERENCE_KEY!r} is {reference!r:.80}; "
                    f"it holds {held}"
                )
        languages = [(entry or {}).get(LANGUAGE_COLUMN) for entry in metadata]
        return score_rows(self.reward, said, references, languages)


def __getattr__(name: str) -> Any:
    """`ASREnvironmentActor`, made when it is asked for: only NeMo-RL's processes need Ray."""
    if name == "ASREnvironmentActor":
        import ray

        return ray.remote(ASREnvironment)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
