"""Independent units drawn with replacement: what every bootstrap here is made of."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inputs import as_list

_DRAWS_AT_ONCE = 200_000
_EXACT_IN_FLOAT32 = 2**24
_LARGEST_SUM = 2**31 - 1


def unit_sums(values: NDArray[np.int64], blocks: Sequence[Hashable] | None) -> NDArray[np.int64]:
    """Add the rows of `values` (utterances, columns) up to one row for each block.

    Blocks keep the order in which they first appear. Without `blocks` every utterance is a unit of its own.

    Raises:
        TypeError: `blocks` is a text, or a label is missing (`None` or NaN) or not hashable.
        ValueError: There are more or fewer labels than utterances.
    """
    if blocks is None:
        return values
    blocks = as_list(blocks, "blocks", "labels, one for each utterance")
    if len(blocks) != len(values):
        raise ValueError(f"blocks has {len(blocks)} labels for {len(values)} utterances")
    rows, n_blocks = numbered("blocks", blocks)
    sums = np.zeros((n_blocks, values.shape[1]), dtype=np.int64)
    np.add.at(sums, rows, values)
    return sums


def numbered(name: str, labels: Sequence[Hashable]) -> tuple[NDArray[np.int64], int]:
    """Number labels from 0 in the order in which they first appear: the number of each, and how many.

    Raises:
        TypeError: one is missing (`None` or NaN) or not hashable.
    """
    numbers: dict[Hashable, int] = {}
    found = np.empty(len(labels), dtype=np.int64)
    for index, label in enumerate(labels):
        if label is None or label != label:  # noqa: PLR0124 (NaN is the label that differs from itself)
            raise TypeError(
                f"{name}[{index}] is {label!r}, expected a label; an utterance of unknown origin "
                "cannot be put into a block"
            )
        found[index] = numbers.setdefault(label, len(numbers))
    return found, len(numbers)


def resampled_sums(
    units: NDArray[np.int64], resamples: int, seed: int | Sequence[int]
) -> NDArray[np.float64]:
    """Draw as many rows of `units` as there are, with replacement, and add them up; `resamples` times.

    A resample is a row of weights (how often each unit was drawn), so that all columns of all resamples come
    out of matrix products, and every column sees the same draws. The draws depend on the number of units,
    `resamples` and `seed` only. Sums are exact below 2**53; memory does not grow with `resamples` times
    units.

    Returns:
        An array of shape (resamples, columns).
    """
    # Sums of whole numbers below 2**24 are exact in single precision, which is twice as fast.
    largest = int(units.max(axis=0).max(initial=0)) * len(units)
    kind = "float32" if largest < _EXACT_IN_FLOAT32 else "float64"
    matrix = units.astype(kind)
    parts = [weights.astype(kind) @ matrix for weights in _weights(len(units), resamples, seed)]
    return np.concatenate(parts).astype(np.float64)


def _weights(n_units: int, resamples: int, seed: int | Sequence[int]) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    at_once = max(1, _DRAWS_AT_ONCE // n_units)
    for first in range(0, resamples, at_once):
        rows = min(at_once, resamples - first)
        drawn = generator.integers(0, n_units, size=(rows, n_units))
        drawn += np.arange(rows)[:, None] * n_units
        yield np.bincount(drawn.ravel(), minlength=rows * n_units).reshape(rows, n_units)


def whole_numbers(name: str, values: ArrayLike, dimensions: Sequence[int] = (1,)) -> NDArray[np.int64]:
    """`values` as an array of int64 whose sums and products of two sums fit into one.

    Raises:
        ValueError: It has another number of dimensions, holds something negative or not whole, or adds up to
            more than 2**31 - 1 over utterances.
    """
    array = np.asarray(values)
    if array.ndim not in dimensions:
        expected = "one number per utterance" if 1 in dimensions else "(systems, utterances)"
        raise ValueError(f"{name} has {array.ndim} dimensions, expected {expected}")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype} values, expected integers")
    if (array < 0).any():
        where = tuple(int(index) for index in np.argwhere(array < 0)[0])
        raise ValueError(f"{name}{list(where)} is {array[where]}, expected no negative number")
    total = float(array.sum(axis=-1, dtype=np.float64).max(initial=0))
    if total > _LARGEST_SUM:
        raise ValueError(f"{name} adds up to {total:.4g}, expected at most {_LARGEST_SUM}")
    return array.astype(np.int64)


def check_options(level: float, resamples: int) -> None:
    """Refuse a level outside (0, 1) and fewer than one resample.

    Raises:
        ValueError: One of them is so.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected a number between 0 and 1")
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}, expected at least 1")
