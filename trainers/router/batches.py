"""Which examples are in which training batch, and their audio."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from signal import SIG_IGN, SIGINT, signal
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from asrdiag.routing.router import padded
from asrdiag.simulation.seeding import draws

from ..data.clips import ClipRefused
from .examples import Examples
from .listening import Listener, Refusal


@dataclass(frozen=True, slots=True)
class Batch:
    """Audio of shape [n_clips, longest], lengths and labels (1: degraded) of shape [n_clips].

    `n_clips` is smaller than asked for by the refusals, and may be 0.
    """

    samples: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    refusals: tuple[Refusal, ...]


class Batches(torch.utils.data.Dataset[Batch]):
    """Training batches by number. Each depends on the seed and its number only, so any can come first.

    Half of a batch is clean and half degraded. Each side goes through its examples in passes, in another
    order each time.
    """

    def __init__(self, examples: Examples, listener: Listener, batch_size: int) -> None:
        self._examples, self._listener, self._half = examples, listener, batch_size // 2
        self._sides = [np.flatnonzero(~examples.degraded), np.flatnonzero(examples.degraded)]

    def chosen(self, number: int) -> list[tuple[int, int]]:
        """The examples of a batch, and which time each of them is heard (from 0)."""
        found = []
        for side, members in enumerate(self._sides):
            for draw in range(number * self._half, (number + 1) * self._half):
                time, place = divmod(draw, len(members))
                found.append(
                    (int(members[_order(self._listener.seed, side, time, len(members))[place]]), time)
                )
        return found

    def __getitem__(self, number: int) -> Batch:
        clips, labels, refusals = [], [], []
        for index, time in self.chosen(number):
            example = self._examples[index]
            try:
                clips.append(self._listener.hear_varied(example, time).samples)
                labels.append(int(example.degraded))
            except ClipRefused as error:
                refusals.append(Refusal(example.id, error.reason, error.detail))
        samples, lengths = padded(clips) if clips else (torch.zeros(0, 1), torch.zeros(0, dtype=torch.long))
        return Batch(samples, lengths, torch.tensor(labels, dtype=torch.long), tuple(refusals))


@lru_cache(maxsize=8)
def _order(seed: int, side: int, time: int, length: int) -> npt.NDArray[np.int64]:
    random = draws(seed, f"side {side}", "asrdiag train router", f"order {time}")
    order: npt.NDArray[np.int64] = random.permutation(length)
    return order


def stream(batches: Batches, first: int, end: int, workers: int) -> Iterator[Batch]:
    """The batches from number `first` to before `end`, read ahead by so many processes (0: by none)."""
    loader: Any = torch.utils.data.DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, end),
        num_workers=workers,
        worker_init_fn=_deaf if workers else None,
    )
    yield from loader


def _deaf(_: int) -> None:
    """Ctrl-C reaches workers too; they leave it to the command."""
    signal(SIGINT, SIG_IGN)
