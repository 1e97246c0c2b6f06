"""What is written down of a step: every answer in the rollout log, and one line of numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from asrdiag.metrics.rewards.rollouts import TRUNCATED, Rollout, RolloutGroup

from .draws import bin_of
from .sampling import Group, Sampled
from .update import Learnt


def logged(step: int, sampled: Sampled, temperature: float, process: int) -> list[RolloutGroup]:
    """All groups of a step on one device, in the schema of docs/rollouts.md."""
    groups = [*((group, True) for group in sampled.used), *((group, False) for group in sampled.dropped)]
    return [
        as_rollouts(group, f"{step}-{process}-{number}", temperature, step=step, used=used)
        for number, (group, used) in enumerate(groups)
    ]


def as_rollouts(
    group: Group, name: str, temperature: float, *, step: int | None = None, used: bool | None = None
) -> RolloutGroup:
    """A group as a line of a rollout log."""
    row = group.row
    return RolloutGroup(
        group=name,
        reference=row.solution,
        rollouts=tuple(_rollout(group, place) for place in range(len(group.answers))),
        step=step,
        sample_id=row.id,
        language=row.language,
        temperature=temperature,
        base_transcript=row.prediction,
        base_wer=row.base_wer,
        used=used,
        audio=str(row.audio.absolute()),
        metadata={
            "bin": bin_of(row.base_wer, clean=row.clean),
            "scenario": row.scenario,
            "severity": row.severity,
        },
    )


def _rollout(group: Group, place: int) -> Rollout:
    parts = {name: float(each[place]) for name, each in group.components.items()}
    return Rollout(
        transcript=group.transcripts[place],
        raw_output=group.written[place],
        n_tokens=len(group.answers[place]),
        finish_reason="stop" if group.finished[place] else TRUNCATED,
        reward=_finite(float(group.rewards[place])),
        components={name: each for name, each in parts.items() if np.isfinite(each)},
        advantage=float(group.advantages[place]),
    )


def of_step(
    step: int,
    groups: Sequence[RolloutGroup],
    learnt: Learnt | None,
    *,
    resamples: int,
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """One line of `steps.jsonl`, of all devices; averages are over all answers, those of dropped groups too.

    Args:
        resamples: the most of a device.
        seconds: of the device that writes.
    """
    rewards = [[each.reward for each in group.rollouts if each.reward is not None] for group in groups]
    answers = [each for group in groups for each in group.rollouts]
    tokens = sum(each.n_tokens or 0 for each in answers)
    names = dict.fromkeys(name for each in answers for name in each.components)
    found: dict[str, Any] = {
        "step": step,
        "reward": _mean(value for each in rewards for value in each),
        "reward_std_in_group": _mean(float(np.std(each, ddof=1)) for each in rewards if len(each) > 1),
        "best_of_group": _mean(max(each) for each in rewards if each),
        "components": {
            name: _mean(each.components[name] for each in answers if name in each.components)
            for name in names
        },
        "wer_by_bin": _wer_by_bin(groups),
        "empty": _share(groups, lambda each, group: not each.transcript.strip()),
        "repetition": _share(groups, lambda each, group: each.components.get("r_rep") == 0),
        "overlong": _share(groups, lambda each, group: bool(each.truncated)),
        "same": _same(groups),
        "groups": sum(bool(group.used) for group in groups),
        "zero_variance": sum(not group.used for group in groups) / len(groups),
        "resamples": resamples,
        "answers": len(answers),
        "tokens": tokens,
        "tokens_per_s": tokens / seconds["rollout"] if seconds.get("rollout") else None,
        "seconds": {name: round(each, 4) for name, each in seconds.items()},
    }
    if learnt is not None:
        found |= {
            "tokens_learnt": learnt.n_tokens,
            "entropy": learnt.entropy,
            "kl": learnt.kl[-1],
            "clipped_low": learnt.clipped_low[-1],
            "clipped_high": learnt.clipped_high[-1],
            "loss": learnt.loss[-1],
            "grad_norm": learnt.grad_norm[-1],
        }
    return found


def _share(groups: Sequence[RolloutGroup], of: Callable[[Rollout, RolloutGroup], bool]) -> float:
    return _mean(float(of(each, group)) for group in groups for each in group.rollouts) or 0.0


def _same(groups: Sequence[RolloutGroup]) -> float:
    """The share of answers that are one text, the commonest of those said to three different references."""
    counts: Counter[str] = Counter()
    said_to: dict[str, set[str]] = {}
    for group in groups:
        for each in group.rollouts:
            if text := each.transcript.strip():
                counts[text] += 1
                said_to.setdefault(text, set()).add(group.reference)
    common = [count for text, count in counts.items() if len(said_to[text]) >= 3]
    return max(common, default=0) / sum(len(group.rollouts) for group in groups)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(np.mean(found)) if found else None


def _wer_by_bin(groups: Sequence[RolloutGroup]) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for group in groups:
        found.setdefault(group.metadata["bin"], []).extend(each.components["wer"] for each in group.rollouts)
    return {name: float(np.mean(each)) for name, each in sorted(found.items())}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
