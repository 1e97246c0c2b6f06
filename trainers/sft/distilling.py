"""Learning from what the untrained model says of a clip before it was degraded.

A transcript says what was said, not what it was nearly taken for, and is written as its corpus writes. The
untrained model's own answer to the clean clip, as probabilities, keeps the model from unlearning its ways
(Hinton, Vinyals and Dean 2015, arXiv:1503.02531; on pairs of clean and noisy clips: Li et al. 2017,
arXiv:1708.05466).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from ..families.base import IGNORED, TrainedFamily

CLEAN = "clean"
"""The key of a batch that holds the clips as they were, as a batch of their own."""


def batch_with_clean(family: TrainedFamily, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One batch of several rows, with a batch of their clean clips inside where they have them."""
    found: dict[str, Any] = dict(
        family.batch([{name: each[name] for name in each if name != CLEAN} for each in examples])
    )
    if CLEAN in examples[0]:
        found[CLEAN] = family.batch([each[CLEAN] for each in examples])
    return found


@contextmanager
def untrained(model: Any) -> Iterator[Any]:
    """peft's model as it was without its adapter, for asking it only; afterwards it is as before."""
    learning = [parameter.requires_grad for parameter in model.parameters()]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), model.disable_adapter():
            yield model
    finally:
        model.train(was_training)
        # peft lets every part of an adapter learn when it is switched on again.
        for parameter, learns in zip(model.parameters(), learning, strict=True):
            parameter.requires_grad_(learns)


def asked_for(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The scores where labels count, row by row: the same tokens of a transcript, whatever stands before it.

    Args:
        logits: of shape [rows, positions, vocabulary], for the last of the labels' positions.
        labels: of shape [rows, all positions].

    Returns:
        Of shape [labels that count, vocabulary].
    """
    return logits[labels[:, labels.shape[1] - logits.shape[1] :] != IGNORED]


def divergence(learnt: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """The sum of the Kullback-Leibler divergence KL(taught || learnt) over all tokens, in nats.

    Args:
        learnt: scores of shape [tokens, vocabulary].
        taught: the untrained model's for the same tokens.

    >>> same = torch.tensor([[0.0, 1.0]])
    >>> float(divergence(same, same))
    0.0
    >>> fair, sure = torch.zeros(1, 2), torch.tensor([[0.0, -1e9]])
    >>> round(float(divergence(fair, sure)), 4)  # ln 2
    0.6931
    """
    if learnt.shape != taught.shape:
        raise ValueError(
            f"found scores of shape {list(learnt.shape)} and {list(taught.shape)}, expected equal"
        )
    found, known = (each.float().log_softmax(dim=-1) for each in (learnt, taught))
    return torch.nn.functional.kl_div(found, known, reduction="sum", log_target=True)
