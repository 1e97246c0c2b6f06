"""What is known of each group of rollouts, in columns, and of any selection of groups together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .measured import Values
from .potential import base_preservation, candidate_potential

GROUP_COLUMNS: Mapping[str, str] = {
    "step": "steps of training that the policy had had",
    "temperature": "of sampling",
    "used": "1 if the update used the group, 0 if it was dropped",
    "n_rollouts": "rollouts of the group",
    "n_distinct": "different transcripts, after normalisation",
    "reward_mean": "mean reward",
    "reward_std": "standard deviation of the rewards, n - 1 in the denominator",
    "reward_min": "lowest reward",
    "reward_max": "highest reward",
    "wer_mean": "mean error rate, a fraction",
    "wer_min": "lowest error rate",
    "wer_max": "highest error rate",
    "wer_of_top": "error rate of the rollout with the highest reward",
    "base_wer": "error rate of the base model",
    "tau_b": "Kendall's tau-b between the rewards and the error rates, negated",
    "n_pairs": "pairs of rollouts that differ in error rate",
    "n_against": "of these, pairs in which the higher reward goes to the higher error rate",
    "n_exact": "rollouts without an error",
    "n_empty": "rollouts without a token although the reference has some",
    "n_loops": "rollouts caught in a repetition",
    "n_overlong": "rollouts that the token limit cut",
    "n_end_unknown": "rollouts of which it was not logged why they ended",
    "n_valid": "rollouts that are neither empty nor loops nor overlong",
    "length_ratio": "tokens of the transcripts per token of the reference",
}
"""What `Groups.columns` holds: each of shape (groups,), float64, NaN where unknown or undefined."""

SAME = 1e-9
"""Rewards that differ by less are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of rollouts: texts that say which they are, and numbers.

    `wer` and `reward` have one entry for each rollout, group after group.
    """

    group: Sequence[str]
    prompt: Sequence[str]
    """The `sample_id`; without one, the raw reference stands for it."""
    where: Sequence[str]
    """File and line, or whatever else tells where a group was found."""
    columns: Mapping[str, Values]
    wer: Values
    reward: Values

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rollouts each group has."""
        return self.columns["n_rollouts"].astype(np.int64)

    def joined(self, other: Groups) -> Groups:
        """These and the other groups together."""
        return Groups(
            group=[*self.group, *other.group],
            prompt=[*self.prompt, *other.prompt],
            where=[*self.where, *other.where],
            columns={
                name: np.concatenate([self.columns[name], other.columns[name]]) for name in self.columns
            },
            wer=np.concatenate([self.wer, other.wer]),
            reward=np.concatenate([self.reward, other.reward]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A selection of groups in numbers; a number is `None` where nothing it could be computed from is there.

    Error rates and shares are fractions. Means over groups count each group once, whatever its size.
    """

    n_groups: int
    n_rollouts: int
    n_used: int
    n_use_known: int
    """Groups that the update used; and groups of which it was logged whether it did."""
    reward_mean: float | None
    """Over rollouts."""
    wer_mean: float | None
    """Over rollouts: each utterance's own rate, not pooled."""
    wer_best: float | None
    """Mean over groups of the lowest error rate."""
    wer_of_top: float | None
    """Mean over groups of the error rate of the rollout with the highest reward."""
    base_wer: float | None
    """Mean over the groups whose base error rate is known."""
    n_base: int
    """How many these are."""
    n_no_room: int
    """Of these, groups whose base is so good already that no candidate can be better by the margin."""
    spread: float | None
    """Mean over groups of two rollouts or more of the rewards' standard deviation."""
    n_zero_variance: int
    """Groups of two rollouts or more whose rewards are all the same: they teach nothing."""
    n_zero_exact: int
    """Of these, groups in which every rollout is right."""
    n_zero_same_text: int
    """Of these, groups that are not right and in which every transcript is the same."""
    n_several: int
    """Groups of two rollouts or more."""
    distinct: float | None
    """Mean over groups of different transcripts per rollout."""
    tau_b: float | None
    """Mean over groups of Kendall's tau-b between reward and negated error rate, where it exists."""
    n_ranked: int
    """Groups for which it exists."""
    top_is_best: float | None
    """Share of the groups with several error rates whose rollout of highest reward has the lowest one."""
    n_pairs: int
    n_against: int
    """Pairs of a group with different error rates; and those ranked against them."""
    empty: float | None
    loops: float | None
    overlong: float | None
    """Shares of rollouts; `overlong` of those whose end was logged."""
    n_end_unknown: int
    valid: float | None
    """Share of rollouts neither empty nor looping nor known to be overlong."""
    length_ratio: float | None
    potential: float | None
    """CPI: the probability that the best of `k` is better than the base by the margin."""
    preservation: float | None
    """BAP: the probability that the one of highest reward among `k` is no worse than the base by more."""
    k: int | None
    """Candidates that the two are for; they cover the groups with a base and at least so many rollouts."""
    n_potential: int
    """How many groups these are."""


def summarize(groups: Groups, chosen: NDArray[np.bool_], *, margin: float, k: int | None = None) -> Summary:
    """Summarise the chosen groups.

    Args:
        groups: all of them.
        chosen: truth values of shape (groups,).
        margin: d of CPI and BAP, in error rate.
        k: candidates that CPI and BAP are for; `None` for the size of the smallest group chosen.
    """
    columns = {name: values[chosen] for name, values in groups.columns.items()}
    sizes = columns["n_rollouts"]
    total = float(sizes.sum())
    several = sizes > 1
    flat = several & (columns["reward_max"] - columns["reward_min"] <= SAME)
    exact = columns["n_exact"] == sizes
    varied = columns["wer_max"] - columns["wer_min"] > SAME
    known = total - columns["n_end_unknown"].sum()
    based = ~np.isnan(columns["base_wer"])
    k = k if k is not None else int(sizes.min()) if len(sizes) else None
    cpi, bap = _potential(groups, chosen, margin, k)

    def per_rollout(values: Values) -> float | None:
        return float(values.sum() / total) if total else None

    return Summary(
        n_groups=len(sizes),
        n_rollouts=int(total),
        n_used=int((columns["used"] == 1).sum()),
        n_use_known=int((~np.isnan(columns["used"])).sum()),
        reward_mean=per_rollout(columns["reward_mean"] * sizes),
        wer_mean=per_rollout(columns["wer_mean"] * sizes),
        wer_best=mean(columns["wer_min"]),
        wer_of_top=mean(columns["wer_of_top"]),
        base_wer=mean(columns["base_wer"]),
        n_base=int(based.sum()),
        n_no_room=int((columns["base_wer"] < margin - SAME).sum()),
        spread=mean(columns["reward_std"]),
        n_zero_variance=int(flat.sum()),
        n_zero_exact=int((flat & exact).sum()),
        n_zero_same_text=int((flat & ~exact & (columns["n_distinct"] == 1)).sum()),
        n_several=int(several.sum()),
        distinct=mean(columns["n_distinct"] / sizes),
        tau_b=mean(columns["tau_b"]),
        n_ranked=int((~np.isnan(columns["tau_b"])).sum()),
        top_is_best=mean((columns["wer_of_top"] - columns["wer_min"] <= SAME)[varied].astype(np.float64)),
        n_pairs=int(columns["n_pairs"].sum()),
        n_against=int(columns["n_against"].sum()),
        empty=per_rollout(columns["n_empty"]),
        loops=per_rollout(columns["n_loops"]),
        overlong=float(columns["n_overlong"].sum() / known) if known else None,
        n_end_unknown=int(columns["n_end_unknown"].sum()),
        valid=per_rollout(columns["n_valid"]),
        length_ratio=mean(columns["length_ratio"]),
        potential=mean(cpi),
        preservation=mean(bap),
        k=k,
        n_potential=int((~np.isnan(cpi)).sum()),
    )


def mean(values: Values) -> float | None:
    """The mean of the numbers that are there; `None` without any."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else None


def potentials(groups: Groups, *, margin: float, k: int | None) -> tuple[Values, Values]:
    """CPI and BAP of each group, NaN where the base is unknown or there are fewer rollouts than `k`."""
    base, sizes = groups.columns["base_wer"], groups.sizes
    return (
        candidate_potential(groups.wer, base, sizes, margin=margin, k=k),
        base_preservation(groups.wer, groups.reward, base, sizes, margin=margin, k=k),
    )


def _potential(
    groups: Groups, chosen: NDArray[np.bool_], margin: float, k: int | None
) -> tuple[Values, Values]:
    if k is None or np.isnan(groups.columns["base_wer"][chosen]).all():
        nothing = np.full(int(chosen.sum()), np.nan)
        return nothing, nothing
    members = np.repeat(chosen, groups.sizes)
    part = Groups(
        group=(),
        prompt=(),
        where=(),
        columns={name: groups.columns[name][chosen] for name in ("base_wer", "n_rollouts")},
        wer=groups.wer[members],
        reward=groups.reward[members],
    )
    return potentials(part, margin=margin, k=k)
