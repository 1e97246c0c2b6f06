"""Learning from a step's groups."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch

from asrdiag.errors import AsrdiagError

from .loss import Clip, policy_loss
from .policies import Policy, entropies, token_logprobs
from .sampling import Group
from .schema import RlRecipe


@dataclass(slots=True)
class Portion:
    """Some groups as tensors."""

    groups: tuple[Group, ...]
    tokens: torch.Tensor
    """int64 [answers, tokens]"""
    mask: torch.Tensor
    """bool [answers, tokens]: tokens that count."""
    advantages: torch.Tensor
    """float32 [answers]"""
    reference: torch.Tensor | None
    old: torch.Tensor | None = None
    """float32 [answers, tokens]: ln p when they were sampled, which is what the first update finds."""


@dataclass(slots=True)
class Learnt:
    """Of one step, over its updates."""

    n_tokens: int
    entropy: float = 0.0
    """Mean over tokens, in nats, when they were sampled."""
    kl: list[float] = field(default_factory=list)
    """Mean over tokens, at each update."""
    clipped_low: list[float] = field(default_factory=list)
    clipped_high: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)


class Learner:
    """Updates a policy from groups: each is heard once, for all its answers.

    Args:
        recipe: decides loss, clips and batches.
        policy: with an adapter that learns; `reference` switches it off.
        optimizer: of the adapter's weights.
        parameters: those weights.
        reference: inside this context the model is the one that the policy is held to.
        schedule: steps once an update.
        total: adds a tensor up over devices.
    """

    def __init__(
        self,
        recipe: RlRecipe,
        policy: Policy,
        optimizer: torch.optim.Optimizer,
        schedule: Any,
        *,
        parameters: Sequence[torch.nn.Parameter],
        reference: Callable[[], AbstractContextManager[Any]],
        total: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor,
    ) -> None:
        self._recipe, self._policy, self._optimizer, self._schedule = recipe, policy, optimizer, schedule
        self._parameters, self._reference = list(parameters), reference
        self._total = total

    def learn(self, groups: Sequence[Group]) -> Learnt | None:
        """All updates of a step; `None` if no device has anything to learn from.

        Raises:
            AsrdiagError: a gradient is not finite; the weights are as before that update.
        """
        portions = [self._portion(part) for part in self._shared_out(groups)]
        n_tokens = int(self._sum(sum(int(each.mask.sum()) for each in portions)))
        n_rows = int(self._sum(sum(int(each.mask.any(dim=1).sum()) for each in portions)))
        if not n_tokens:
            return None
        learnt = Learnt(n_tokens)
        for _ in range(self._recipe.loss.iterations):
            self._update(portions, n_tokens, n_rows, learnt)
        return learnt

    def _update(self, portions: Sequence[Portion], n_tokens: int, n_rows: int, learnt: Learnt) -> None:
        spec = self._recipe.loss
        sums = torch.zeros(5, dtype=torch.float64)
        for portion in portions:
            logits = self._logits(portion)
            logprobs, entropy = self._logprobs(logits, portion), 0.0
            if portion.old is None:
                portion.old = logprobs.detach()
                entropy = float(entropies(logits.detach(), self._recipe.sampling.temperature).sum())
            loss = policy_loss(
                logprobs,
                portion.old,
                portion.reference,
                portion.advantages,
                portion.mask,
                n_tokens=n_tokens,
                n_rows=n_rows,
                clip=Clip(spec.clip_low, spec.clip_high),
                beta=spec.beta,
                kind=spec.kind,
            )
            loss.value.backward()  # type: ignore[no-untyped-call]
            value = float(loss.value.detach())
            sums += torch.tensor([value, loss.kl, loss.clipped_low, loss.clipped_high, entropy])
        self._add_up_gradients()
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._recipe.optimizer.max_grad_norm)
        if not norm.isfinite():
            raise AsrdiagError(
                f"found a gradient of the norm {float(norm)}, expected a finite one: the policy has gone too "
                "far from the reference model; begin anew with lower learning rates"
            )
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
        value, kl, low, high, entropy = self._total(sums).tolist()
        learnt.entropy += entropy / n_tokens
        learnt.loss.append(value)
        learnt.kl.append(kl / n_tokens)
        learnt.clipped_low.append(low / n_tokens)
        learnt.clipped_high.append(high / n_tokens)
        learnt.grad_norm.append(float(norm))

    def _add_up_gradients(self) -> None:
        """Over devices, all in one go: an adapter has hundreds of small weights."""
        # A device that found no group to learn from has none.
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self._parameters]
        total = self._total(torch.cat([each.flatten() for each in gradients]))
        shares = torch.split(total, [each.numel() for each in gradients])
        for parameter, share in zip(self._parameters, shares, strict=True):
            parameter.grad = share.view_as(parameter)

    def _shared_out(self, groups: Sequence[Group]) -> Iterator[tuple[Group, ...]]:
        # Clips of like length together: less padding.
        ordered = sorted(groups, key=lambda group: -group.prompt.piece.duration_s)
        size = self._recipe.groups.learn_at_once
        for start in range(0, len(ordered), size):
            yield tuple(ordered[start : start + size])

    def _portion(self, groups: tuple[Group, ...]) -> Portion:
        """Groups, with all that does not change during the updates."""
        tokens, mask = self._policy.collate([answer for group in groups for answer in group.answers])
        if self._recipe.groups.mask_overlong:
            finished = torch.tensor([each for group in groups for each in group.finished])
            mask = mask & finished.to(mask.device)[:, None]
        advantages = torch.cat([torch.from_numpy(group.advantages) for group in groups])
        portion = Portion(groups, tokens, mask, advantages.to(mask.device, torch.float32), None)
        if self._recipe.loss.beta:
            with torch.no_grad(), self._reference():
                portion.reference = self._logprobs(self._logits(portion), portion)
        return portion

    def _logits(self, portion: Portion) -> torch.Tensor:
        """Of shape [tokens that count, vocabulary]."""
        heard = self._policy.hear([group.prompt for group in portion.groups])
        times = self._recipe.groups.rollouts
        return self._policy.logits(heard.repeated(times), portion.tokens, portion.mask)

    def _logprobs(self, logits: torch.Tensor, portion: Portion) -> torch.Tensor:
        """Of shape [answers, tokens]; 0 where nothing counts."""
        found = token_logprobs(logits, portion.tokens[portion.mask], self._recipe.sampling.temperature)
        return torch.zeros(portion.mask.shape, device=found.device).masked_scatter(portion.mask, found)

    def _sum(self, value: float) -> float:
        return float(self._total(torch.tensor(float(value), dtype=torch.float64)))
