"""What each rollout is worth against the others of its group (Shao et al. 2024, arXiv 2402.03300)."""

import torch

EPSILON = 1e-4
"""Added to a group's standard deviation, as TRL and ms-swift do."""


def group_advantages(rewards: torch.Tensor, *, scale: bool = True) -> torch.Tensor:
    """A = (r - mean) / (std + 1e-4) within each group, with the unbiased standard deviation.

    Args:
        rewards: of shape [groups, rollouts], at least two rollouts; NaN where nobody could say (a judge that
            failed): such a rollout is left out of its group, and has no advantage.
        scale: divide by the standard deviation, or only subtract the mean (Liu et al. 2025, Dr. GRPO).

    Returns:
        The same shape; all zero in a group whose rewards are equal.

    >>> rewards = torch.tensor([[1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)
    >>> group_advantages(rewards).round(decimals=3).tolist()
    [[0.707, -0.707], [0.0, 0.0]]
    """
    known = ~rewards.isnan()
    count = known.sum(dim=1, keepdim=True)
    total = rewards.nan_to_num().sum(dim=1, keepdim=True)
    centred = torch.where(known, rewards - total / count.clamp(min=1), 0)
    if not scale:
        return centred
    deviation = (centred.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()
    return centred / (deviation + EPSILON)


def varied(rewards: torch.Tensor) -> torch.Tensor:
    """Which groups can teach anything: bool, of shape [groups].

    A spread below what a sum of a few floats loses is none: such a group's advantages would be noise.

    >>> varied(torch.tensor([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [True, False]
    """
    unknown, infinity = rewards.isnan(), float("inf")
    highest = rewards.masked_fill(unknown, -infinity).max(dim=1).values
    return (highest - rewards.masked_fill(unknown, infinity).min(dim=1).values) > 1e-6
