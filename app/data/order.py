"""The orders in which cases are looked at."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .index import Index

ORDERS: Mapping[str, tuple[str, bool]] = {
    "errors": ("n_errors", True),
    "rate": ("error_rate_pct", True),
    "least": ("n_errors", False),
    "longest": ("duration_s", True),
    "shortest": ("duration_s", False),
}
"""The column of each order, and whether the highest number comes first; the first is the default."""


def in_order(index: Index, rows: NDArray[np.int64], column: str, descending: bool) -> NDArray[np.int64]:
    """Rows by a column of numbers; those without a number come last, equal ones stay as they are."""
    values = index.numbers[column][rows]
    values = -values if descending else values
    return rows[np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")]
