"""Learning rates over the steps of a stage."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from .model_recipe import Curve


def factor(done: int, *, steps: int, warmup: int, curve: Curve) -> float:
    """What a learning rate is multiplied by in the step after `done` steps; above 0 in every step.

    Args:
        done: from 0 to `steps - 1`.
        steps: of the stage.
        warmup: so many of them come before the first at the full rate. (transformers begins a warm-up with a
            step at 0, which teaches nothing.)
        curve: after the warm-up. None of them reaches 0 before the stage is over.

    >>> [round(factor(done, steps=5, warmup=1, curve="linear"), 3) for done in range(5)]
    [0.5, 1.0, 0.75, 0.5, 0.25]
    >>> [round(factor(done, steps=4, warmup=0, curve="cosine"), 3) for done in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    if done < warmup:
        return (done + 1) / (warmup + 1)
    gone = (done - warmup) / max(steps - warmup, 1)
    if curve == "linear":
        return max(0.0, 1 - gone)
    return 0.5 * (1 + math.cos(math.pi * min(gone, 1.0))) if curve == "cosine" else 1.0


def scheduler(optimizer: Optimizer, *, steps: int, warmup: int, curve: Curve) -> LambdaLR:
    """Multiplies the learning rate of every group by `factor`."""
    return LambdaLR(optimizer, lambda done: factor(done, steps=steps, warmup=warmup, curve=curve))
