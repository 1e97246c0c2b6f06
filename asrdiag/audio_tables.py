"""Clips in tables: Parquet and Arrow files with a column of audio, as Hugging Face datasets keep them.

A cell of such a column is `struct<bytes: binary, path: string>`: the bytes of a wav, flac, ogg or mp3 file,
and the name that it had. `bytes` may be null; the path is then that of a file, from the table's folder on. A
plain `binary` column will do too.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from .errors import SampleError

SLICE_BYTES = 32 * 2**20
"""A row group that holds more than this in the column of audio is read in several slices."""

_SLICES_HELD = 2
"""One for who reads row by row, one for who draws rows at random (babble)."""
_TABLES_OPEN = 4


def clip_in_table(path: Path, row: int, column: str = "audio") -> bytes | Path:
    """The encoded audio in a table's cell, or the file that the cell names instead.

    Reading rows in order reads each row group once. A process holds at most two slices of about
    `SLICE_BYTES`, or two single clips where those are larger; decoding takes a page of the file on top, and
    some writers put a whole row group into one page.

    Args:
        path: a Parquet file, or an Arrow file: a stream, as `datasets` writes it, or one of random access.
        row: which of its rows, counted from 0.
        column: the name of the column of audio.

    Raises:
        SampleError: there is no such file, row or column, the table is damaged, or the cell is empty.
    """
    return _TABLES.clip(path, row, column)


class _Table(Protocol):
    n_rows: int

    def read(self, row: int) -> tuple[int, Any]:
        """The slice that holds a row: the number of its first row, and the cells as an Arrow array."""


class _Parquet:
    def __init__(self, path: Path, column: str) -> None:
        from pyarrow.parquet import ParquetFile

        # Without buffering ahead, so that a row group's other slices are not held.
        # Without buffering ahead, so that a row group's other slices are not held.
        self._file = ParquetFile(path, pre_buffer=False, buffer_size=2**20)
        self._column = column
        _require(path, self._file.schema_arrow.names, column)
        groups = [self._file.metadata.row_group(g) for g in range(self._file.metadata.num_row_groups)]
        self._starts = [0, *accumulate(group.num_rows for group in groups)]
        # By the bytes of all columns, of which the audio's are nearly all.
        self._slice_rows = [
            max(1, group.num_rows * SLICE_BYTES // max(group.total_byte_size, SLICE_BYTES))
            for group in groups
        ]
        self.n_rows = self._starts[-1]
        self._group, self._next = -1, 0
        self._batches: Iterator[Any] = iter(())

    def read(self, row: int) -> tuple[int, Any]:
        group = bisect_right(self._starts, row) - 1
        if group != self._group or row < self._next:
            self._group, self._next = group, self._starts[group]
            self._batches = iter(())  # the old one makes room
            self._batches = self._file.iter_batches(
                batch_size=self._slice_rows[group], row_groups=[group], columns=[self._column]
            )
        try:
            for batch in self._batches:
                first, self._next = self._next, self._next + batch.num_rows
                if row < self._next:
                    return first, batch.column(0)
        except BaseException:
            self._group = -1  # the iterator is of no use any more
            raise
        raise OSError(f"row group {group} ends at row {self._next}")


class _Arrow:
    """Memory-mapped: what is not read costs nothing."""

    def __init__(self, path: Path, column: str, *, stream: bool) -> None:
        import pyarrow

        source = pyarrow.memory_map(str(path))
        if stream:
            batches = list(pyarrow.ipc.open_stream(source))
            self._batch = batches.__getitem__
            schema_names = batches[0].schema.names if batches else [column]
            lengths = [batch.num_rows for batch in batches]
        else:
            reader = pyarrow.ipc.open_file(source)
            self._batch = reader.get_batch
            schema_names = reader.schema.names
            lengths = [reader.get_batch(number).num_rows for number in range(reader.num_record_batches)]
        _require(path, schema_names, column)
        self._column = column
        self._starts = [0, *accumulate(lengths)]
        self.n_rows = self._starts[-1]

    def read(self, row: int) -> tuple[int, Any]:
        number = bisect_right(self._starts, row) - 1
        return self._starts[number], self._batch(number).column(self._column)


class _Tables:
    """The tables that a process has open, and the slices it read last."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[Any, ...], _Table] = OrderedDict()
        self._slices: OrderedDict[tuple[tuple[Any, ...], int], Any] = OrderedDict()
        self._lock = threading.Lock()

    def clip(self, path: Path, row: int, column: str) -> bytes | Path:
        from pyarrow import ArrowException

        with self._lock:
            try:
                return _content(path, row, column, self._cell(path, row, column))
            except FileNotFoundError:
                raise SampleError(f"{path}: no such file; expected a table of clips") from None
            except (ArrowException, OSError, UnicodeError) as error:
                raise SampleError(
                    f"{path}: row {row}: damaged or cut short, or no Parquet or Arrow table "
                    f"({_first_line(error)}); expected a table of clips"
                ) from error

    def _cell(self, path: Path, row: int, column: str) -> Any:
        status = path.stat()
        key = (path, column, status.st_ino, status.st_size, status.st_mtime_ns)
        for held in reversed(self._slices):
            if held[0] == key and 0 <= row - held[1] < len(self._slices[held]):
                self._slices.move_to_end(held)
                return self._slices[held][row - held[1]]
        table = self._open.pop(key, None) or _opened(path, column)
        self._open[key] = table
        while len(self._open) > _TABLES_OPEN:
            self._open.popitem(last=False)
        if not 0 <= row < table.n_rows:
            raise SampleError(f"{path}: found {table.n_rows} rows, expected a row {row} (counted from 0)")
        while len(self._slices) >= _SLICES_HELD:  # the old slice makes room before the new one is read
            self._slices.popitem(last=False)
        first, cells = table.read(row)
        cells.validate(full=True)  # a damaged Arrow file may point outside of itself
        self._slices[key, first] = cells
        return cells[row - first]


_TABLES = _Tables()


def _opened(path: Path, column: str) -> _Table:
    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic[:4] == b"PAR1":
        return _Parquet(path, column)
    return _Arrow(path, column, stream=magic != b"ARROW1")


def _require(path: Path, names: list[str], column: str) -> None:
    if column not in names:
        raise SampleError(f"{path}: found no column {column!r}, only: {', '.join(names)}")


def _content(path: Path, row: int, column: str, cell: Any) -> bytes | Path:
    where = f"{path}: row {row}: the cell {column!r}"
    value = cell.as_py()
    name, data = (value.get("path"), value.get("bytes")) if isinstance(value, dict) else (None, value)
    if data is None and isinstance(name, str) and name:
        return path.parent / name
    if isinstance(data, bytes) and data:
        return data
    if value is None:
        found = "is null"
    elif data is None:
        found = "has neither bytes nor the path of a file"
    elif data == b"":
        found = "holds 0 bytes"
    else:
        found = f"is of the type {cell.type}"
    raise SampleError(f"{where} {found}; expected the bytes of an audio file, or its path")


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
