"""The standard error of a pooled rate from what each independent unit adds to it, and Student's t."""

import math

import numpy as np
from numpy.typing import NDArray

LEAST_EFFECTIVE_UNITS = 1.5
"""Below so many one unit holds most of the reference, and nothing tells how others would differ from it."""

ROUNDING = 1e-26
"""A sum of squares of influences up to this is what rounding leaves of 0."""


def effective_units(tokens: NDArray[np.int64]) -> float:
    """How many units of equal size would tell as much: sum(tokens) ** 2 / sum(tokens ** 2) (Kish, 1965).

    The number of units where all are equally long, less where they are not, 1 where one has everything; 0
    without any token.
    """
    total = int(tokens.sum())
    return total**2 / int((tokens**2).sum()) if total else 0.0


def influence(errors: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far each unit pulls the rate R = sum(errors) / sum(tokens): (errors - R * tokens) / sum(tokens).

    These sum to zero. Those of a difference of two rates are the differences of theirs.
    """
    total = int(tokens.sum())
    # Whole numbers up to the division: units that are all alike come out as exactly 0.
    return (errors * total - int(errors.sum()) * tokens) / float(total) ** 2


def covariance(one: NDArray[np.float64], other: NDArray[np.float64], effective: float) -> float:
    """The linearised covariance of two rates: K / (K - 1) * sum(one * other), with K effective units."""
    return effective / (effective - 1) * math.fsum(one * other)


def standard_error(influences: NDArray[np.float64], effective: float) -> float:
    """The linearised standard error of a pooled rate, or of a difference of two."""
    # Differences of influences that ought to cancel leave rounding behind.
    if math.fsum(influences**2) <= ROUNDING:
        return 0.0
    return math.sqrt(covariance(influences, influences, effective))


def t_quantile(level: float, effective: float) -> float:
    """How many standard errors a two-sided interval of `level` reaches to each side, with K - 1 degrees."""
    from scipy.special import stdtrit

    return float(stdtrit(effective - 1, (1 + level) / 2))


def t_tail(distance: float, effective: float) -> float:
    """How much of Student's t with K - 1 degrees of freedom lies beyond so many standard errors."""
    from scipy.special import stdtr

    return float(stdtr(effective - 1, -distance))
