"""Tables of Hugging Face datasets: their columns, and their rows without the bytes of the audio."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIXES = (".parquet", ".arrow")
_BATCH_ROWS = 2000
_END = b"\xff\xff\xff\xff\0\0\0\0"
_LFS = b"version https://git-lfs"


class UnreadableTableError(Exception):
    """A table is missing, damaged or cut short; the message says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Table:
    """A Parquet or Arrow file, as far as its header tells."""

    path: Path
    types: Mapping[str, Any]
    """The Arrow type of each column."""
    features: Mapping[str, Mapping[str, Any]]
    """What `datasets` wrote of each column, such as `{"_type": "Audio"}`; empty where it wrote nothing."""

    @classmethod
    def of(cls, path: Path) -> "Table":
        """Look at a table's header.

        Raises:
            UnreadableTableError: it cannot be read.
        """
        with _reported():
            schema = _schema(path)
            return cls(path, dict(zip(schema.names, schema.types, strict=True)), _features(schema.metadata))

    def label(self, column: str, value: Any) -> Any:
        """A cell's value; of a column of class labels, which holds numbers, the class' name."""
        names = self.features.get(column, {}).get("names")
        if not isinstance(names, list) or not isinstance(value, int):
            return value
        return names[value] if 0 <= value < len(names) else None

    def described(self) -> str:
        """All columns with their types, for messages."""
        return ", ".join(f"{name} ({self._type(name)})" for name in self.types)

    def _type(self, name: str) -> str:
        told = str(self.features.get(name, {}).get("_type", "Value"))
        return str(self.types[name]) if told == "Value" else told

    def holds_audio(self, column: str) -> bool:
        """Whether a column's cells may be clips."""
        told = self.features.get(column, {}).get("_type")
        if told not in (None, "Audio", "Value"):
            return False
        from pyarrow import types

        kind = self.types[column]
        if types.is_struct(kind):
            names = {kind.field(number).name for number in range(kind.num_fields)}
            return names >= {"bytes", "path"}
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    def holds_text(self, column: str) -> bool:
        """Whether a column's cells are text."""
        from pyarrow import types

        return bool(types.is_string(self.types[column]) or types.is_large_string(self.types[column]))

    def rows(self, columns: Sequence[str], audio: str) -> Iterator[tuple[dict[str, Any], str | None]]:
        """The cells of some columns of each row, and the name that its audio had; no audio is read.

        Raises:
            UnreadableTableError: the table is damaged from here on.
        """
        from pyarrow import types

        named = types.is_struct(self.types[audio])
        batches = _batches(self.path, columns, f"{audio}.path" if named else None)
        while True:
            with _reported():
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)  # a damaged Arrow file may point outside of itself
                cells = [batch.column(name).to_pylist() for name in columns]
                paths = batch.column(audio).field("path").to_pylist() if named else [None] * batch.num_rows
            for position, path in enumerate(paths):
                row = {name: column[position] for name, column in zip(columns, cells, strict=True)}
                yield row, path


class _reported:
    """Turns what Arrow says of a file it cannot read into one kind of error."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from pyarrow import ArrowException

        if isinstance(error, FileNotFoundError):
            raise UnreadableTableError("there is no such file") from None
        if isinstance(error, ArrowException | OSError | UnicodeError):
            found = str(error).strip().split("\n")[0] or type(error).__name__
            raise UnreadableTableError(
                f"damaged, cut short or no Parquet or Arrow table ({found}); expected the whole file"
            ) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(len(_LFS))
    if start == _LFS:
        raise UnreadableTableError("found a Git LFS pointer, expected the file itself: run `git lfs pull`")
    return start[:4] == b"PAR1"


def _schema(path: Path) -> Any:
    import pyarrow
    from pyarrow.parquet import read_schema

    if _is_parquet(path):
        return read_schema(path)
    with pyarrow.memory_map(str(path)) as source:
        return _arrow(source).schema


def _batches(path: Path, columns: Sequence[str], audio: str | None) -> Iterator[Any]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    if _is_parquet(path):
        with ParquetFile(path, pre_buffer=False, buffer_size=2**20) as file:
            wanted = [*columns, *([audio] if audio else [])]
            yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted)
        return
    with pyarrow.memory_map(str(path)) as source:
        reader = _arrow(source)
        if isinstance(reader, pyarrow.RecordBatchStreamReader):
            yield from reader
            # What is cut short between two batches can be told by this alone.
            if source.tell() == source.size() and not _ends_as_a_stream(path):
                raise UnreadableTableError(
                    "cut short: the mark at its end is missing; expected the whole file"
                )
        else:
            yield from (reader.get_batch(number) for number in range(reader.num_record_batches))


def _ends_as_a_stream(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-len(_END), io.SEEK_END)
        return stream.read() == _END


def _arrow(source: Any) -> Any:
    import pyarrow

    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    return pyarrow.ipc.open_file(source) if is_file else pyarrow.ipc.open_stream(source)


def _features(metadata: Mapping[bytes, bytes] | None) -> dict[str, Mapping[str, Any]]:
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return {name: told for name, told in features.items() if isinstance(told, dict)}
    except (KeyError, TypeError, ValueError, AttributeError):  # it only adds to what Arrow says
        return {}
