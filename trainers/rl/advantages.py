"""What each rollout is worth against the others of its group (Shao et al. 2024, arXiv 2402.03300)."""

import torch

EPSILON = 1e-4
"""Added to a group's standard deviation, as TRL and ms-swift do."""


def group_advantages(rewards: torch.Tensor, *, scale: bool = True) -> torch.Tensor:
    """A = (r - mean) / (std + 1e-4) within each group, with the unbiased standard deviation.

    Args:
        rewards: of shape [groups, rollouts], at least two rollouts.
        scale: divide by the standard deviation, or only subtract the mean (Liu et al. 2025, Dr. GRPO).

    Returns:
        The same shape; all zero in a group whose rewards are equal.

    >>> rewards = torch.tensor([[1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)
    >>> group_advantages(rewards).round(decimals=3).tolist()
    [[0.707, -0.707], [0.0, 0.0]]
    """
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    return centred / (rewards.std(dim=1, keepdim=True) + EPSILON) if scale else centred


def varied(rewards: torch.Tensor) -> torch.Tensor:
    """Which groups can teach anything: bool, of shape [groups].

    A spread below what a sum of a few floats loses is none: such a group's advantages would be noise.

    >>> varied(torch.tensor([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [True, False]
    """
    return (rewards.max(dim=1).values - rewards.min(dim=1).values) > 1e-6
