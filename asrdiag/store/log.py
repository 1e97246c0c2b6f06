"""Append-only JSON Lines that survive `kill -9`: a torn last line is cut, finished ones are never lost."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import AsrdiagError, SaveError


class JsonLog:
    """An open log; each record is one line and reaches the operating system before `append` returns.

    Raises:
        SaveError: the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._place = path, path.absolute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            self.bytes_cut = _cut_torn_line(self._fd)
        except OSError as error:
            raise SaveError(f"{path}: could not be opened for writing: {error.strerror}") from error

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record.

        Raises:
            SaveError: it could not be written, and nothing of it is left; or the file was removed or replaced
                since it was opened.
        """
        line = memoryview((json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n").encode())
        written = 0
        try:
            self._require_here()
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError as error:
            if written:  # or a record that finds room again would stand behind half of this one
                with suppress(OSError):
                    os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
            raise SaveError(f"{self.path}: could not be written: {error.strerror}") from error

    def _require_here(self) -> None:
        """Stop rather than write lines that nobody will find."""
        with suppress(FileNotFoundError):
            if os.path.samestat(self._place.stat(), os.fstat(self._fd)):
                return
        raise SaveError(f"{self.path}: was removed or replaced while it was open; nothing more is written")

    def close(self) -> None:
        """Close the log; doing so twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> "JsonLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a log, leaving out a torn last line.

    Raises:
        AsrdiagError: a line before the last is not a JSON object; the message names file and line.
    """
    if not path.is_file():
        return
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
            except ValueError as error:
                raise AsrdiagError(
                    f"{path}:{number}: found a damaged line, expected JSON ({error}); remove it to go on"
                ) from error
            if not isinstance(record, dict):
                raise AsrdiagError(f"{path}:{number}: found {type(record).__name__}, expected a JSON object")
            yield record


def _cut_torn_line(fd: int) -> int:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        return 0
    end = status.st_size
    position = end
    while position > 0:
        start = max(0, position - 65536)
        newline = os.pread(fd, position - start, start).rfind(b"\n")
        if newline >= 0:
            position = start + newline + 1
            break
        position = start
    if position < end:
        os.ftruncate(fd, position)
    return end - position
