"""A folder of audio files with a table beside them, as the `audiofolder` of `datasets` reads it.

    ROOT/test/metadata.csv           or metadata.jsonl; without splits it lies in ROOT itself
    ROOT/test/clips/a.wav

The table has a column `file_name`, a path from the table's folder on:

    file_name,transcription,speaker
    clips/a.wav,the birch canoe,s1
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..delimited import read_records
from ..errors import UsageError
from .audio_folder import AudioFolder
from .corpus import Problem
from .manifest_rows import read_lines

FILE_NAME = "file_name"
TABLES = ("metadata.csv", "metadata.jsonl")
SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


@dataclass(frozen=True, slots=True)
class Metadata:
    """A table beside audio files."""

    path: Path
    names: tuple[str, ...]
    """Of its columns, those of the first row for JSONL."""

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each row with its line.

        Raises:
            UsageError: a line is not as documented; the message names it.
        """
        for line, row in _rows(self.path):
            for name in self.names:
                if name not in row:
                    raise UsageError(
                        f"{self.path}:{line}: found no {name!r}, only: {', '.join(row) or 'nothing'}"
                    )
            if not isinstance(row[FILE_NAME], str) or not row[FILE_NAME]:
                raise UsageError(
                    f"{self.path}:{line}: {FILE_NAME}: found {row[FILE_NAME]!r}, expected a path"
                )
            yield line, row


def metadata_of(root: Path) -> dict[str, Metadata]:
    """The tables of a folder by split; `""` is the split of one in the folder itself.

    Raises:
        UsageError: a table has no column `file_name`, or a split has two tables.
    """
    found: dict[str, Metadata] = {}
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir()), root / "data"]
    for folder in dict.fromkeys(folders):
        split = "" if folder in (root, root / "data") else folder.name
        for path in (folder / name for name in TABLES if (folder / name).is_file()):
            if split in found:
                raise UsageError(f"{path}: {found[split].path} is there too; expected one table for a split")
            _, first = next(_rows(path), (1, {}))
            if FILE_NAME not in first:
                names = ", ".join(first) or "nothing"
                raise UsageError(f"{path}: found no column {FILE_NAME!r}, only: {names}")
            found[split] = Metadata(path, tuple(first))
    return found


class Folders:
    """The folders that a table's audio files lie in, each listed once."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._listed: dict[Path, AudioFolder] = {}

    def claim(self, file_name: str, where: str) -> Iterator[Problem]:
        """Say that a row speaks of a file; a problem if it is absent."""
        path = self._base / file_name
        if path.parent not in self._listed:
            self._listed[path.parent] = AudioFolder(path.parent, SUFFIXES)
        return self._listed[path.parent].claim(path.name, where)

    def left_over(self) -> Iterator[Problem]:
        """A problem for each audio file in those folders that no row spoke of."""
        for folder in self._listed.values():
            yield from folder.left_over()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    return read_jsonl_rows(path) if path.suffix == ".jsonl" else _csv(path)


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    records = read_records(path, (line for _, line in read_lines(path)), ",")
    _, header = next(records, (1, []))
    for line, cells in records:
        if len(cells) != len(header):
            raise UsageError(
                f"{path}:{line}: found {len(cells)} fields, expected {len(header)}: {', '.join(header)}"
            )
        yield line, dict(zip(header, cells, strict=True))


def read_jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object of a JSONL file with its line; blank lines are passed over.

    Raises:
        UsageError: a line is not a JSON object; the message names it.
    """
    for line, text in read_lines(path):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{path}:{line}: found text that is not JSON ({error})") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}:{line}: found {text.strip()[:80]}, expected an object")
        yield line, row
