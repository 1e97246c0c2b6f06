"""Which of many texts come more than once, at 16 bytes a text."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

_BYTES = 16


class Repeats:
    """Texts, of which only their BLAKE2b digests are kept (128 bits: chance makes no two alike)."""

    def __init__(self) -> None:
        self._digests = bytearray()

    def __len__(self) -> int:
        return len(self._digests) // _BYTES

    def add(self, text: bytes) -> None:
        """Take one more text; its position is how many came before."""
        self._digests += blake2b(text, digest_size=_BYTES).digest()

    def groups(self) -> list[tuple[int, ...]]:
        """The positions of each text that came more than once, by the first of them.

        >>> repeats = Repeats()
        >>> for text in (b"a", b"b", b"a", b"c", b"b", b"a"):
        ...     repeats.add(text)
        >>> repeats.groups()
        [(0, 2, 5), (1, 4)]
        """
        order, starts = self._sorted()
        ends = np.append(starts[1:], len(order))
        several = ends - starts > 1
        spans = zip(starts[several], ends[several], strict=True)
        return sorted(tuple(order[start:end].tolist()) for start, end in spans)

    def mask(self) -> npt.NDArray[np.bool_]:
        """Whether each text came more than once, by position.

        >>> repeats = Repeats()
        >>> for text in (b"a", b"b", b"a"):
        ...     repeats.add(text)
        >>> repeats.mask().tolist()
        [True, False, True]
        """
        order, starts = self._sorted()
        lengths = np.diff(starts, append=len(order))
        found = np.zeros(len(order), dtype=bool)
        found[order] = np.repeat(lengths > 1, lengths)
        return found

    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Positions with equal texts side by side and ascending, and where each text begins among them."""
        halves = np.frombuffer(bytes(self._digests), dtype="<u8").reshape(-1, 2)
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        in_order = halves[order]
        begins = np.ones(len(order), dtype=bool)
        begins[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
        return order, np.flatnonzero(begins)
