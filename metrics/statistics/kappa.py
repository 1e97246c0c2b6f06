"""How far two raters agree beyond chance."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ..inputs import as_list
from .resampling import check_options, numbered


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its interval; `agreement` is the share of units that both raters put alike."""

    value: float
    low: float
    high: float
    level: float
    agreement: float
    units: int


def cohens_kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], *, level: float = 0.95
) -> Kappa | None:
    """Return the agreement of two raters over the same units, corrected for chance.

    kappa = (p_o - p_e) / (1 - p_e), with p_o the share of units labelled alike and p_e the share that
    raters with these frequencies of labels would label alike by chance (Cohen, 1960): 1 for perfect
    agreement, 0 for chance, negative below it. Its interval is normal, with the standard error for large
    samples of Fleiss, Cohen and Everitt (1969), cut off at -1 and 1; units count as independent. Without a
    single disagreement it is the point 1, which says nothing of how rare disagreements are.

    `None` without units, and where both raters give all units one and the same label: chance would do as
    well.

    Raises:
        ValueError: There are more labels of one rater than of the other, or `level` is not inside (0, 1).
        TypeError: A label is missing (`None`, NaN) or cannot be hashed.

    >>> found = cohens_kappa([True] * 30 + [False] * 20, [True] * 20 + [False] * 25 + [True] * 5)
    >>> round(found.value, 4), round(found.agreement, 2), round(found.low, 4), round(found.high, 4)
    (0.4, 0.7, 0.1511, 0.6489)
    """
    labels = [as_list(each, name, "labels") for each, name in ((first, "first"), (second, "second"))]
    if len(labels[0]) != len(labels[1]):
        raise ValueError(f"first has {len(labels[0])} labels, second has {len(labels[1])}")
    check_options(level, 1)
    n = len(labels[0])
    if not n:
        return None
    numbers, kinds = numbered("labels", [*labels[0], *labels[1]])
    table = np.zeros((kinds, kinds))
    np.add.at(table, (numbers[:n], numbers[n:]), 1.0)
    shares = table / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, by_chance = float(np.trace(shares)), float(rows @ columns)
    if by_chance >= 1.0:
        return None
    value = (observed - by_chance) / (1 - by_chance)
    # Fleiss, Cohen & Everitt (1969), equation 13.
    same = np.diag(shares) * (1 - (rows + columns) * (1 - value)) ** 2
    other = shares * (columns[:, None] + rows[None, :]) ** 2
    np.fill_diagonal(other, 0.0)
    variance = same.sum() + (1 - value) ** 2 * other.sum() - (value - by_chance * (1 - value)) ** 2
    reach = _normal_quantile(level) * math.sqrt(max(0.0, float(variance)) / n) / (1 - by_chance)
    return Kappa(value, max(-1.0, value - reach), min(1.0, value + reach), level, observed, n)


def _normal_quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)
