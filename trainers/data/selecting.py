"""Which rows of the training part are taken: quotas by bin of the error rate and by stratum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from .recipe import Selection

Key = TypeVar("Key")
Cell = tuple[int, str]
"""A bin of the error rate, and a stratum (`noise 0.50-0.75`)."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many rows of a cell are taken, of how many, and how many would have been."""

    available: int
    wanted: int
    taken: int

    @property
    def short(self) -> int:
        return max(0, self.wanted - self.available)


def stratum_of(scenario: str, severity: float | None, selection: Selection) -> str:
    """The stratum that a row belongs to.

    >>> stratum_of("noise", 0.5, Selection()), stratum_of("noise", 1.0, Selection())
    ('noise 0.50-0.75', 'noise 0.75-1.00')
    >>> stratum_of("recorded", None, Selection())
    'recorded'
    """
    parts = [scenario] if "scenario" in selection.strata else []
    if "severity" in selection.strata and severity is not None:
        parts.append(severity_range(severity, selection.severity_edges))
    return " ".join(parts) or "all"


def severity_range(severity: float, edges: tuple[float, ...]) -> str:
    """The range that a severity lies in; its upper end is not in it, save 1."""
    bounds = (0.0, *edges, 1.0)
    number = sum(severity >= edge for edge in edges)
    return f"{bounds[number]:.2f}-{bounds[number + 1]:.2f}"


def quotas(available: Mapping[Cell, int], selection: Selection) -> dict[Cell, Quota]:
    """How many rows of each cell are taken.

    With `bin_shares` each bin gets its share of `size`, and within a bin strata get theirs; without, strata
    get theirs of all, and their bins as they come. `balanced` gives every stratum the same number: one that
    has fewer gives all it has, is `short`, and the others make up for it as far as they can. Without `size`
    as many are taken as keep the shares, and the balance, exact.

    >>> cells = {(0, "noise"): 6, (0, "echo"): 2, (1, "noise"): 4}
    >>> enriched = quotas(cells, Selection(bin_shares=(0.5, 0.5, 0.0)))
    >>> {cell: quota.taken for cell, quota in enriched.items()}
    {(0, 'noise'): 3, (0, 'echo'): 1, (1, 'noise'): 4}
    """
    by_bin: dict[int | None, dict[str, int]] = {}
    for (bin_, stratum), rows in available.items():
        group = by_bin.setdefault(bin_ if selection.bin_shares is not None else None, {})
        group[stratum] = group.get(stratum, 0) + rows
    targets = _bin_targets(by_bin, selection)
    found: dict[Cell, Quota] = {}
    for group_bin, strata in by_bin.items():
        wanted, taken = _strata(strata, targets[group_bin], balanced=selection.quota == "balanced")
        for stratum in strata:
            here = {
                cell: rows
                for cell, rows in available.items()
                if cell[1] == stratum and group_bin in (None, cell[0])
            }
            parts = _proportional(here, taken[stratum])
            shares = _proportional(here, wanted[stratum])
            for cell, rows in here.items():
                found[cell] = Quota(rows, shares[cell], parts[cell])
    return {cell: found[cell] for cell in available}


def _bin_targets(
    by_bin: Mapping[int | None, Mapping[str, int]], selection: Selection
) -> dict[int | None, int]:
    """How many rows of each bin are wanted; `None` stands for all bins together."""
    balanced, shares, size = selection.quota == "balanced", selection.bin_shares, selection.size
    most = {
        bin_: min(strata.values()) * len(strata) if balanced else sum(strata.values())
        for bin_, strata in by_bin.items()
    }
    if shares is None:
        return {None: most.get(None, 0) if size is None else size}
    if size is None:
        size = min((int(most.get(bin_, 0) / share) for bin_, share in enumerate(shares) if share), default=0)
    exact = _proportional(dict(enumerate(shares)), size)
    return {bin_: exact[bin_] for bin_ in by_bin if bin_ is not None}


def _strata(
    available: Mapping[str, int], target: int, *, balanced: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows of each stratum are wanted, and how many are taken."""
    if not balanced:
        wanted = _proportional(available, target)
        return wanted, {stratum: min(rows, wanted[stratum]) for stratum, rows in available.items()}
    wanted = _proportional(dict.fromkeys(available, 1), target)
    taken = {stratum: min(rows, wanted[stratum]) for stratum, rows in available.items()}
    while missing := target - sum(taken.values()):
        room = {
            stratum: rows - taken[stratum] for stratum, rows in available.items() if rows > taken[stratum]
        }
        if not room:
            break
        more = _proportional(dict.fromkeys(room, 1), missing)
        for stratum, rows in room.items():
            taken[stratum] += min(rows, more[stratum])
    return wanted, taken


def _proportional(weights: Mapping[Key, float], total: int) -> dict[Key, int]:
    """Whole numbers in proportion to weights that add up to `total`: the largest remainders get one more.

    >>> _proportional({"a": 1, "b": 1, "c": 1}, 5)
    {'a': 2, 'b': 2, 'c': 1}
    """
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {key: total * weight / whole for key, weight in weights.items()}
    found = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: found[key] - exact[key])
    for key in by_remainder[: total - sum(found.values())]:
        found[key] += 1
    return found
