"""Utterances in columns: a million take little memory, and another process gets them by a file's name."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, overload

import pyarrow as pa
from pydantic_core import PydanticSerializationError, from_json, to_json

from ..errors import UsageError
from .base import Utterance
from .repeats import Repeats

Fields: TypeAlias = tuple[
    str, str, str, str, float, float | None, str, str | None, bytes | None, int | None, str
]
"""An utterance's values in the order of `SCHEMA`: the path as text, factors as JSON (`None`: it has none)."""

SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("audio_path", pa.binary(), nullable=False),  # a file's name may be no UTF-8
        pa.field("reference", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("offset_s", pa.float64(), nullable=False),
        pa.field("duration_s", pa.float64()),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("speaker", pa.string()),
        pa.field("factors", pa.string()),
        pa.field("audio_row", pa.int64()),
        pa.field("audio_column", pa.string(), nullable=False),
    ]
)
_WRITABLE = "characters that can be written as UTF-8"
_BATCH = 16_384
"""Rows that are held at once while a table is written or gone through."""


class UtteranceTable(Sequence[Utterance]):
    """Utterances in a fixed order; each is made when it is asked for.

    The rows lie in a file mapped into memory, or in memory itself; a pickle holds the file's name, or
    the rows. A slice shares the rows of what it is cut from.
    """

    __slots__ = ("_repeated", "_rows", "_source", "_start")

    def __init__(self, source: Path | pa.Buffer, start: int = 0, stop: int | None = None) -> None:
        """The rows from `start` to `stop` of what `write_fields` wrote.

        Raises:
            OSError, pyarrow.ArrowInvalid: there is no such file, or it is damaged.
        """
        mapped = pa.memory_map(os.fspath(source)) if isinstance(source, Path) else source
        rows = pa.ipc.open_file(mapped).read_all()
        if rows.schema != SCHEMA:
            raise pa.ArrowInvalid(f"found the columns {rows.schema.names}, expected {SCHEMA.names}")
        self._source, self._start, self._rows = source, start, rows[start:stop]
        self._repeated: list[tuple[int, ...]] | None = None

    @classmethod
    def of(cls, utterances: Iterable[Utterance]) -> "UtteranceTable":
        """The utterances as a table in memory; one that is a table already is given back as it is.

        Raises:
            UsageError: an utterance has text that cannot be written as UTF-8.
        """
        if isinstance(utterances, UtteranceTable):
            return utterances
        return cls.of_fields(map(fields_of, utterances))

    @classmethod
    def of_fields(cls, rows: Iterable[Fields]) -> "UtteranceTable":
        """The rows as a table in memory.

        Raises:
            UsageError: a row has text that cannot be written as UTF-8.
        """
        sink = pa.BufferOutputStream()
        write_fields(sink, rows)
        return cls(sink.getvalue())

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    @overload
    def __getitem__(self, index: int) -> Utterance: ...
    @overload
    def __getitem__(self, index: slice) -> "UtteranceTable": ...
    def __getitem__(self, index: int | slice) -> "Utterance | UtteranceTable":
        positions = range(len(self))[index]
        if isinstance(positions, int):
            return next(_utterances([column[positions].as_py()] for column in self._rows.columns))
        if positions.step != 1:
            return UtteranceTable.of(self[position] for position in positions)
        part = object.__new__(UtteranceTable)
        part._source, part._start = self._source, self._start + positions.start
        part._rows, part._repeated = self._rows[positions.start : positions.stop], None
        return part

    def __iter__(self) -> Iterator[Utterance]:
        for columns in self.columns(*SCHEMA.names):
            yield from _utterances(columns)

    def __eq__(self, other: object) -> bool:
        return bool(self._rows.equals(other._rows)) if isinstance(other, UtteranceTable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self._source, Path) and not self._source.exists():  # somebody cleared the cache
            sink = pa.BufferOutputStream()
            with pa.ipc.new_file(sink, SCHEMA) as writer:
                writer.write_table(self._rows)
            return UtteranceTable, (sink.getvalue(),)
        return UtteranceTable, (self._source, self._start, self._start + len(self))

    def columns(self, *names: str) -> Iterator[list[list[Any]]]:
        """The values of some columns of `SCHEMA`, some thousand rows at a time."""
        for batch in self._rows.select(names).to_batches(_BATCH):
            yield [column.to_pylist() for column in batch.columns]

    def counts(self, *names: str) -> Iterator[tuple[tuple[Any, ...], int]]:
        """The different values of some columns and how many rows have them, by their first row.

        They are counted within some thousand rows at a time, and given once for each of these.
        """
        for batch in self._rows.select(names).to_batches(_BATCH):
            table = pa.Table.from_batches([batch])
            # Threads would give the groups in another order each time.
            grouped = table.group_by(list(names), use_threads=False).aggregate([([], "count_all")])
            values = (grouped.column(name).to_pylist() for name in names)
            yield from zip(zip(*values, strict=True), grouped.column("count_all").to_pylist(), strict=True)

    def repeated_ids(self) -> list[tuple[int, ...]]:
        """The positions of each id that comes more than once, by the first of them."""
        if self._repeated is None:
            repeats = Repeats()
            for [ids] in self.columns("sample_id"):
                for sample_id in ids:
                    repeats.add(sample_id.encode())
            self._repeated = repeats.groups()
        return self._repeated


def write_fields(sink: Any, rows: Iterable[Fields]) -> None:
    """Write rows as an Arrow file, some thousand at a time.

    Args:
        sink: a `pyarrow.NativeFile` or a file open for writing.
        rows: what to write.

    Raises:
        UsageError: a row has text that cannot be written as UTF-8.
        OSError: it could not be written.
    """
    waiting = iter(rows)
    with pa.ipc.new_file(sink, SCHEMA) as writer:
        while chunk := list(islice(waiting, _BATCH)):
            writer.write_batch(_batch(chunk))


def fields_of(utterance: Utterance) -> Fields:
    """An utterance as a row."""
    return (
        utterance.sample_id,
        str(utterance.audio_path),
        utterance.reference,
        utterance.language,
        utterance.offset_s,
        utterance.duration_s,
        utterance.subset,
        utterance.speaker,
        factors_as_json(utterance.factors),
        utterance.audio_row,
        utterance.audio_column,
    )


def utterance_of(fields: Fields) -> Utterance:
    """A row as an utterance."""
    sample_id, path, *further = fields
    return next(_utterances([value] for value in (sample_id, os.fsencode(path), *further)))


def factors_as_json(factors: Mapping[str, str | float] | None) -> bytes | None:
    """Factors as a row has them.

    Raises:
        UsageError: a name or a value cannot be written as UTF-8.
    """
    try:
        return to_json(factors) if factors else None  # twice as fast as the standard library's
    except PydanticSerializationError:
        raise UsageError(f"found the factors {factors!r}, expected {_WRITABLE}") from None


def factors_from_json(text: str | None) -> dict[str, str | float]:
    """Factors from a row."""
    return dict(from_json(text)) if text else {}


def _batch(rows: Sequence[Fields]) -> pa.RecordBatch:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    try:
        columns[1] = [os.fsencode(path) for path in columns[1]]
        arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    except UnicodeEncodeError as error:
        sample_id = next((row[0] for row in rows if not all(map(_is_text, row))), "")
        found = f"utterance {sample_id!r}: found {error.object[error.start]!r} in its id, path or text"
        raise UsageError(f"{found}, expected {_WRITABLE}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _is_text(value: object) -> bool:
    # What Python holds of a file's name that is no UTF-8 is no text either, but a path may have it.
    return not isinstance(value, str) or value == value.encode("utf-8", "replace").decode("utf-8")


def _utterances(columns: Iterable[list[Any]]) -> Iterator[Utterance]:
    sample_ids, paths, *others, factors, rows, names = columns
    return map(
        Utterance,
        sample_ids,
        [Path(os.fsdecode(path)) for path in paths],
        *others,
        map(factors_from_json, factors),
        rows,
        names,
    )
