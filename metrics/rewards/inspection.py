"""Rollouts looked into: what a reward makes of them, group by group, in memory that texts do not fill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .cases import Case, CaseList
from .dgwgpo import DGWGPOReward
from .groups import GROUP_COLUMNS, Groups
from .measured import Values
from .moments import Moments
from .rollouts import RolloutGroup
from .scored import Scored, group_columns, logged_rewards, score_groups

COMPONENTS = ("wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate")
PARTS = ("static", "fine", "struc")
"""What the reward is the sum of: (1 - alpha_dyn) R_static and, weighted, R_fine and R_struc."""

BATCH = 8192
"""Rollouts that are scored together."""

LOGGED_TOLERANCE = 1e-4
"""A logged reward this near to the computed one is equal to it: trainers compute in 32 bits or fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What `Inspector` found."""

    groups: Groups
    correlation: Mapping[str, Mapping[str, float | None]]
    """Pearson, over all rollouts, of `reward`, the components and `length_ratio` with each other."""
    correlation_within: Mapping[str, Mapping[str, float | None]]
    """The same of what remains when each group's means are taken off: what an advantage is made of."""
    variance_shares: Mapping[str, float | None]
    """Shares of the computed reward's variance within groups: `static`, `fine`, `struc`; they add up to 1."""
    causes: Mapping[str, int]
    """Pairs ranked against the error rate, by the term that did most for it (`TERMS`), or `OTHER`."""
    cases: Sequence[Case]
    """The worst of them, by how much the error rates differ; one of a group at most."""
    n_logged: int
    """Rollouts whose reward was logged."""
    n_logged_equal: int
    """Of these, rollouts whose logged reward is the computed one, to 0.0001."""
    logged_difference: float
    """The largest difference between a logged and the computed reward."""
    n_empty_reference: int
    """Groups whose reference holds no token after normalisation."""
    n_without_reward: int
    """Groups left out because a reward is not logged, where logged ones were asked for."""


class Inspector:
    """Takes in groups and scores them in batches.

    Only numbers and ids are kept: some 400 bytes a group and 16 a rollout.

    Args:
        reward: what the rollouts are scored with.
        use_logged: rank by the rewards that were logged; components are computed all the same. Groups in
            which one is missing are left out.
        n_cases: how many cases are kept.
    """

    def __init__(self, reward: DGWGPOReward, *, use_logged: bool = False, n_cases: int = 10) -> None:
        self.reward, self._use_logged = reward, use_logged
        self._waiting: list[tuple[RolloutGroup, str]] = []
        self._n_waiting = 0
        self._moments = Moments(("reward", *COMPONENTS, "length_ratio", "computed", *PARTS))
        self._cases = CaseList(reward, n_cases)
        self._group: list[str] = []
        self._prompt: list[str] = []
        self._where: list[str] = []
        self._columns: dict[str, list[Values]] = defaultdict(list)
        self._rates: list[Values] = []
        self._rewards: list[Values] = []
        self._n_logged = self._n_equal = self._n_empty_reference = self._n_without_reward = 0
        self._difference = 0.0

    def add(self, group: RolloutGroup, where: str = "") -> None:
        """Take in a group; `where` tells the reader of a table where it was found."""
        if self._use_logged and any(rollout.reward is None for rollout in group.rollouts):
            self._n_without_reward += 1
            return
        self._waiting.append((group, where))
        self._n_waiting += len(group.rollouts)
        if self._n_waiting >= BATCH:
            self._score()

    def result(self) -> Inspection:
        """What was found in all groups taken in."""
        self._score()
        groups = Groups(
            group=self._group,
            prompt=self._prompt,
            where=self._where,
            columns={name: _joined(self._columns[name]) for name in GROUP_COLUMNS},
            wer=_joined(self._rates),
            reward=_joined(self._rewards),
        )
        return Inspection(
            groups=groups,
            correlation=_public(self._moments.correlation(within_groups=False)),
            correlation_within=_public(self._moments.correlation(within_groups=True)),
            variance_shares=self._moments.shares("computed", PARTS),
            causes=dict(self._cases.causes),
            cases=self._cases.worst_first(),
            n_logged=self._n_logged,
            n_logged_equal=self._n_equal,
            logged_difference=self._difference,
            n_empty_reference=self._n_empty_reference,
            n_without_reward=self._n_without_reward,
        )

    def _score(self) -> None:
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if not waiting:
            return
        groups, wheres = [group for group, _ in waiting], [where for _, where in waiting]
        scored = score_groups(groups, self.reward, use_logged=self._use_logged)
        self._compare_with_logged(scored)
        self._add_moments(scored)
        for name, values in group_columns(scored, self.reward).items():
            self._columns[name].append(values)
        self._cases.add(scored, wheres)
        self._n_empty_reference += int((scored.measured.reference_tokens[scored.starts] == 0).sum())
        self._group += [group.group for group in groups]
        self._prompt += [group.sample_id or group.reference for group in groups]
        self._where += wheres
        self._rates.append(scored.parts["wer"])
        self._rewards.append(scored.rewards)

    def _compare_with_logged(self, scored: Scored) -> None:
        difference = abs(logged_rewards(scored.rollouts) - scored.parts["reward"])
        difference = difference[~np.isnan(difference)]
        self._n_logged += len(difference)
        self._n_equal += int((difference <= LOGGED_TOLERANCE).sum())
        self._difference = max(self._difference, float(difference.max(initial=0.0)))

    def _add_moments(self, scored: Scored) -> None:
        parts, dynamic = scored.parts, self.reward.alpha_dyn
        weight = self.reward.fine_weight(parts["gate"] > 0)
        columns = {name: parts[name] for name in COMPONENTS} | {
            "reward": scored.rewards,
            "length_ratio": scored.length_ratio,
            "computed": parts["reward"],
            "static": (1 - dynamic) * parts["r_static"],
            "fine": dynamic * weight * parts["r_fine"],
            "struc": dynamic * (1 - weight) * parts["r_struc"],
        }
        self._moments.add(columns, scored.sizes)


def inspect_rollouts(
    groups: Iterable[RolloutGroup],
    reward: DGWGPOReward | None = None,
    *,
    use_logged: bool = False,
    n_cases: int = 10,
) -> Inspection:
    """Look into groups of rollouts; see `Inspector` for the arguments.

    >>> from asrdiag.metrics.rewards.rollouts import Rollout
    >>> answers = [Rollout(transcript=text) for text in ("the cat sat", "the cap sat", "thank you")]
    >>> group = RolloutGroup(group="0", reference="the cat sat", rollouts=tuple(answers))
    >>> found = inspect_rollouts([group])
    >>> found.groups.columns["tau_b"].tolist(), found.groups.wer.round(3).tolist()
    ([1.0], [0.0, 0.333, 1.0])
    """
    inspector = Inspector(reward or DGWGPOReward(), use_logged=use_logged, n_cases=n_cases)
    for group in groups:
        inspector.add(group)
    return inspector.result()


def _joined(values: Sequence[Values]) -> Values:
    return np.concatenate([np.zeros(0), *values])


def _public(correlation: dict[str, dict[str, float | None]]) -> dict[str, dict[str, float | None]]:
    names = ("reward", *COMPONENTS, "length_ratio")
    return {name: {other: correlation[name][other] for other in names} for name in names}
