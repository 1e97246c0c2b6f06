"""Which rows a stage sees, and in which order: decided before it begins, from the seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrdiag.errors import UsageError

from ..learning.pool import Known
from .schema import Batch, Rows
from .variants import Stage

Indices = npt.NDArray[np.int64]

MOST_ROWS = 500_000_000
"""That a stage may see: its order is held in memory, 8 bytes a row."""

_WINDOW_BATCHES = 50
"""Rows of like length are put together inside stretches of so many steps, which stay in random order."""


@dataclass(frozen=True, slots=True)
class Order:
    """The rows of a stage, in the order in which they are seen; rows come again in each epoch."""

    rows: Indices
    n_degraded: int
    """Different rows that take part."""
    n_clean: int


def order(known: Known, stage: Stage, source: Rows, batch: Batch, seed: Sequence[int]) -> Order:
    """Draw the rows of a stage.

    Degraded and clean rows are each gone through again and again in new random orders, so that none is seen
    a second time before all were seen once; where the recipe asks for a share of clean rows, they are spread
    evenly.

    Args:
        known: of all rows.
        stage: which of them it sees, and how often. Where it has a number of `rows`, these are drawn by the
            first number of the seed alone from all that its phase could see, so that each stage and each
            variant sees those of the same rows that are below its limit.
        source: how many are to be clean, and the limit where the stage has none.
        batch: how many make a step.
        seed: the recipe's, and the number of the stage.

    Raises:
        UsageError: more rows would be seen than an order can be held of.
    """
    draws = np.random.default_rng(list(seed))
    chosen = _chosen(degraded_rows(known, stage.highest, source), len(known.clean), stage.rows, seed[0])

    def below(limit: float | None) -> Indices:
        return np.intersect1d(chosen, degraded_rows(known, limit, source))

    counted = [len(below(limit)) for limit in stage.seen_as]
    degraded, clean = below(stage.max_base_wer), np.flatnonzero(known.clean & (source.clean_share != 0))
    seen = round(stage.epochs * sum(counted))
    if source.clean_share is None or not len(degraded):
        pool = np.concatenate([degraded, clean])
        seen = seen + round(stage.epochs * len(clean) * len(counted))
        drawn = _again_and_again(pool, seen, draws)
    else:
        n_clean = round(seen * source.clean_share / (1 - source.clean_share)) if len(clean) else 0
        drawn = _spread(_again_and_again(degraded, seen, draws), _again_and_again(clean, n_clean, draws))
    if batch.by_length:
        drawn = _by_length(drawn, known.duration_s, batch, draws)
    return Order(drawn, len(degraded), len(clean))


def degraded_rows(known: Known, limit: float | None, source: Rows) -> Indices:
    """The degraded rows that a stage with this limit sees."""
    within = known.base_wer < min(source.max_base_wer, limit or source.max_base_wer)
    if source.ungraded == "keep" and (limit is None or limit >= source.max_base_wer):
        within = within | np.isnan(known.base_wer)
    return np.flatnonzero(within & ~known.clean)


def _chosen(rows: Indices, n_known: int, wanted: int | None, seed: int) -> Indices:
    """So many of the rows, by an order of all rows that depends on the seed alone."""
    rank = np.random.default_rng(seed).permutation(n_known)
    return rows[np.argsort(rank[rows])[:wanted]]


def _again_and_again(pool: Indices, seen: int, draws: np.random.Generator) -> Indices:
    if not len(pool):
        return pool
    if seen > MOST_ROWS:
        raise UsageError(
            f"found {seen:,} rows for one stage to see, expected at most {MOST_ROWS:,}; lower `epochs`"
        )
    rounds = [draws.permutation(pool) for _ in range(-(-seen // len(pool)))]
    return np.concatenate([pool[:0], *rounds])[:seen]


def _spread(many: Indices, few: Indices) -> Indices:
    """Two sequences as one, each evenly over the whole."""
    places = np.concatenate([(np.arange(len(each)) + 0.5) / max(len(each), 1) for each in (many, few)])
    return np.concatenate([many, few])[np.argsort(places, kind="stable")]


def _by_length(
    rows: Indices, duration_s: npt.NDArray[np.float32], batch: Batch, draws: np.random.Generator
) -> Indices:
    """Inside each window, sort by length and shuffle whole batches."""
    size, window = batch.per_device, batch.size * _WINDOW_BATCHES
    found = []
    for start in range(0, len(rows), window):
        inside = rows[start : start + window]
        inside = inside[np.argsort(duration_s[inside], kind="stable")]
        batches = [inside[at : at + size] for at in range(0, len(inside), size)]
        short = [batches.pop()] if len(batches[-1]) < size else []  # stays last, or batches would straddle
        found += [batches[number] for number in draws.permutation(len(batches))] + short
    return np.concatenate([rows[:0], *found])
