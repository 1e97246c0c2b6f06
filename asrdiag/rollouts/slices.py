"""Selections of groups that are told apart in reports: by step, by temperature, by difficulty."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..metrics.rewards.groups import Groups

MOST_STEPS = 10
"""Ranges of steps, at most."""

_LIMITS = (0.3, 0.5, 0.7)
_GRADES = ("right", "below 30 %", "30 to 50 %", "50 to 70 %", "70 % and more")


def by_step(groups: Groups) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Ranges of steps with about as many steps each; nothing if there are not several.

    >>> from asrdiag.metrics.rewards.inspection import inspect_rollouts
    >>> from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
    >>> said = (Rollout(transcript="a"),)
    >>> made = [RolloutGroup(group=str(i), step=i, reference="a", rollouts=said) for i in range(12)]
    >>> [label for label, _ in by_step(inspect_rollouts(made).groups)][:4]
    ['0-1', '2-3', '4', '5']
    """
    steps = groups.columns["step"]
    known = np.unique(steps[~np.isnan(steps)])
    if len(known) < 2:
        return
    for part in np.array_split(known, min(MOST_STEPS, len(known))):
        first, last = part[0], part[-1]
        label = f"{first:.0f}" if first == last else f"{first:.0f}-{last:.0f}"
        yield label, (steps >= first) & (steps <= last)


def by_temperature(groups: Groups) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each temperature; nothing if there are not several."""
    temperatures = groups.columns["temperature"]
    known = np.unique(temperatures[~np.isnan(temperatures)])
    if len(known) < 2:
        return
    for value in known:
        yield f"{value:g}", temperatures == value


def difficulty(groups: Groups) -> str:
    """What `by_difficulty` goes by: the base's error rate if every group has one, else the group's mean."""
    return "wer_mean" if np.isnan(groups.columns["base_wer"]).any() else "base_wer"


def by_difficulty(groups: Groups) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Groups by error rate, with the limits by which training data are graded; empty grades are left out."""
    rates = groups.columns[difficulty(groups)].round(9)
    grades = np.where(rates > 0, 1 + np.digitize(rates, _LIMITS), 0)
    for grade, label in enumerate(_GRADES):
        if (grades == grade).any():
            yield label, grades == grade
