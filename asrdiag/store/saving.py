"""Errors of writing, told alike: which file, and why; whoever wrote it."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import SaveError

_FULL_BYTES = 1 << 16
"""With less than this left a disk is full: torch does not say why it could not go on."""


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Inside the block `path` is written, a file or a folder of files.

    Errors of the system are told in its words. Those of safetensors and torch, which are no `OSError`, are
    too, as far as they say what the system said; where torch does not, it is looked whether the disk is full.

    Raises:
        SaveError: it could not be written.

    >>> with saving(Path("/dev/full")), open("/dev/full", "w") as stream:
    ...     _ = stream.write("x")
    Traceback (most recent call last):
    ...
    asrdiag.errors.SaveError: /dev/full: could not be written: No space left on device
    """
    try:
        yield
    except Exception as error:  # safetensors has a kind of its own, torch a RuntimeError; others go on
        if (reason := _reason(error, path)) is None:
            raise
        raise SaveError(f"{path}: could not be written: {reason}") from error


def disk_is_full(path: Path) -> bool:
    """Whether next to nothing is left on the disk of a file that may not be there yet."""
    place = next((each for each in (path, *path.parents) if each.exists()), None)
    return place is not None and shutil.disk_usage(place).free < _FULL_BYTES


def _reason(error: Exception, path: Path) -> str | None:
    """What the system said, where this is an error of writing."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    text, kind = str(error), type(error)
    if kind.__name__ == "SafetensorError" and (found := re.search(r"\(os error (\d+)\)", text)):
        return os.strerror(int(found[1]))
    if kind is not RuntimeError or not re.search(
        r"inline_container|iostream error|Parent directory .* does not exist", text
    ):
        return None
    before = error.__context__
    while before is not None and not isinstance(before, OSError):
        before = before.__context__
    if before is not None:
        return before.strerror or str(before)
    if disk_is_full(path):
        return os.strerror(errno.ENOSPC)
    return text.splitlines()[0].rpartition("strerror: ")[2]
