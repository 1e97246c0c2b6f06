"""Pairs in which a reward prefers the transcript with more errors, and which term made it do so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .agreement import groups_by_size
from .dgwgpo import DGWGPOReward
from .measured import Values

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "r_fine": "fewer hard errors for each correct token (soft substitutions count less)",
        "r_struc": "a longer common subsequence, or a length nearer the reference's",
        "r_rep": "the other is a loop, or a loop was spared a negative R_wer",
        "gate": "the two stand on different sides of the gate at tau",
        "r_wer": "R_wer itself, which always speaks for the better one",
    }
)
"""What the difference of two rewards is made of."""

OTHER = "other"
"""The cause where the computed reward does not prefer the worse transcript, but the logged one does."""

_BLOCK_PAIRS = 2_000_000
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Preferences:
    """Pairs within groups, as places among the members: int64 arrays of shape (pairs,)."""

    preferred: NDArray[np.int64]
    """Of higher reward, and more errors."""
    better: NDArray[np.int64]


def find_preferences(rewards: Values, error_rates: Values, sizes: NDArray[np.int64]) -> Iterator[Preferences]:
    """Yield all pairs of a group in which the higher reward goes to the higher error rate, block by block.

    A block comes of at most two million pairs that are compared, or of one rollout with all of its group.

    Args:
        rewards: of the members, of shape (members,): the groups one after the other.
        error_rates: of the same.
        sizes: how many members each group has.

    >>> found = find_preferences(np.array([0.5, 0.6, 0.9]), np.array([0.2, 0.4, 0.1]), np.array([3]))
    >>> [(block.preferred.tolist(), block.better.tolist()) for block in found]
    [([1], [0])]
    """
    for _, members in groups_by_size(sizes):
        size = members.shape[1]
        height = min(size, max(1, _BLOCK_PAIRS // size))
        width = max(1, _BLOCK_PAIRS // (height * size))
        for start in range(0, len(members), width):
            block = members[start : start + width]
            reward, rate = rewards[block], error_rates[block]
            for top in range(0, size, height):
                upper = slice(top, top + height)
                against = (reward[:, upper, None] - reward[:, None, :] > _LEAST) & (
                    rate[:, upper, None] - rate[:, None, :] > _LEAST
                )
                row, first, second = np.nonzero(against)
                if len(row):
                    yield Preferences(block[row, first + top], block[row, second])


def explain(reward: DGWGPOReward, parts: Mapping[str, Values], pairs: Preferences) -> dict[str, Values]:
    """Split the difference of two rewards, preferred minus better, into what each term adds to it.

    The split is exact: the columns, named as `TERMS`, add up to the difference. Where a factor and what it
    multiplies both differ, each one's part is taken at the mean of the other, so the order of the two does
    not matter.

    Args:
        reward: what gave `parts`.
        parts: what `reward.components` returned for the members.
        pairs: places among the members.
    """
    one, other = pairs.preferred, pairs.better

    def difference(values: Values) -> Values:
        return values[one] - values[other]

    def mean(values: Values) -> Values:
        return (values[one] + values[other]) / 2

    dynamic, r_wer = reward.alpha_dyn, parts["r_wer"]
    spared = parts["r_rep"] if reward.repetition else np.ones_like(r_wer)
    weight = reward.fine_weight(parts["gate"] > 0)
    fine, struc = parts["r_fine"], parts["r_struc"]
    return {
        "r_fine": dynamic * mean(weight) * difference(fine),
        "r_struc": dynamic * (1 - mean(weight)) * difference(struc),
        "r_rep": (1 - dynamic) * difference(spared) * mean(r_wer),
        "gate": dynamic * difference(weight) * mean(fine - struc),
        "r_wer": (1 - dynamic) * mean(spared) * difference(r_wer),
    }
