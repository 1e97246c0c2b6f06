"""Learning from what the untrained model says of a clip before it was degraded.

A transcript says what was said, not what it was nearly taken for, and is written as its corpus writes. The
untrained model's own answer to the clean clip, as probabilities, keeps the model from unlearning its ways
(Hinton, Vinyals and Dean 2015, arXiv:1503.02531; on pairs of clean and noisy clips: Li et al. 2017,
arXiv:1708.05466).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..data.clips import ClipRefused, Place
from ..data.line import TrainingRow
from ..families.base import IGNORED, TrainedFamily

CLEAN = "clean"
"""The key of a batch that holds the clips as they were, as a batch of their own."""


def clean_place(row: TrainingRow, rows: Path) -> Place:
    """Where the clip of a row is as it was before it was degraded; of a clean row, its own.

    Args:
        row: with `meta.source`, unless it is clean.
        rows: the file that it stands in; a relative path starts at its folder.

    Raises:
        ClipRefused: the row does not say what it was made of.
    """
    if row.clean:
        return Place(row.audio)
    source = row.meta.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    if not isinstance(path, str):
        raise ClipRefused(
            "no_source", "found no meta.source.path, expected where the clip is that this one was made of"
        )
    return Place(rows.parent / path, float(source.get("offset_s") or 0.0), source.get("duration_s"))


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
    """peft's model as it was without its adapter, for asking it only."""
    learning = [parameter.requires_grad for parameter in model.parameters()]
    model.eval()
    with torch.no_grad(), model.disable_adapter():
        yield model
    model.train()
    # peft lets every part of an adapter learn when it is switched on again.
    for parameter, learns in zip(model.parameters(), learning, strict=True):
        parameter.requires_grad_(learns)


def divergence(logits: torch.Tensor, taught: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The sum of the Kullback-Leibler divergence KL(taught || learnt), in nats, over the labels that count.

    Args:
        logits: of shape [rows, positions, vocabulary], for the last of the labels' positions.
        taught: the untrained model's, of the same shape.
        labels: of shape [rows, all positions].

    >>> same = torch.tensor([[[0.0, 1.0]]])
    >>> float(divergence(same, same, torch.tensor([[1]])))
    0.0
    >>> fair, sure = torch.zeros(1, 1, 2), torch.tensor([[[0.0, -1e9]]])
    >>> round(float(divergence(fair, sure, torch.tensor([[1]]))), 4)  # ln 2
    0.6931
    """
    asked = labels[:, labels.shape[1] - logits.shape[1] :] != IGNORED
    learnt, known = (each.float().log_softmax(dim=-1) for each in (logits, taught))
    apart = torch.nn.functional.kl_div(learnt, known, reduction="none", log_target=True).sum(dim=-1)
    return apart[asked].sum()
