"""A corpus' root: telling it from the folders around it, and what lies below it."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import UsageError


def require_below(dataset: str, root: Path, *entries: str) -> None:
    """Refuse a root that lacks an entry that every copy of its corpus has.

    Args:
        dataset: its id, for the message.
        root: the folder that was given as the root.
        entries: paths of files or folders, relative to the root.

    Raises:
        UsageError: one is absent; the message names the folder above or just below that has them all.
    """
    for entry in entries:
        if not (root / entry).exists():
            better = _around(root, entries)
            hint = "" if better is None else f"; {better} does"
            wanted = ", ".join(entries)
            raise UsageError(
                f"{dataset}: found no {entry} in {root}, expected the folder that holds {wanted}{hint}"
            )


def files_below(root: Path) -> Iterator[Path]:
    """All files below a folder, in no order; links to folders are followed, each folder once."""
    entered: set[tuple[int, int]] = set()
    for folder, below, files in os.walk(root, followlinks=True):
        status = Path(folder).stat()
        if (place := (status.st_dev, status.st_ino)) in entered:  # a link to a folder above it or beside it
            below.clear()
            continue
        entered.add(place)
        yield from (Path(folder, name) for name in files)


def _around(root: Path, entries: tuple[str, ...]) -> Path | None:
    below = sorted(path for path in root.iterdir() if path.is_dir())
    for folder in (*below, *root.absolute().parents):
        if all((folder / entry).exists() for entry in entries):
            return folder
    return None
