"""What is written down of a step: every answer in the rollout log, and one line of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asrdiag.metrics.rewards.rollouts import TRUNCATED, Rollout, RolloutGroup

from .clock import Clock
from .sampling import Group, Sampled, told_rates
from .update import Learnt

_BINS = ((0.3, "<30"), (0.5, "<50"), (0.7, "<70"))


def logged(step: int, sampled: Sampled, temperature: float, process: int) -> list[RolloutGroup]:
    """All groups of a step, in the schema of docs/rollouts.md."""
    groups = [*((group, True) for group in sampled.used), *((group, False) for group in sampled.dropped)]
    return [
        RolloutGroup(
            group=f"{step}-{process}-{number}",
            reference=group.row.solution,
            rollouts=tuple(_rollout(group, place) for place in range(len(group.answers))),
            step=step,
            sample_id=group.row.id,
            language=group.row.language,
            temperature=temperature,
            base_transcript=group.row.prediction,
            base_wer=group.row.base_wer,
            used=used,
            audio=str(group.row.audio),
            metadata={"scenario": group.row.scenario, "severity": group.row.severity},
        )
        for number, (group, used) in enumerate(groups)
    ]


def _rollout(group: Group, place: int) -> Rollout:
    return Rollout(
        transcript=group.transcripts[place],
        raw_output=group.written[place],
        n_tokens=len(group.answers[place]),
        finish_reason="stop" if group.finished[place] else TRUNCATED,
        reward=float(group.rewards[place]),
        components={name: float(each[place]) for name, each in group.components.items()},
        advantage=float(group.advantages[place]),
    )


def of_step(step: int, sampled: Sampled, learnt: Learnt | None, clock: Clock) -> dict[str, Any]:
    """One line of `steps.jsonl`; averages are over all answers, those of dropped groups too."""
    groups = [*sampled.used, *sampled.dropped]
    answers = sum(len(group.answers) for group in groups)
    tokens = sum(len(answer) for group in groups for answer in group.answers)
    seconds = dict(clock.seconds)
    found: dict[str, Any] = {
        "step": step,
        "reward": _mean(groups, lambda group: group.rewards),
        "reward_std_in_group": float(np.mean([group.rewards.std(ddof=1) for group in groups])),
        "best_of_group": float(np.mean([group.rewards.max() for group in groups])),
        "components": {
            name: _mean(groups, lambda group, name=name: group.components[name])
            for name in groups[0].components
        },
        "wer_by_bin": _wer_by_bin(groups),
        **told_rates(groups),
        "groups": len(sampled.used),
        "zero_variance": len(sampled.dropped) / len(groups),
        "resamples": sampled.resamples,
        "answers": answers,
        "tokens": tokens,
        "tokens_per_s": tokens / seconds["rollout"] if seconds.get("rollout") else None,
        "seconds": {name: round(each, 4) for name, each in seconds.items()},
    }
    if learnt is not None:
        found |= {
            "entropy": learnt.entropy,
            "kl": learnt.kl[-1],
            "clipped_low": learnt.clipped_low[-1],
            "clipped_high": learnt.clipped_high[-1],
            "loss": learnt.loss[-1],
            "grad_norm": learnt.grad_norm[-1],
        }
    return found


def _mean(groups: Sequence[Group], of: Any) -> float:
    return float(np.mean(np.concatenate([of(group) for group in groups])))


def _wer_by_bin(groups: Sequence[Group]) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for group in groups:
        found.setdefault(_bin(group), []).extend(group.components["wer"].tolist())
    return {name: float(np.mean(each)) for name, each in sorted(found.items())}


def _bin(group: Group) -> str:
    if group.row.clean:
        return "clean"
    if group.row.base_wer is None:
        return "ungraded"
    wer = group.row.base_wer
    return next((name for limit, name in _BINS if wer < limit), ">=70")
