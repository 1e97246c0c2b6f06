"""What became of words: how often each was right, taken for another, left out or put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .proportions import wilson
from .tokens import ADDED, CORRECT, HARD, LOST, SOFT, Tokens

COUNTS = ("correct", "soft", "hard", "lost", "added", "heard_soft", "heard_hard")
"""Of each word: said and right, taken for something alike, for something else, left out; put in; heard
where something alike was said, and where something else was."""
FEW = 10
"""A word that was said less often than this tells little."""


@dataclass(frozen=True, slots=True)
class Words:
    """Counts of words and of pairs of them, of one cell or of several."""

    words: Any
    """A pyarrow array of strings, all different."""
    counts: NDArray[np.integer]
    """Shape [n_words, len(COUNTS)]."""
    pairs: NDArray[np.integer]
    """Substitutions, shape [n_pairs, 4]: the word said and the one heard as places in `words`, how often, and
    how often of these they count as alike."""

    @property
    def said(self) -> NDArray[np.int64]:
        """How often each word was said."""
        found: NDArray[np.int64] = self.counts[:, :4].sum(axis=1, dtype=np.int64)
        return found

    @property
    def heard(self) -> NDArray[np.int64]:
        """How often each word was in an answer."""
        found: NDArray[np.int64] = self.counts[:, 0] + self.counts[:, 4:].sum(axis=1, dtype=np.int64)
        return found

    def place(self, word: str) -> int | None:
        """The place of a word; `None` if nobody said or heard it."""
        import pyarrow.compute as pc

        found: int = pc.index(self.words, word).as_py()
        return found if found >= 0 else None


def words_of(tokens: Tokens) -> Words:
    """Count the words of a cell.

    >>> import pyarrow as pa
    >>> steps = Tokens(np.frombuffer(b"CSDI", np.uint8), np.zeros(4, np.int32), np.array([0, 1, 0, -1]),
    ...                np.array([0, 2, -1, 3]), pa.array(["a", "cat", "cap", "um"]))
    >>> found = words_of(steps)
    >>> found.said.tolist(), found.heard.tolist(), found.pairs.tolist()
    ([2, 1, 0, 0], [1, 0, 1, 1], [[1, 2, 1, 0]])
    """
    n = len(tokens.words)

    def counted(codes: NDArray[np.int32], letter: int) -> NDArray[np.int64]:
        return np.bincount(codes[tokens.letters == letter], minlength=n)

    reference = [counted(tokens.reference, letter) for letter in (CORRECT, SOFT, HARD, LOST)]
    hypothesis = [counted(tokens.hypothesis, letter) for letter in (ADDED, SOFT, HARD)]
    swapped = (tokens.letters == SOFT) | (tokens.letters == HARD)
    keys = tokens.reference[swapped].astype(np.int64) * max(n, 1) + tokens.hypothesis[swapped]
    alike = (tokens.letters[swapped] == SOFT).astype(np.int64)
    pairs = _pairs(keys, np.ones_like(keys), alike, n)
    counts = np.stack([*reference, *hypothesis], axis=1)
    return Words(tokens.words, counts.astype(np.int32), pairs.astype(np.int32))  # many are kept at once


def summed(cells: Sequence[Words]) -> Words:
    """The counts of several cells together."""
    import pyarrow as pa

    if len(cells) == 1:
        return cells[0]
    if not cells:
        empty = np.empty((0, len(COUNTS)), dtype=np.int64)
        return Words(pa.array([], pa.string()), empty, np.empty((0, 4), dtype=np.int64))
    coded = pa.chunked_array([cell.words for cell in cells]).combine_chunks().dictionary_encode()
    places = coded.indices.to_numpy().astype(np.int64)
    n = len(coded.dictionary)
    counts = np.stack(
        [
            np.bincount(
                places, weights=np.concatenate([cell.counts[:, column] for cell in cells]), minlength=n
            )
            for column in range(len(COUNTS))
        ],
        axis=1,
    ).astype(np.int64)
    firsts = np.cumsum([0, *(len(cell.words) for cell in cells)])
    keys, times = [], []
    for cell, first in zip(cells, firsts, strict=False):
        own = places[first : first + len(cell.words)]
        keys.append(own[cell.pairs[:, 0]] * n + own[cell.pairs[:, 1]])
        times.append(cell.pairs[:, 2:])
    each = np.concatenate(times)
    return Words(coded.dictionary, counts, _pairs(np.concatenate(keys), each[:, 0], each[:, 1], n))


def _pairs(keys: NDArray[np.int64], times: NDArray[Any], alike: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Pairs, each once, from keys `said * n + heard`."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(starts):
        return np.empty((0, 4), dtype=np.int64)
    sums = [np.add.reduceat(each[order], starts) for each in (times, alike)]
    return np.stack([keys[starts] // n, keys[starts] % n, *sums], axis=1)


def confusions(words: Words, said: int | None = None, heard: int | None = None) -> Any:
    """Which words were taken for which, the most frequent first, as a pyarrow table.

    Args:
        words: the counts.
        said: only of this word; a place.
        heard: only what was heard as this word.
    """
    import pyarrow as pa

    pairs = words.pairs
    for column, wanted in ((0, said), (1, heard)):
        if wanted is not None:
            pairs = pairs[pairs[:, column] == wanted]
    of = words.said[pairs[:, 0]]
    return _ordered(
        pa.table(
            {
                "said": words.words.take(pa.array(pairs[:, 0])),
                "heard": words.words.take(pa.array(pairs[:, 1])),
                "kind": pa.array(np.where(2 * pairs[:, 3] >= pairs[:, 2], "soft", "hard"), pa.string()),
                "times": pa.array(pairs[:, 2]),
                "share_pct": pa.array(np.round(100 * pairs[:, 2] / of, 2)),
                "occurrences": pa.array(of),
            }
        ),
        ("times", "descending"),
        ("said", "ascending"),
        ("heard", "ascending"),
    )


def lost(words: Words) -> Any:
    """The words that were left out, the most frequent first, as a pyarrow table."""
    import pyarrow as pa

    chosen = np.flatnonzero(words.counts[:, 3])
    times, of = words.counts[chosen, 3], words.said[chosen]
    return _ordered(
        pa.table(
            {
                "word": words.words.take(pa.array(chosen)),
                "left_out": pa.array(times),
                "share_pct": pa.array(np.round(100 * times / of, 2)),
                "occurrences": pa.array(of),
            }
        ),
        ("left_out", "descending"),
        ("word", "ascending"),
    )


def invented(words: Words) -> Any:
    """The words that nobody said: put in, or heard where something unlike was said, as a pyarrow table."""
    import pyarrow as pa

    made = words.counts[:, 4] + words.counts[:, 6]
    chosen = np.flatnonzero(made)
    heard = words.heard[chosen]
    return _ordered(
        pa.table(
            {
                "word": words.words.take(pa.array(chosen)),
                "invented": pa.array(made[chosen]),
                "put_in": pa.array(words.counts[chosen, 4]),
                "in_place_of": pa.array(words.counts[chosen, 6]),
                "share_pct": pa.array(np.round(100 * made[chosen] / heard, 2)),
                "heard": pa.array(heard),
            }
        ),
        ("invented", "descending"),
        ("word", "ascending"),
    )


ORDERS = {
    "missed": (("missed", "descending"), ("word", "ascending")),
    "worst": (("high_pct", "ascending"), ("said", "descending"), ("word", "ascending")),
    "said": (("said", "descending"), ("word", "ascending")),
    "word": (("word", "ascending"),),
}
"""How the words of `accuracy` may be sorted; `worst` goes by the upper end of the interval."""


def accuracy(words: Words, *, order: str = "missed", least: int = 1, only: Sequence[str] = ()) -> Any:
    """Of each word that was said how often it was right, as a pyarrow table.

    The intervals are Wilson's, as if the occurrences of a word were independent.

    Args:
        words: the counts.
        order: one of `ORDERS`.
        least: leave out words that were said less often.
        only: these words alone; all without.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    said = words.said
    keep = said >= max(least, 1)
    if only:
        keep &= pc.is_in(words.words, pa.array(list(only), pa.string())).to_numpy(zero_copy_only=False)
    chosen = np.flatnonzero(keep)
    counts, of = words.counts[chosen], said[chosen]
    low, high = wilson(counts[:, 0].astype(np.int64), of)
    return _ordered(
        pa.table(
            {
                "word": words.words.take(pa.array(chosen)),
                "said": pa.array(of),
                "right": pa.array(counts[:, 0]),
                "accuracy_pct": pa.array(np.round(100 * counts[:, 0] / of, 2)),
                "low_pct": pa.array(np.round(low, 2)),
                "high_pct": pa.array(np.round(high, 2)),
                "few": pa.array(of < FEW),
                "missed": pa.array(of - counts[:, 0]),
                "soft": pa.array(counts[:, 1]),
                "hard": pa.array(counts[:, 2]),
                "del": pa.array(counts[:, 3]),
                "put_in": pa.array(counts[:, 4]),
            }
        ),
        *ORDERS[order],
    )


def always_never(words: Words) -> tuple[int, int, int]:
    """How many different words were right every time, sometimes, and never, of those that were said."""
    said, right = words.said, words.counts[:, 0]
    spoken = said > 0
    always, never = int((spoken & (right == said)).sum()), int((spoken & (right == 0)).sum())
    return always, int(spoken.sum()) - always - never, never


def _ordered(table: Any, *keys: tuple[str, str]) -> Any:
    return table.sort_by(list(keys))
