"""One writer per run directory."""

import fcntl
import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import SaveError, UsageError


class RunLock:
    """Holds a run directory while inside the `with` block.

    The kernel's lock on the file decides, so it falls with its process. What the file says (host and process)
    is for people, and for file systems shared with a host whose locks cannot be seen from here: a directory
    that another host says it holds is never taken over.

    Raises:
        UsageError: another process, or another host, holds the directory.
        SaveError: the lock file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".lock"
        self.taken_over: dict[str, Any] | None = None
        """Who held the directory and died, if somebody did."""

    def __enter__(self) -> "RunLock":
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise SaveError(f"{self.path}: could not be written: {error.strerror}") from error
        try:
            self._take()
        except BaseException:
            os.close(self._fd)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.ftruncate(self._fd, 0)
        os.close(self._fd)

    def _take(self) -> None:
        folder, host = self.path.parent, socket.gethostname()
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{folder} is in use by {_describe(self._owner())}") from error
        self.taken_over = self._owner()
        if self.taken_over and self.taken_over.get("host") != host:
            raise UsageError(
                f"{folder} is in use by {_describe(self.taken_over)}; if that has ended, remove {self.path}"
            )
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, json.dumps({"host": host, "pid": os.getpid()}).encode(), 0)
        except OSError as error:
            raise SaveError(f"{self.path}: could not be written: {error.strerror}") from error

    def _owner(self) -> dict[str, Any] | None:
        try:
            owner = json.loads(os.pread(self._fd, 4096, 0))
        except ValueError:  # empty, or its writer died while writing
            return None
        return owner if isinstance(owner, dict) else None


def _describe(owner: dict[str, Any] | None) -> str:
    return f"process {owner.get('pid')} on {owner.get('host')}" if owner else "another process"
