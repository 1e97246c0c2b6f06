"""What routing at each threshold makes of the error rate, from answers that are there already.

At a threshold the routed system's answer to a clip is the adapted system's where p(degraded) reaches it, else
the base's. So every threshold's error rate follows from counting, as do those of never and of always
adapting, and of an oracle that takes the better answer each time.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from asrdiag.metrics import ERROR_RATES, paired_bootstrap
from asrdiag.report.numbers import percent

from .answers import Answered
from .measures import Flags, Floats

NEVER, ALWAYS, ORACLE, AT = "never", "always", "oracle", "threshold"
ALL = "all"
COLUMNS = (
    "dataset",
    "condition",
    "metric",
    "policy",
    "threshold",
    "n",
    "n_adapted",
    "adapted_share_pct",
    "errors",
    "ref_tokens",
    "error_rate_pct",
    "ci_low_pct",
    "ci_high_pct",
    "change_pct",
    "change_low_pct",
    "change_high_pct",
)
"""Of `sweep.csv`. The change is against `never`, in percentage points, its interval over the same clips."""


def rows(cells: Sequence[Answered], thresholds: Sequence[float], own: float) -> Iterator[dict[str, Any]]:
    """The rows of `sweep.csv`: for each cell, and over all of them where there are several.

    Args:
        cells: words and characters are never added up: there is one total for each.
        thresholds: to try.
        own: the router's own threshold, which is among them if it is not already.
    """
    for cell in cells:
        yield from _policies(cell, thresholds, own)
    for unit in dict.fromkeys(cell.unit for cell in cells):
        members = [cell for cell in cells if cell.unit == unit]
        if len(members) > 1:
            yield from _policies(_together(members), thresholds, own)


def best_threshold(cells: Sequence[Answered], thresholds: Sequence[float]) -> float:
    """The threshold with the lowest error rate over all clips; of several that do as well, their middle one.

    Where some clips are scored by words and others by characters, it is the mean of both rates that counts:
    added up, the unit with more tokens would decide.
    """

    def rate(at: float) -> float:
        errors, tokens = dict.fromkeys(units, 0.0), dict.fromkeys(units, 0.0)
        for cell in cells:
            adapted = cell.p_degraded >= at
            errors[cell.unit] += float(np.where(adapted, cell.adapted_errors, cell.base_errors).sum())
            tokens[cell.unit] += float(cell.tokens.sum())
        return sum(errors[unit] / max(tokens[unit], 1.0) for unit in units)

    units = list(dict.fromkeys(cell.unit for cell in cells))
    rates = [rate(at) for at in sorted(thresholds)]
    places = [place for place, value in enumerate(rates) if value == min(rates)]
    return sorted(thresholds)[places[len(places) // 2]]


def _together(cells: Sequence[Answered]) -> Answered:
    def joined(name: str) -> Floats:
        return np.concatenate([getattr(cell, name) for cell in cells])

    return Answered(
        ALL,
        ALL,
        cells[0].unit,
        joined("p_degraded"),
        joined("base_errors"),
        joined("adapted_errors"),
        joined("tokens"),
        tuple(block for cell in cells for block in cell.blocks),
        sum(cell.n_unanswered for cell in cells),
    )


def _policies(cell: Answered, thresholds: Sequence[float], own: float) -> Iterator[dict[str, Any]]:
    never = np.zeros(len(cell.tokens), dtype=np.bool_)
    yield _row(cell, NEVER, None, never)
    yield _row(cell, ALWAYS, None, ~never)
    # Where both make as many errors the base's answer is taken.
    yield _row(cell, ORACLE, None, cell.adapted_errors < cell.base_errors)
    for threshold in sorted({*thresholds, own}):
        yield _row(cell, AT, threshold, cell.p_degraded >= threshold)


def _row(cell: Answered, policy: str, threshold: float | None, adapted: Flags) -> dict[str, Any]:
    errors = np.where(adapted, cell.adapted_errors, cell.base_errors)
    found = paired_bootstrap(
        np.stack([errors, cell.base_errors]).astype(np.int64),
        cell.tokens.astype(np.int64),
        blocks=cell.blocks,
        resamples=1000,
    )
    rate, interval, change = found.rates[0], found.intervals[0], found.differences[0]
    n, n_adapted = len(errors), int(adapted.sum())
    return {
        "dataset": cell.dataset,
        "condition": cell.condition,
        "metric": ERROR_RATES[cell.unit],
        "policy": policy,
        "threshold": threshold,
        "n": n,
        "n_adapted": n_adapted,
        "adapted_share_pct": 100 * n_adapted / n,
        "errors": int(errors.sum()),
        "ref_tokens": int(cell.tokens.sum()),
        "error_rate_pct": percent(rate),
        "ci_low_pct": percent(interval.low if interval else None),
        "ci_high_pct": percent(interval.high if interval else None),
        "change_pct": percent(change.absolute),
        "change_low_pct": percent(change.interval.low if change.interval else None),
        "change_high_pct": percent(change.interval.high if change.interval else None),
    }
