"""What is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A POST request."""

    path: str
    """Below the endpoint's address."""
    arguments: Mapping[str, Any]
    """Of `httpx2.AsyncClient.stream`: the body."""
