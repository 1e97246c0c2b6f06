"""Files that are either the old one or the new one, never half of each."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .saving import saving

TEMPORARY = ".asrdiag.tmp"
"""How the name of a file ends that is being written, or was when its process was killed."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path`; when the block ends well, it takes the name `path`.

    A device or pipe (`/dev/stdout`) is given as it is, since it cannot be replaced.

    Raises:
        SaveError: writing or renaming failed; `path` is as it was and the temporary file is gone.
    """
    if path.exists() and not path.is_file():
        with saving(path):
            yield path
        return
    temporary: Path | None = None
    try:
        with saving(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent)
            os.close(handle)
            temporary = Path(name)
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    except BaseException:
        if temporary:
            with suppress(OSError):
                temporary.unlink()
        raise


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `folder`; when the block ends well, it takes the name `folder`.

    Raises:
        SaveError: writing or renaming failed; `folder` is as it was and the temporary one is gone.
    """
    temporary, old = (folder.with_name(f".{folder.name}{which}{TEMPORARY}") for which in ("", ".old"))
    try:
        with saving(folder):
            for left in (temporary, old):  # of a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            temporary.mkdir(parents=True)
            yield temporary
            if folder.exists():
                folder.rename(old)
            temporary.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            with suppress(OSError):
                old.rename(folder)
        raise
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically.

    Raises:
        SaveError: it could not be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file atomically; NaN and infinities are refused.

    Raises:
        SaveError: it could not be written.
    """
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def is_leftover(path: Path) -> bool:
    """Whether this is a temporary file of ours that a killed process left behind."""
    return path.name.startswith(".") and path.name.endswith(TEMPORARY)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders that a killed process left in a folder."""
    for leftover in folder.glob(f".*{TEMPORARY}"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """`path` if nothing has that name, else the first free one of `path-2`, `path-3` and so on."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
