"""A batch of groups, scored: rollouts side by side, and what each group comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .agreement import count_pairs
from .dgwgpo import DGWGPOReward
from .groups import SAME
from .measured import Measured, Values
from .rollouts import Rollout, RolloutGroup


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Groups and their rollouts; arrays have one entry for each rollout, group after group."""

    groups: Sequence[RolloutGroup]
    rollouts: Sequence[Rollout]
    sizes: NDArray[np.int64]
    """Of shape (groups,)."""
    languages: Sequence[str]
    """Of the groups."""
    measured: Measured
    parts: Mapping[str, Values]
    """What the reward returned, by component."""
    rewards: Values
    """The rewards that rank, computed or logged, to nine decimals: what is equal on paper is equal."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """The place of each group's first rollout."""
        return np.cumsum(self.sizes) - self.sizes

    @property
    def length_ratio(self) -> Values:
        """Tokens of the transcript per token of the reference."""
        return self.measured.hypothesis_tokens / self.measured.lengths


def score_groups(groups: Sequence[RolloutGroup], reward: DGWGPOReward, *, use_logged: bool) -> Scored:
    """Score all rollouts of some groups at once."""
    sizes = np.array([len(group.rollouts) for group in groups], np.int64)
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    languages = [group.language or reward.language for group in groups]
    measured = reward.measure(
        hypotheses=[rollout.transcript for rollout in rollouts],
        references=_repeated([group.reference for group in groups], sizes),
        languages=_repeated(languages, sizes),
    )
    parts = reward.parts(measured)
    rewards = logged_rewards(rollouts) if use_logged else parts["reward"]
    return Scored(groups, rollouts, sizes, languages, measured, parts, rewards.round(9))


def logged_rewards(rollouts: Sequence[Rollout]) -> Values:
    """What the trainer logged as rewards; NaN where it logged none."""
    return _floats([rollout.reward for rollout in rollouts])


def group_columns(scored: Scored, reward: DGWGPOReward) -> dict[str, Values]:
    """The columns `GROUP_COLUMNS` of the batch."""
    starts, sizes, measured = scored.starts, scored.sizes, scored.measured
    rates, texts = scored.parts["wer"], scored.measured.hypotheses
    truncated = _floats([rollout.truncated for rollout in scored.rollouts])
    empty = (measured.hypothesis_tokens == 0) & (measured.reference_tokens > 0)
    looped = scored.parts["r_rep"] == 0
    spans = zip(starts.tolist(), (starts + sizes).tolist(), strict=True)

    def total(values: NDArray[np.bool_] | Values) -> Values:
        return np.asarray(np.add.reduceat(values.astype(np.float64), starts), np.float64)

    return {
        "step": _floats([group.step for group in scored.groups]),
        "temperature": _floats([group.temperature for group in scored.groups]),
        "used": _floats([group.used for group in scored.groups]),
        "n_rollouts": sizes.astype(np.float64),
        "n_distinct": _floats([len(set(texts[start:end])) for start, end in spans]),
        **reward_columns(scored.rewards, rates, sizes),
        "wer_mean": total(rates) / sizes,
        "wer_min": np.minimum.reduceat(rates, starts),
        "wer_max": np.maximum.reduceat(rates, starts),
        "base_wer": _base_rates(scored, reward),
        "n_exact": total(rates == 0),
        "n_empty": total(empty),
        "n_loops": total(looped),
        "n_overlong": total(truncated == 1),
        "n_end_unknown": total(np.isnan(truncated)),
        "n_valid": total(~empty & ~looped & (truncated != 1)),
        "length_ratio": total(scored.length_ratio) / sizes,
    }


def reward_columns(rewards: Values, rates: Values, sizes: NDArray[np.int64]) -> dict[str, Values]:
    """Those of `GROUP_COLUMNS` that another reward changes.

    Args:
        rewards: of the rollouts, group after group.
        rates: their error rates.
        sizes: rollouts of each group, at least one.
    """
    starts = np.cumsum(sizes) - sizes
    pairs = count_pairs(rewards, -rates.round(9), sizes)
    reward_mean = np.add.reduceat(rewards, starts) / sizes
    reward_max = np.maximum.reduceat(rewards, starts)
    squares = np.add.reduceat((rewards - np.repeat(reward_mean, sizes)) ** 2, starts)
    top = (rewards >= np.repeat(reward_max, sizes) - SAME).astype(np.float64)
    return {
        "reward_mean": reward_mean,
        "reward_std": np.where(sizes > 1, np.sqrt(squares / np.maximum(sizes - 1, 1)), np.nan),
        "reward_min": np.minimum.reduceat(rewards, starts),
        "reward_max": reward_max,
        "wer_of_top": np.add.reduceat(rates * top, starts) / np.add.reduceat(top, starts),
        "tau_b": pairs.tau_b,
        "n_pairs": (pairs.concordant + pairs.discordant + pairs.only_first_tied).astype(np.float64),
        "n_against": pairs.discordant.astype(np.float64),
    }


def _base_rates(scored: Scored, reward: DGWGPOReward) -> Values:
    rates = _floats([group.base_wer for group in scored.groups])
    texts = [group.base_transcript for group in scored.groups]
    there = [index for index, text in enumerate(texts) if text is not None]
    if there:
        rates[there] = reward.measure(
            hypotheses=[text for text in texts if text is not None],
            references=[scored.groups[index].reference for index in there],
            languages=[scored.languages[index] for index in there],
        ).wer
    return rates


def _repeated(values: Sequence[str], sizes: NDArray[np.int64]) -> list[str]:
    return [value for value, size in zip(values, sizes.tolist(), strict=True) for _ in range(size)]


def _floats(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if value is None else value for value in values], np.float64)
