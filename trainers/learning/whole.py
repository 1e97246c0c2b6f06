"""Noticing that a checkpoint is not all there: after a loss of power, or a copy that was cut short."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from safetensors import SafetensorError, safe_open

from asrdiag.errors import UsageError


def require_whole(folder: Path) -> None:
    """Look at every file of a checkpoint: whether it ends where its own index says, not what is in it.

    Raises:
        UsageError: one does not, or there are no weights.
    """
    if not any(folder.glob("*.safetensors")):
        raise UsageError(f"{folder}: found no weights there; begin anew with --fresh")
    for path in sorted(folder.iterdir()):
        try:
            _CHECKS.get(path.suffix, _no_index)(path)
        except (OSError, ValueError, BadZipFile, SafetensorError) as error:
            raise UsageError(
                f"{path}: damaged ({error}); remove {folder} to do without this checkpoint, or begin anew "
                "with --fresh"
            ) from error


def _safetensors(path: Path) -> None:
    with safe_open(path, "np"):
        pass


def _saved_by_torch(path: Path) -> None:
    ZipFile(path).close()


def _json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def _no_index(path: Path) -> None:
    return


_CHECKS: Mapping[str, Callable[[Path], None]] = {
    ".safetensors": _safetensors,
    ".pt": _saved_by_torch,
    ".pth": _saved_by_torch,
    ".json": _json,
}
