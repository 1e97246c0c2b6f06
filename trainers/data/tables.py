"""Training rows as Parquet: the same fields as in JSONL, `meta` as JSON in a column of text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from asrdiag.errors import UsageError

_BATCH = 1000


def lines_of_table(path: Path) -> Iterator[bytes]:
    """Each row of a Parquet file as a line of JSONL, some thousand rows at a time.

    Columns that hold JSON as text (`meta`, `messages`) become what they say. Audio bytes in a table are
    left out: rows name files.

    Raises:
        UsageError: it is no Parquet file, or damaged.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path, pre_buffer=False) as table:
            for batch in table.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    yield json.dumps(_plain(row), ensure_ascii=False, default=str).encode() + b"\n"
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path}: not readable as Parquet: {error}") from error


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as a Parquet file; returns how many.

    Raises:
        OSError: it could not be written.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = _schema(pa)
    waiting, count = iter(rows), 0
    with ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := list(islice(waiting, _BATCH)):
            cells = [
                {**row, "meta": json.dumps(row["meta"], ensure_ascii=False, allow_nan=False)} for row in chunk
            ]
            writer.write_table(pa.Table.from_pylist(cells, schema=schema))
            count += len(chunk)
    return count


def _schema(pa: Any) -> Any:
    text, real = pa.string(), pa.float64()
    message = pa.struct([("role", text), ("content", text)])
    return pa.schema(
        [
            ("id", text),
            ("messages", pa.list_(message)),
            ("audios", pa.list_(text)),
            ("solution", text),
            ("prediction", text),
            ("base_wer", real),
            ("language", text),
            ("duration_s", real),
            ("meta", text),
        ]
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    found = dict(row)
    for key in ("meta", "messages"):
        if isinstance(value := row.get(key), str):
            try:
                found[key] = json.loads(value)
            except ValueError:
                continue  # the row's own check says what was expected
    if isinstance(audio := row.get("audio"), dict):
        found["audio"] = audio.get("path")
    return found
