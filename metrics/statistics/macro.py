"""The mean of the error rates of several subsets, each counting the same, and how sure it is."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inputs import as_list
from .influence import LEAST_EFFECTIVE_UNITS, ROUNDING, t_quantile
from .interval import Interval, Method, between_quantiles, choose_method
from .resampling import check_options, numbered, resampled_sums, whole_numbers


@dataclass(frozen=True, slots=True)
class MacroRate:
    """A mean of error rates, as a fraction; what does not exist is `None`.

    `interval.effective_units` is `degrees_of_freedom` + 1. `standard_error` is the linearised one, whichever
    method made the interval.
    """

    rate: float
    interval: Interval | None
    standard_error: float | None
    degrees_of_freedom: float | None
    units: int
    """Independent units behind it: blocks, or utterances where there are no blocks."""


def macro_rate(
    errors: ArrayLike,
    reference_tokens: ArrayLike,
    subsets: Sequence[Hashable],
    *,
    blocks: Sequence[Hashable] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    method: Method | Literal["auto"] = "auto",
) -> MacroRate | None:
    """Return the mean over subsets of their pooled error rates, with its confidence interval.

    `errors` and `reference_tokens` hold one integer per utterance, `subsets` and `blocks` one label; the
    options are those of `bootstrap_interval`. The subsets are taken as given, the utterances or blocks in
    them as drawn. A block may be in several subsets, as a speaker who was recorded in several rooms, and is
    then drawn for all of them at once; subsets that no block connects are drawn apart. Without `blocks` this
    means utterances within each subset.

    `t` takes the linearised standard error. With R_s the rate and N_s the tokens of one of S subsets, and
    K_s = N_s ** 2 / sum(n ** 2) its effective units (Kish, 1965), a unit adds
    I = sum over s of sqrt(K_s / (K_s - 1)) * (e - R_s * n) / N_s / S, and SE = sqrt(sum(I ** 2)). The degrees
    of freedom are Satterthwaite's (1946): V ** 2 / sum(V_c ** 2 / (K_c - 1)), with V_c the part of
    V = SE ** 2 that comes from the c-th group of connected subsets, and K_c its effective units, which count
    by the variance of the subsets that they are in. With one subset all this is `bootstrap_interval`. `auto`
    takes `t` where any subset has fewer than 50 effective units, else the bootstrap.

    The rate does not exist, and `None` is returned, without utterances or where a subset has no reference
    tokens. The interval and the standard error are `None` for fewer than two units, and where a subset has
    fewer than 1.5 effective ones, which say nothing of how its units differ.

    Raises:
        TypeError: A label is missing (`None`, NaN) or cannot be hashed.
        ValueError: The lengths differ, a number is negative or not an integer, numbers add up to more than
            2**31 - 1, or an option is out of range.

    >>> errors, tokens = [1, 3, 0, 2, 4, 2], [10, 10, 10, 5, 5, 10]
    >>> mean = macro_rate(errors, tokens, ["near", "near", "near", "far", "far", "far"])
    >>> round(mean.rate, 4), round(8 / 20, 4), round(4 / 30, 4)  # (8/20 + 4/30) / 2
    (0.2667, 0.4, 0.1333)
    >>> speakers = ["ann", "bob", "cid", "ann", "bob", "cid"]
    >>> joint = macro_rate(errors, tokens, ["near", "near", "near", "far", "far", "far"], blocks=speakers)
    >>> joint.units, joint.interval.method, round(mean.standard_error, 3), round(joint.standard_error, 3)
    (3, 't', 0.1, 0.133)
    """
    error_counts = whole_numbers("errors", errors)
    token_counts = whole_numbers("reference_tokens", reference_tokens)
    labels = as_list(subsets, "subsets", "labels, one for each utterance")
    if not len(error_counts) == len(token_counts) == len(labels):
        raise ValueError(
            f"errors has {len(error_counts)} utterances, reference_tokens has {len(token_counts)}, "
            f"subsets has {len(labels)}"
        )
    check_options(level, resamples)
    subset, n_subsets = numbered("subsets", labels)
    if blocks is None:
        unit, n_units = np.arange(len(labels)), len(labels)
    else:
        unit, n_units = numbered("blocks", as_list(blocks, "blocks", "labels, one for each utterance"))
    if len(unit) != len(labels):
        raise ValueError(f"blocks has {len(unit)} labels for {len(labels)} utterances")
    # What a unit has in a subset: one row for each pair of the two that occurs.
    pairs, pair = np.unique(unit * max(n_subsets, 1) + subset, return_inverse=True)
    sums = np.zeros((len(pairs), 2), dtype=np.int64)
    np.add.at(sums, pair, np.stack([error_counts, token_counts], axis=1))
    table = _Table(pairs // max(n_subsets, 1), pairs % max(n_subsets, 1), sums, n_units, n_subsets)
    totals = table.totals
    if not n_subsets or not totals[:, 1].all():
        return None
    rate = float((totals[:, 0] / totals[:, 1]).mean())
    effective = totals[:, 1].astype(np.float64) ** 2 / np.bincount(table.subset, sums[:, 1] ** 2.0)
    chosen = choose_method(method, float(effective.min()))
    if n_units < 2 or effective.min() < LEAST_EFFECTIVE_UNITS:
        return MacroRate(rate, None, None, None, n_units)
    error, degrees = _spread(table, effective)
    interval: Interval | None
    if chosen == "t":
        interval = _student(rate, error, degrees, level, n_units)
    else:
        drawn = _drawn_rates(table, resamples, seed)
        interval = between_quantiles(drawn[np.isfinite(drawn)], level, n_units, degrees + 1)
    return MacroRate(rate, interval, error, degrees, n_units)


def mean_rate(rates: Sequence[MacroRate], *, level: float = 0.95) -> MacroRate | None:
    """Return the mean of independent rates, such as those of several benchmarks.

    SE = sqrt(sum(SE_d ** 2)) / D, with Satterthwaite's degrees of freedom; the interval is Student's t, cut
    off at 0, and `None` where one of the rates has no standard error. In whatever unit the rates are.

    >>> halves = [MacroRate(0.25, None, 0.03, 8.0, 9), MacroRate(0.75, None, 0.04, 8.0, 9)]
    >>> mean = mean_rate(halves)
    >>> mean.rate, round(mean.standard_error, 4)  # sqrt(0.03 ** 2 + 0.04 ** 2) / 2
    (0.5, 0.025)
    >>> round(mean.degrees_of_freedom, 2)  # 25 ** 2 / (9 ** 2 / 8 + 16 ** 2 / 8)
    14.84
    """
    if not rates:
        return None
    mean = math.fsum(each.rate for each in rates) / len(rates)
    units = sum(each.units for each in rates)
    known = [
        (each.standard_error, each.degrees_of_freedom)
        for each in rates
        if each.standard_error is not None and each.degrees_of_freedom is not None
    ]
    if len(known) < len(rates):
        return MacroRate(mean, None, None, None, units)
    parts = [error**2 for error, _ in known]
    error = math.sqrt(math.fsum(parts)) / len(rates)
    degrees = _satterthwaite(parts, [degrees for _, degrees in known])
    return MacroRate(mean, _student(mean, error, degrees, level, units), error, degrees, units)


@dataclass(frozen=True, slots=True)
class _Table:
    """Errors and tokens of every unit in every subset that it is in."""

    unit: NDArray[np.int64]
    """(pairs,)"""
    subset: NDArray[np.int64]
    """(pairs,)"""
    sums: NDArray[np.int64]
    """(pairs, 2): errors and reference tokens."""
    n_units: int
    n_subsets: int

    @property
    def totals(self) -> NDArray[np.int64]:
        """(subsets, 2)"""
        found = np.zeros((self.n_subsets, 2), dtype=np.int64)
        np.add.at(found, self.subset, self.sums)
        return found

    def connected(self) -> NDArray[np.int64]:
        """(subsets,): the first of the subsets that each is connected with by units, directly or not."""
        first = np.arange(self.n_subsets)
        while True:
            of_unit = np.full(self.n_units, self.n_subsets)
            np.minimum.at(of_unit, self.unit, first[self.subset])
            lowered = first.copy()
            np.minimum.at(lowered, self.subset, of_unit[self.unit])
            if (lowered == first).all():
                return first
            first = lowered


def _spread(table: _Table, effective: NDArray[np.float64]) -> tuple[float, float]:
    """The standard error and its degrees of freedom."""
    errors, tokens = table.sums.T
    total_errors, total_tokens = table.totals[table.subset].T
    # Whole numbers up to the division: units that are all alike come out as exactly 0.
    pulls = (errors * total_tokens - total_errors * tokens) / (total_tokens.astype(np.float64) ** 2)
    scale = np.sqrt(effective / (effective - 1))[table.subset] / table.n_subsets
    pulls *= scale
    influence = np.bincount(table.unit, pulls, minlength=table.n_units)
    # Units count towards the degrees of freedom by what they hold of the subsets that the variance is from.
    variance = np.bincount(table.subset, pulls**2).astype(np.float64)
    if not variance.any():
        variance += 1.0
    held = np.bincount(table.unit, tokens / total_tokens * variance[table.subset], minlength=table.n_units)
    group = np.zeros(table.n_units, dtype=np.int64)
    group[table.unit] = table.connected()[table.subset]
    parts = np.bincount(group, influence**2)
    counted = parts > ROUNDING if (parts > ROUNDING).any() else np.bincount(group, held) > 0
    parts = np.where(parts > ROUNDING, parts, 0.0)
    effective_units = np.bincount(group, held)[counted] ** 2 / np.bincount(group, held**2)[counted]
    return math.sqrt(math.fsum(parts)), _satterthwaite(parts[counted], effective_units - 1)


def _satterthwaite(variances: ArrayLike, degrees: ArrayLike) -> float:
    """The degrees of freedom of a sum of independent variances; where all are 0, the sum of theirs."""
    found, each = np.asarray(variances, dtype=np.float64), np.asarray(degrees, dtype=np.float64)
    if not found.any():
        return float(each.sum())
    # As shares, since squares of small variances would be too small for a float.
    return float(1 / ((found / found.sum()) ** 2 / each).sum())


def _student(rate: float, error: float, degrees: float, level: float, units: int) -> Interval:
    reach = t_quantile(level, degrees + 1) * error if error else 0.0
    return Interval(max(0.0, rate - reach), rate + reach, level, "t", units, degrees + 1)


def _drawn_rates(table: _Table, resamples: int, seed: int) -> NDArray[np.float64]:
    """The mean of each resample, shape (resamples,); not finite where a subset was left without tokens."""
    connected = table.connected()
    group = connected[table.subset]
    mean = np.zeros(resamples)
    for number, first in enumerate(np.unique(connected)):
        inside = group == first
        units, row = np.unique(table.unit[inside], return_inverse=True)
        subsets, column = np.unique(table.subset[inside], return_inverse=True)
        matrix = np.zeros((len(units), 2 * len(subsets)), dtype=np.int64)
        matrix[row, column], matrix[row, len(subsets) + column] = table.sums[inside].T
        # Groups must not share their draws, or the resamples of independent subsets would go together.
        drawn = resampled_sums(matrix, resamples, [seed, number] if number else seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean += (drawn[:, : len(subsets)] / drawn[:, len(subsets) :]).sum(axis=1)
    return mean / table.n_subsets
