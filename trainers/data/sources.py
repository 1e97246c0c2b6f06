"""Where a clip is that a degraded one was made of, as rows and manifests say it."""

from collections.abc import Mapping
from types import UnionType
from typing import Any

from .line import finite

KEYS: Mapping[str, tuple[type | UnionType, str]] = {
    "path": (str, "the path of a file"),
    "offset_s": (int | float, "a number of seconds, 0 or more"),
    "duration_s": (int | float, "a number of seconds, 0 or more"),
    "row": (int, "the number of a row"),
    "column": (str, "the name of a column"),
}
"""What it may say beside `sha256`: each of what kind."""


def wrong_in(source: Mapping[str, Any]) -> str | None:
    """What is not as expected in a source; `None`: all is. Keys that are left out, or null, are not missed.

    >>> wrong_in({"path": "a.wav", "offset_s": 1.5, "duration_s": None})
    >>> wrong_in({"path": "a.wav", "offset_s": "1.5"})
    "offset_s: found '1.5', expected a number of seconds, 0 or more"
    """
    for key, (kinds, expected) in KEYS.items():
        value = source.get(key)
        if value is None:
            continue
        number = finite(value)
        of_its_kind = isinstance(value, str) if kinds is str else number is not None and number >= 0
        if not of_its_kind or not isinstance(value, kinds):
            return f"{key}: found {value!r:.80}, expected {expected}"
    return None
