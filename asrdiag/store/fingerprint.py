"""What a cell's result depends on, as one hash, and what changed between two of them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..spec import Json


def fingerprint(identity: Mapping[str, Json]) -> str:
    """SHA-256 of the canonical JSON (sorted keys, no spaces) of an identity, in hexadecimal."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: Any, new: Any, name: str = "") -> Iterator[str]:
    """One line for each value in which two identities differ.

    >>> list(differences({"seed": 1, "model": {"id": "a"}}, {"seed": 2, "model": {"id": "a"}}))
    ['seed: 1 -> 2']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{name}.{key}" if name else str(key))
    elif old != new:
        yield f"{name}: {_short(old)} -> {_short(new)}"


def _short(value: object) -> str:
    text = json.dumps(value)
    if isinstance(value, str) and len(value) == 64:
        return value[:12]  # a hash; nobody compares more of it by eye
    return text if len(text) <= 40 else f"{text[:37]}..."
