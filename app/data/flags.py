"""Which kinds of key content went wrong, for every answer: a bit for each kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMN = "key_flags"
"""Of `scores.parquet`: for each answer a list such as `["negation_lost"]`."""

_MOST = 32


@dataclass(frozen=True, slots=True)
class Flags:
    """`bits` of shape [n_rows]: bit n is set where the answer has the flag `names[n]`."""

    names: tuple[str, ...]
    bits: NDArray[np.uint32]

    def among(self, wanted: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows have one of these flags."""
        chosen = sum(1 << place for place, name in enumerate(self.names) if name in wanted)
        found: NDArray[np.bool_] = (self.bits & np.uint32(chosen)) != 0
        return found


class FlagsMade:
    """Collects the flags of one cell after the other."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._bits: list[NDArray[np.uint32]] = []

    def add(self, column: Any, n: int) -> None:
        """Take up a cell.

        Args:
            column: lists of texts, a pyarrow column; `None` if the cell was scored without.
            n: rows of the cell.
        """
        bits = np.zeros(n, dtype=np.uint32)
        self._bits.append(bits)
        if column is None:
            return
        lists = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        values = lists.flatten().dictionary_encode()
        codes = np.array([self._code(name) for name in values.dictionary.to_pylist()], dtype=np.int64)
        lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        rows = np.repeat(np.arange(n), lengths)
        given = codes[values.indices.to_numpy(zero_copy_only=False)] if len(rows) else rows
        kept = given >= 0
        np.bitwise_or.at(bits, rows[kept], np.uint32(1) << given[kept].astype(np.uint32))

    def made(self) -> Flags:
        """All of them."""
        bits = np.concatenate(self._bits) if self._bits else np.empty(0, dtype=np.uint32)
        return Flags(tuple(self._names), bits)

    def _code(self, name: str) -> int:
        """-1 for one more than there is room for: scores from a stranger may hold anything."""
        if name not in self._names and len(self._names) >= _MOST:
            return -1
        return self._names.setdefault(name, len(self._names))
