"""Where clips are written: a file each, or together in tar or Parquet shards."""

import io
import json
import os
import tarfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ..store.saving import saving
from .clips import Made

Shards = Literal["tar", "parquet"]
_ROWS_AT_ONCE = 64
_BYTES_AT_ONCE = 1 << 27
"""Clips that a Parquet shard holds in memory before it writes them, and their bytes."""


class Writer(ABC):
    """Takes clips one at a time; when its `with` block ends well, what was written is there."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    @abstractmethod
    def add(self, clip: Made) -> bytes:
        """Write a clip; returns its line of the manifest.

        Raises:
            SaveError: it could not be written.
        """


def open_writer(out: Path, work: Path, suffix: str, shards: Shards | None, number: int) -> Writer:
    """A writer of clips for the corpus in `out`; `number` is the shard's, where there are any.

    Unfinished files are in `work`, on the same file system, under names that a later attempt writes again.
    """
    if shards is None:
        return LooseFiles(out, work / f"clip-{os.getpid()}", suffix)
    path = out / "shards" / f"{number:06d}.{shards}"
    kind = TarShard if shards == "tar" else ParquetShard
    return kind(path, work / path.name, suffix)


class LooseFiles(Writer):
    """Each clip a file, in the folders that its id names."""

    def __init__(self, out: Path, unfinished: Path, suffix: str) -> None:
        self._out, self._unfinished, self._suffix = out, unfinished, suffix

    def add(self, clip: Made) -> bytes:
        path = Path("audio", *clip.name.split("/"))
        path = path.with_name(path.name + self._suffix)
        target = self._out / path
        with saving(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._unfinished.open("wb") as file:
                file.writelines(clip.audio.parts())
            self._unfinished.replace(target)
        return manifest_line(path.as_posix(), clip.row)


class TarShard(Writer):
    """A WebDataset shard: of each clip its audio and, under the same name, its row as JSON."""

    def __init__(self, path: Path, unfinished: Path, suffix: str) -> None:
        self._path, self._unfinished, self._suffix = path, unfinished, suffix

    def __enter__(self) -> Self:
        with saving(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._tar = tarfile.open(self._unfinished, "w", format=tarfile.PAX_FORMAT)
        return self

    def add(self, clip: Made) -> bytes:
        audio = f"{clip.name}{self._suffix}"
        line = manifest_line(f"shards/{self._path.name}/{audio}", clip.row)
        with saving(self._path):
            self._add(audio, len(clip.audio), clip.audio)
            self._add(f"{clip.name}.json", len(line), io.BytesIO(line))
        return line

    def _add(self, name: str, size: int, content: Any) -> None:
        member = tarfile.TarInfo(name)  # no times and no owner: the same clips make the same file
        member.size = size
        content.seek(0)
        self._tar.addfile(member, content)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with saving(self._path):
            self._tar.close()
            if error is None:
                self._unfinished.replace(self._path)


class ParquetShard(Writer):
    """A Parquet shard: a row for each clip, its file under `audio` as Hugging Face datasets has it."""

    def __init__(self, path: Path, unfinished: Path, suffix: str) -> None:
        self._path, self._unfinished, self._suffix = path, unfinished, suffix
        self._rows: list[dict[str, Any]] = []
        self._held = 0

    def __enter__(self) -> Self:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text, number = pa.string(), pa.float64()
        audio = pa.struct([("bytes", pa.binary()), ("path", text)])
        self._schema = pa.schema(
            [
                ("audio", audio),
                *((name, text) for name in ("id", "text", "speaker", "language", "subset")),
                *(("duration", number), ("scenario", text), ("severity", number)),
                *(("factors", text), ("simulation", text)),
            ]
        )
        with saving(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = pq.ParquetWriter(self._unfinished, self._schema)
        return self

    def add(self, clip: Made) -> bytes:
        name = f"{clip.name}{self._suffix}"
        factors, simulation = clip.row["factors"], clip.row["simulation"]
        self._rows.append(
            {
                **clip.row,
                "audio": {"bytes": bytes(clip.audio), "path": name},
                "scenario": factors["scenario"],
                "severity": factors["severity"],
                "factors": json.dumps(factors, ensure_ascii=False),
                "simulation": json.dumps(simulation, ensure_ascii=False),
            }
        )
        self._held += len(clip.audio)
        if len(self._rows) == _ROWS_AT_ONCE or self._held > _BYTES_AT_ONCE:
            self._flush()
        return manifest_line(f"shards/{self._path.name}/{name}", clip.row)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            with saving(self._path):
                self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows, self._held = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        with saving(self._path):
            self._file.close()
            if error is None:
                self._unfinished.replace(self._path)


def manifest_line(audio: str, row: dict[str, Any]) -> bytes:
    """A line of the manifest."""
    return json.dumps({"audio": audio, **row}, ensure_ascii=False, allow_nan=False).encode() + b"\n"
