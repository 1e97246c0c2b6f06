"""The reward of a recipe, on whole groups at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.base import Term
from asrdiag.metrics.rewards.extraction import transcript

from .schema import RewardSpec

PRESETS: Mapping[str, str] = {"dg-wgpo": "paper", "dg-wgpo-appendix": "paper-appendix"}
"""A recipe's names where they differ from the reward's own."""


def make_reward(spec: RewardSpec) -> DGWGPOReward:
    """The reward that a recipe names.

    Raises:
        ValueError: A parameter is unknown or out of range.
    """
    try:
        return DGWGPOReward.preset(PRESETS.get(spec.name, spec.name), **spec.parameters)
    except TypeError as error:
        raise ValueError(f"reward.parameters: {error}") from error


@dataclass(frozen=True, slots=True)
class Rewarded:
    """What answers are worth; arrays of shape [clips, rollouts]."""

    transcripts: tuple[tuple[str, ...], ...]
    """What was scored: the text taken out of what the model wrote."""
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    components: Mapping[str, np.ndarray[tuple[int, int], np.dtype[np.float64]]]


def reward_groups(
    reward: Term, written: Sequence[Sequence[str]], references: Sequence[str], languages: Sequence[str]
) -> Rewarded:
    """Score all answers to several clips in one call.

    Args:
        written: for each clip what the model wrote, tags and special tokens included.
        references: raw, one for each clip.
        languages: likewise.
    """
    k = len(written[0])
    texts = tuple(tuple(transcript(each) for each in group) for group in written)
    found = reward.components(
        hypotheses=[text for group in texts for text in group],
        references=[each for each in references for _ in range(k)],
        languages=[each for each in languages for _ in range(k)],
    )
    shaped = {name: np.asarray(each, dtype=np.float64).reshape(-1, k) for name, each in found.items()}
    return Rewarded(
        texts, shaped["reward"], {name: each for name, each in shaped.items() if name != "reward"}
    )
