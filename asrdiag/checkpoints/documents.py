"""JSON files of checkpoints."""

import json
from pathlib import Path
from typing import Any

from ..errors import UsageError


def read_object(path: Path, expected: str) -> dict[str, Any]:
    """A file's JSON object.

    Args:
        path: the file.
        expected: what its folder should be, for the message where the file is missing.

    Raises:
        UsageError: the file is missing, or holds something else.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; expected the folder of {expected}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path}: found a {type(found).__name__}, expected an object")
    return found
