"""The aligned tokens of many answers at once: what words are counted in, and looked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError

from .index import Index
from .runs import OpenRun

CORRECT, SOFT, HARD, LOST, ADDED = (ord(letter) for letter in "CsSDI")
"""The steps of an alignment, as bytes."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The steps of some alignments of one cell, one after the other; arrays are of shape [n_steps]."""

    letters: NDArray[np.uint8]
    rows: NDArray[np.int32]
    """The place of the answer among those that were asked for."""
    reference: NDArray[np.int32]
    """The token that was said, as a place in `words`; -1 where there is none."""
    hypothesis: NDArray[np.int32]
    """The token that was heard, likewise."""
    words: Any
    """A pyarrow array of strings, all different."""

    def code(self, word: str) -> int:
        """The place of a token in `words`; -2, which no step has, if nobody said or heard it."""
        import pyarrow.compute as pc

        place: int = pc.index(self.words, word).as_py()
        return place if place >= 0 else -2

    def phrase(self, codes: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Where tokens were said one after the other: rows, and whether all were right, with none put in.

        >>> import pyarrow as pa
        >>> steps = Tokens(np.frombuffer(b"CCCIC", np.uint8), np.array([0, 0, 1, 1, 1], np.int32),
        ...                np.array([0, 1, 0, -1, 1]), np.array([0, 1, 0, 0, 1]), pa.array(["town", "hall"]))
        >>> [found.tolist() for found in steps.phrase([0, 1])]
        [[0, 1], [True, False]]
        """
        spoken = np.flatnonzero(self.letters != ADDED)
        reference, rows = self.reference[spoken], self.rows[spoken]
        n = max(0, len(reference) - len(codes) + 1)
        starts = np.flatnonzero(reference[:n] == codes[0])
        last = starts + len(codes) - 1
        starts = starts[rows[last] == rows[starts]]
        for step, code in enumerate(codes[1:], 1):
            starts = starts[reference[starts + step] == code]
        good = spoken[starts + len(codes) - 1] - spoken[starts] == len(codes) - 1
        for step in range(len(codes)):
            good &= self.letters[spoken[starts + step]] == CORRECT
        return rows[starts], good


def cell_parts(index: Index, rows: NDArray[np.int64]) -> Iterator[tuple[tuple[str, str], NDArray[np.int64]]]:
    """Rising rows of the index by the cell that they are in: the run's name, the cell's key, and its rows."""
    for cell, whole in index.cells.items():
        first, last = np.searchsorted(rows, (whole.start, whole.stop))
        if last > first:
            yield cell, rows[first:last]


def read_part(run: OpenRun, index: Index, part: NDArray[np.int64], columns: Sequence[str]) -> Any:
    """Columns of the scores of some answers of one cell, as a pyarrow table; tokens come as dictionaries.

    Args:
        run: the run that they are in.
        index: the scores of all open runs.
        part: rows of the index, of one cell, in any order.
        columns: columns of `scores.parquet`.

    Raises:
        AsrdiagError: the scores cannot be read, or are not those of the index any more.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    cell = index.key(int(part[0])).cell
    rows, path = index.cells[run.name, cell], run.scores(cell)
    tokens = [f"{name}.list.element" for name in columns if name.endswith("_tokens")]
    try:
        table = pq.read_table(
            path, columns=["sample_id", *columns], read_dictionary=tokens, use_threads=False
        )
        if not np.array_equal(part, rows):
            table = table.take(pa.array(part - rows.start))
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(
            f"{path}: cannot be read; `asrdiag score {run.path}` makes it anew ({error})"
        ) from error
    if missing := set(columns) - set(table.column_names):
        raise AsrdiagError(
            f"{path}: has no {', '.join(sorted(missing))}; `asrdiag score {run.path}` makes it anew"
        )
    ids = pa.chunked_array([index.sample_ids.take(pa.array(part))])
    if not table["sample_id"].cast(pa.large_string()).equals(ids):
        raise AsrdiagError(f"{path}: has changed since it was opened; open the run again")
    return table


def tokens_of(table: Any) -> Tokens:
    """The steps of the answers in a table that has `alignment`, `reference_tokens` and `hypothesis_tokens`.

    Answers that never came have none.

    Raises:
        AsrdiagError: an alignment has other tokens than its texts.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    alignment = table["alignment"].combine_chunks()
    lengths = pc.fill_null(pc.utf8_length(alignment), 0).to_numpy(zero_copy_only=False)
    joined = "".join(text for text in alignment.to_pylist() if text)
    letters = np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)
    sides = [
        table[name].combine_chunks().flatten().dictionary_encode()
        for name in ("reference_tokens", "hypothesis_tokens")
    ]
    merged = pa.concat_arrays([side.dictionary for side in sides]).dictionary_encode()
    places = merged.indices.to_numpy()
    offsets = (0, len(sides[0].dictionary))
    found = []
    for side, offset, gap in zip(sides, offsets, (ADDED, LOST), strict=True):
        has = letters != gap
        if np.count_nonzero(has) != len(side):
            raise AsrdiagError("an alignment has other tokens than its texts; `asrdiag score` makes it anew")
        codes = np.full(len(letters), -1, dtype=np.int32)
        codes[has] = places[side.indices.to_numpy().astype(np.int64) + offset]
        found.append(codes)
    rows = np.repeat(np.arange(len(alignment), dtype=np.int32), lengths.astype(np.int64))
    return Tokens(letters, rows, found[0], found[1], merged.dictionary)


ALIGNED = ("alignment", "reference_tokens", "hypothesis_tokens")
"""The columns that `tokens_of` needs."""


def signature(run: OpenRun, cell: str) -> tuple[str, int, int]:
    """A cell's scores with their time (ns) and size: what is read of them stays as it is while these do."""
    path = run.scores(cell)
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size
