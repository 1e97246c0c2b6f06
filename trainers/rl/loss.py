"""The clipped loss on tokens, with a penalty for leaving the reference model."""

from dataclasses import dataclass
from typing import Literal

import torch

LossKind = Literal["dapo", "grpo"]


@dataclass(frozen=True, slots=True)
class Clip:
    """How far the ratio of new to old probability counts, below and above 1 (DAPO: more room above)."""

    low: float = 0.2
    high: float = 0.28


@dataclass(frozen=True, slots=True)
class Loss:
    """A share of a step's loss, and sums over its tokens to be divided by their number."""

    value: torch.Tensor
    """Scalar; the shares of a step add up to its loss."""
    kl: float
    """Sum of the estimate of KL(policy || reference); 0 without a reference."""
    clipped_low: float
    """Tokens whose gradient was cut because they had become too unlikely."""
    clipped_high: float
    """Tokens whose gradient was cut because they had become too likely."""
    n_tokens: int


def policy_loss(
    logprobs: torch.Tensor,
    old: torch.Tensor,
    reference: torch.Tensor | None,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    n_tokens: float,
    n_rows: float,
    clip: Clip,
    beta: float,
    kind: LossKind = "dapo",
) -> Loss:
    """A step's loss, or the share of some of its rows.

    With ratio = exp(logprobs - old), a token loses -min(ratio A, clip(ratio, 1 - low, 1 + high) A) + beta KL,
    where KL is estimated by exp(d) - d - 1 with d = reference - logprobs (Schulman's k3: never negative,
    unbiased). `dapo` sums over all tokens of the step and divides by their number, so that a token counts the
    same in a long and in a short answer (Yu et al. 2025, arXiv 2503.14476); `grpo` takes the mean over each
    row's tokens, and then over rows (Shao et al. 2024).

    Args:
        logprobs: ln p of each sampled token under the policy, of shape [rows, tokens]; with gradients.
        old: the same under the policy that sampled; without gradients.
        reference: the same under the reference model, or `None` for no penalty.
        advantages: of shape [rows].
        mask: bool, of shape [rows, tokens]: tokens that count.
        n_tokens: tokens of the whole step that count.
        n_rows: rows of the whole step that count.

    Source: Mega-ASR (arXiv 2605.19833) names DAPO with an upper clip of 0.28 and beta 0.04.
    """
    # Where nothing counts the difference is 0: padding could make it infinite, and the loss not a number.
    ratio = torch.exp((logprobs - old) * mask)
    advantage = advantages[:, None]
    kept = torch.minimum(ratio * advantage, ratio.clamp(1 - clip.low, 1 + clip.high) * advantage)
    tokens = -kept
    kl = torch.zeros_like(ratio)
    if reference is not None:
        away = (reference - logprobs) * mask
        kl = torch.exp(away) - away - 1
        tokens = tokens + beta * kl
    if kind == "dapo":
        value = (tokens * mask).sum() / n_tokens
    else:
        value = ((tokens * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)).sum() / n_rows
    with torch.no_grad():
        low = (ratio < 1 - clip.low) & (advantage < 0) & mask
        high = (ratio > 1 + clip.high) & (advantage > 0) & mask
        return Loss(
            value,
            float((kl * mask).sum()),
            float(low.sum()),
            float(high.sum()),
            int(mask.sum()),
        )
