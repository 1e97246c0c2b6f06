"""A clip as a file, before it is known where it goes."""

import io
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

from ..errors import SaveError

MOST_IN_MEMORY = 1 << 26
"""Bytes; more goes to a file."""


class EncodedClip:
    """A clip as a file: in memory while it is small, then in a temporary file without a name."""

    def __init__(self, folder: Path | None) -> None:
        """The temporary file is in `folder`, or where such files go."""
        self._folder = folder
        where = None if folder is None else str(folder)
        self._file = tempfile.SpooledTemporaryFile(MOST_IN_MEMORY, dir=where)  # noqa: SIM115  (see finalize)
        self._failed: OSError | None = None
        weakref.finalize(self, self._file.close)

    def write(self, content: bytes) -> int:
        # libsndfile would go on.
        try:
            return self._file.write(content)
        except OSError as error:
            self._failed = self._failed or error
            return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def finish(self) -> None:
        """Make sure that all of it was written.

        Raises:
            SaveError: it was not.
        """
        try:
            self._file.flush()
        except OSError as error:
            self._failed = self._failed or error
        if self._failed:
            where = self._folder or tempfile.gettempdir()
            raise SaveError(
                f"{where}: a clip could not be written: {self._failed.strerror}"
            ) from self._failed

    def __len__(self) -> int:
        return self._file.seek(0, io.SEEK_END)

    def __bytes__(self) -> bytes:
        return b"".join(self.parts())

    def parts(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        self._file.seek(0)
        while part := self._file.read(1 << 20):
            yield part
