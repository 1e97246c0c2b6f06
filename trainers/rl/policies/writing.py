"""Who draws a policy's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from .base import Policy, Prompt, Sampling


class Writer(Protocol):
    """A policy, or somebody with a copy of its weights."""

    def take_up(self) -> None:
        """Use the policy's weights as they are now."""

    def answers(self, prompts: Sequence[Prompt], times: int, sampling: Sampling) -> list[list[list[int]]]:
        """Draw answers to clips; see `Policy.sample`."""


@dataclass(frozen=True, slots=True)
class Itself:
    """The policy draws its answers itself."""

    policy: Policy

    def take_up(self) -> None:
        """Nothing is to be done: its weights are its own."""

    def answers(self, prompts: Sequence[Prompt], times: int, sampling: Sampling) -> list[list[list[int]]]:
        """Hear the clips, and draw."""
        with torch.no_grad():
            return self.policy.sample(self.policy.hear(prompts), times, sampling)
