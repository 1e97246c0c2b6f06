"""Which groups of a rollout log are looked at, and in what order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics.rewards.groups import SAME
from asrdiag.metrics.rewards.measured import Values
from asrdiag.metrics.rewards.probing import GREEDY

from .rollout_index import LogIndex, Rewarded

Columns = Mapping[str, Values]

KINDS: Mapping[str, Callable[[Rewarded, Columns], NDArray[np.bool_]]] = {
    "flat": lambda _, of: is_flat(of),
    "against": lambda _, of: of["n_against"] > 0,
    "lost": lambda _, of: of["wer_of_top"] - of["wer_min"] > SAME,
    "loops": lambda _, of: of["n_loops"] > 0,
    "empty": lambda _, of: of["n_empty"] > 0,
    "overlong": lambda _, of: of["n_overlong"] > 0,
    "dropped": lambda _, of: of["used"] == 0,
    "different": lambda found, _: found.n_different > 0,
}
"""Groups of a kind."""

ORDERS: Mapping[str, tuple[Callable[[Columns], Values], bool]] = {
    "against": (lambda of: of["n_against"] / np.maximum(of["n_pairs"], 1), True),
    "lost": (lambda of: of["wer_of_top"] - of["wer_min"], True),
    "tau": (lambda of: of["tau_b"], False),
    "narrow": (lambda of: of["reward_std"], False),
    "wide": (lambda of: of["reward_std"], True),
    "worst": (lambda of: of["wer_mean"], True),
    "log": (lambda of: np.arange(len(of["n_rollouts"]), dtype=np.float64), False),
}
"""What groups can be sorted by, and whether the highest comes first."""


def is_flat(columns: Columns) -> NDArray[np.bool_]:
    """Groups of two rollouts or more whose rewards are all the same: they teach nothing."""
    same: NDArray[np.bool_] = columns["reward_max"] - columns["reward_min"] <= SAME
    return same & (columns["n_rollouts"] > 1)


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What a group must be to be looked at; greedy ones, which are the base, only if they are asked for."""

    temperatures: tuple[float, ...] = ()
    first_step: float = -np.inf
    last_step: float = np.inf
    kind: str = ""
    """One of `KINDS`."""
    text: str = ""
    """What is in its id or prompt."""

    def mask(self, index: LogIndex, found: Rewarded) -> NDArray[np.bool_]:
        """Which groups pass."""
        columns = found.groups.columns
        temperatures, steps = columns["temperature"], columns["step"]
        passed = np.ones(len(index), np.bool_)
        if self.temperatures:
            passed &= np.isin(temperatures, self.temperatures)
        elif (temperatures != GREEDY).any():
            passed &= temperatures != GREEDY
        if self.first_step > -np.inf or self.last_step < np.inf:
            passed &= (steps >= self.first_step) & (steps <= self.last_step)
        if self.kind in KINDS:
            passed &= KINDS[self.kind](found, columns)
        if self.text:
            passed &= index.prompt_holds(self.text)
        return passed


def ordered(columns: Columns, passed: NDArray[np.bool_], order: str) -> NDArray[np.int64]:
    """The groups that pass, sorted; those without a number come last, equal ones as in the log."""
    rows = np.flatnonzero(passed)
    values, descending = ORDERS[order]
    keys = values(columns)[rows]
    keys = -keys if descending else keys
    return rows[np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")]
