"""The worst of the pairs in which a reward prefers the transcript with more errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace
from itertools import count

import numpy as np

from .dgwgpo import DGWGPOReward
from .preferences import OTHER, TERMS, Preferences, explain, find_preferences
from .scored import Scored


@dataclass(frozen=True, slots=True)
class Case:
    """Two rollouts of a group of which the reward prefers the one with more errors."""

    where: str
    group: str
    sample_id: str | None
    reference: str
    preferred: str
    better: str
    reward_preferred: float
    reward_better: float
    wer_preferred: float
    wer_better: float
    causes: Mapping[str, float]
    """What each term adds to the difference of the computed rewards, by the names of `TERMS`."""

    @property
    def cause(self) -> str:
        """The term that adds most, or `OTHER`."""
        return max(self.causes, key=self.causes.__getitem__) if sum(self.causes.values()) > 0 else OTHER


class CaseList:
    """Keeps `n_cases` of all pairs seen, one of a group at most: those that differ most in error rate."""

    def __init__(self, reward: DGWGPOReward, n_cases: int) -> None:
        self._reward, self._n_cases = reward, n_cases
        self._kept: list[tuple[float, float, int, Case]] = []
        self._age = count()
        self.causes = dict.fromkeys((*TERMS, OTHER), 0)
        """Pairs by the term that added most to the wrong preference."""

    def add(self, scored: Scored, wheres: Sequence[str]) -> None:
        """Look for such pairs in a batch."""
        rates, rewards, sizes = scored.parts["wer"], scored.rewards, scored.sizes
        worst: dict[int, tuple[float, float, int, int]] = {}
        for pairs in find_preferences(rewards, rates, sizes):
            added = np.stack(list(explain(self._reward, scored.parts, pairs).values()))
            most = np.where(added.sum(axis=0) > 0, added.argmax(axis=0), len(TERMS))
            for name, n in zip(self.causes, np.bincount(most, minlength=len(TERMS) + 1), strict=True):
                self.causes[name] += int(n)
            if self._n_cases:
                for group, found in _worst_of_groups(scored, pairs, self._n_cases):
                    worst[group] = max(found, worst.get(group, found), key=lambda each: each[:2])
        for group, (gap, difference, one, other) in sorted(worst.items()):
            full = len(self._kept) >= self._n_cases
            if full and (gap, difference) <= self._kept[0][:2]:
                continue
            case = _case(scored, (one, other), (group, wheres[group]), self._reward)
            (heapreplace if full else heappush)(self._kept, (gap, difference, -next(self._age), case))

    def worst_first(self) -> list[Case]:
        """The cases kept; of equal ones the first seen comes first."""
        return [case for *_, case in sorted(self._kept, key=lambda each: each[:3], reverse=True)]


def _worst_of_groups(
    scored: Scored, pairs: Preferences, most: int
) -> Iterator[tuple[int, tuple[float, float, int, int]]]:
    """Up to so many groups with the worst pairs: number, difference of error rate, of reward, members."""
    one, other = pairs.preferred, pairs.better
    gaps = scored.parts["wer"][one] - scored.parts["wer"][other]
    differences = scored.rewards[one] - scored.rewards[other]
    groups = np.searchsorted(scored.starts, one, side="right") - 1
    order = np.lexsort((-differences, -gaps))
    _, first = np.unique(groups[order], return_index=True)
    for pair in order[np.sort(first)[:most]].tolist():
        found = float(gaps[pair]), float(differences[pair]), int(one[pair]), int(other[pair])
        yield int(groups[pair]), found


def _case(scored: Scored, members: tuple[int, int], place: tuple[int, str], reward: DGWGPOReward) -> Case:
    (one, other), (number, where) = members, place
    group = scored.groups[number]
    rates, rewards = scored.parts["wer"], scored.rewards
    causes = explain(reward, scored.parts, Preferences(np.array([one]), np.array([other])))
    return Case(
        where=where,
        group=group.group,
        sample_id=group.sample_id,
        reference=group.reference,
        preferred=scored.rollouts[one].transcript,
        better=scored.rollouts[other].transcript,
        reward_preferred=float(rewards[one]),
        reward_better=float(rewards[other]),
        wer_preferred=float(rates[one]),
        wer_better=float(rates[other]),
        causes={name: float(values[0]) for name, values in causes.items()},
    )
