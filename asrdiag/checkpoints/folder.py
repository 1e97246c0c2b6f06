"""A folder that is written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import SaveError, UsageError


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote.

    Attributes:
        folder: the new folder.
        n_tensors: how many tensors its weights hold.
        n_parameters: how many numbers.
        notes: what the reader of the folder should know, a sentence each.
    """

    folder: Path
    n_tensors: int
    n_parameters: int
    notes: tuple[str, ...] = ()


def check_free(out: Path) -> None:
    """Refuse a name that is taken.

    Raises:
        UsageError: `out` is a file, or a folder with something in it.
    """
    if out.is_dir():
        if any(out.iterdir()):
            raise UsageError(f"{out}: the folder is not empty; --out takes a new or an empty one")
    elif out.exists() or out.is_symlink():
        raise UsageError(f"{out}: this is not a folder; --out takes a new or an empty one")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `out`; when the block ends well, it takes the name `out`.

    Raises:
        UsageError: `out` is taken.
        SaveError: writing or renaming failed (the disk is full, say); nothing of it is left.
    """
    check_free(out)
    temporary: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".asrdiag.tmp", dir=out.parent))
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o777 & ~mask)
        temporary.replace(out)  # onto an empty folder too
    except OSError as error:
        raise SaveError(f"{out}: could not be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)  # gone already if it was renamed
