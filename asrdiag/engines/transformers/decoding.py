"""Steering `generate` so that each row of a batch is decoded as if it were alone."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria, TopPLogitsWarper

from .piece_rules import seed_for


class Scores(LogitsProcessor):
    """Keeps the scores of the step under way, as they are before anything is drawn."""

    def __init__(self) -> None:
        self.latest: torch.Tensor | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self.latest = scores
        return scores


class Draw(LogitsProcessor):
    """Draws each row's token with random numbers of its own, by the Gumbel-max trick.

    The largest of log p + Gumbel noise is a draw from p (Gumbel 1954; Maddison et al. 2014), so the greedy
    choice that follows is one. torch.multinomial would draw for the whole batch from one stream: a transcript
    would depend on its row and its neighbours. The noise is made on the CPU, so that it is the same for every
    device.

    Args:
        keys: what identifies each row; with the seed it decides the row's random numbers.
    """

    def __init__(self, temperature: float, top_p: float, seed: int, keys: Sequence[str]) -> None:
        self._temperature = temperature
        self._top_p = TopPLogitsWarper(top_p) if top_p < 1 else None
        self._generators = [torch.Generator().manual_seed(seed_for(seed, key)) for key in keys]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        sharpened: Any = scores / self._temperature
        if self._top_p is not None:
            sharpened = self._top_p(input_ids, sharpened)
        rows = [
            torch.empty(scores.shape[1]).exponential_(generator=generator) for generator in self._generators
        ]
        noise = -torch.stack(rows).log()
        drawn: torch.FloatTensor = sharpened + noise.to(scores.device)
        return drawn


class Limits(StoppingCriteria):
    """Ends each row at its own limit, and keeps what became of it.

    A batch as a whole has one limit in transformers, that of its longest row.

    Args:
        limits: the most new tokens of each row.
        end_tokens: those that end a row, padding among them.
        scores: from which the log-probabilities of what was chosen are taken.
    """

    def __init__(self, limits: Sequence[int], end_tokens: Sequence[int], scores: Scores) -> None:
        self._limits, self._ends, self._scores = torch.tensor(limits), torch.tensor(end_tokens), scores
        self._length = self._new = 0
        n = len(limits)
        self._done, self._cut = torch.zeros(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)
        self._steps, self._logprob = torch.zeros(n, dtype=torch.long), torch.zeros(n)

    def __call__(
        self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: Any
    ) -> torch.BoolTensor:
        chosen, length = input_ids[:, -1], input_ids.shape[1]
        if self._limits.device != chosen.device:
            for name in ("_limits", "_ends", "_done", "_cut", "_steps", "_logprob"):
                setattr(self, name, getattr(self, name).to(chosen.device))
        if length <= self._length:  # the next window of long audio, with a `generate` of its own
            self._new = 0
            self._done = torch.zeros_like(self._done)
        self._length = length
        self._new += 1
        live, ended, full = ~self._done, torch.isin(chosen, self._ends), self._new >= self._limits
        if self._scores.latest is not None:
            picked = self._scores.latest.float().log_softmax(dim=-1).gather(1, chosen[:, None])
            self._logprob += torch.where(live, picked[:, 0], 0)
        self._steps += live
        self._cut |= live & full & ~ended
        self._done = self._done | ended | full
        done: Any = self._done
        return done  # type: ignore[no-any-return]

    def truncated(self) -> list[bool]:
        """Whether each row's limit came before its end."""
        return [bool(value) for value in self._cut.tolist()]

    def mean_logprobs(self) -> list[float]:
        """Mean natural logarithm of the probabilities of each row's tokens, the end marker included."""
        return [round(value, 4) for value in (self._logprob / self._steps.clamp(min=1)).tolist()]
