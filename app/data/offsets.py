"""Where in a cell's `samples.jsonl` each record stands, so that one is read without the others."""

import json
import os
import re
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

_ID = re.compile(rb'\{"schema": \d+, "sample_id": "((?:[^"\\]|\\.)*)"')
_KEPT = 64
"""Files whose offsets are kept in memory."""


class Offsets:
    """The offsets of a file that only grows; what was added is read when the next record is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._forget((0, 0))

    def _forget(self, file: tuple[int, int]) -> None:
        self._file = file
        self._read = self._lines = 0
        self._at: dict[str, int] = {}
        self.damaged: list[int] = []
        """Numbers of the lines that are no records."""

    def record(self, sample_id: str) -> dict[str, Any] | None:
        """The last record of an utterance; `None` if there is none, or if it was withdrawn.

        Raises:
            OSError: the file cannot be read.
            ValueError: the record cannot.
        """
        if not self.path.is_file():  # to open a pipe would wait for ever
            raise FileNotFoundError(f"{self.path} is not there, or is no file")
        with self._lock, self.path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if self._file != (status.st_dev, status.st_ino) or status.st_size < self._read:
                self._forget((status.st_dev, status.st_ino))  # another file of that name
            self._extend(stream)
            place = self._at.get(sample_id)
            if place is None:
                return None
            stream.seek(place)
            try:
                record = json.loads(stream.readline())
            except RecursionError as error:
                raise ValueError(f"the record of {sample_id} is nested too deeply") from error
        return None if record.get("withdrawn") else record

    def __len__(self) -> int:
        return len(self._at)

    def _extend(self, stream: Any) -> None:
        stream.seek(self._read)
        for line in stream:
            if not line.endswith(b"\n"):
                break  # still being written
            self._lines += 1
            sample_id = _id_of(line)
            if sample_id is None:
                self.damaged.append(self._lines)
            else:
                self._at[sample_id] = self._read
            self._read += len(line)


class AllOffsets:
    """The offsets of the files that were asked for last; for several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Path, Offsets] = OrderedDict()

    def of(self, path: Path) -> Offsets:
        """The offsets of a file."""
        with self._lock:
            offsets = self._kept.pop(path, None)
            if offsets is None:
                offsets = Offsets(path)
            self._kept[path] = offsets
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return offsets


def _id_of(line: bytes) -> str | None:
    """The utterance that a line is of; `None` if it is no record.

    A line as asrdiag writes it is not parsed in full, which would take ten times as long.
    """
    if (match := _ID.match(line)) and line.endswith(b"}\n"):
        text = match[1].decode("utf-8", "replace")
        return text if "\\" not in text else str(json.loads(f'"{text}"'))
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    sample_id = record.get("sample_id") if isinstance(record, dict) else None
    return sample_id if isinstance(sample_id, str) else None
