"""What answers say that they took."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer says that it took; `None` where it does not say."""

    input_tokens: int | None = None
    """All that was read, audio and text."""
    audio_tokens: int | None = None
    """Of these, audio."""
    output_tokens: int | None = None
    """All that was written, reasoning included."""
    seconds: float | None = None
    """Of audio, where that is what is billed."""

    def as_details(self) -> dict[str, int | float]:
        """What is known of it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def read_usage(document: Mapping[str, Any]) -> Usage:
    """The usage in an answer of either API.

    Some chat endpoints leave reasoning out of `completion_tokens` and count it in `total_tokens` alone; it is
    billed as output, so the larger number counts.

    >>> read_usage({"usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 150}})
    Usage(input_tokens=90, audio_tokens=None, output_tokens=60, seconds=None)
    >>> read_usage({"usage": {"type": "duration", "seconds": 3}})
    Usage(input_tokens=None, audio_tokens=None, output_tokens=None, seconds=3.0)
    """
    usage = _mapping(document.get("usage"))
    read = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    written = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    total = _count(usage.get("total_tokens"))
    if read is not None and total is not None:
        written = max(written or 0, total - read)
    parts = _mapping(usage.get("prompt_tokens_details", usage.get("input_token_details")))
    seconds = number(usage.get("seconds"))
    return Usage(
        input_tokens=read,
        audio_tokens=_count(parts.get("audio_tokens")),
        output_tokens=written,
        seconds=seconds if seconds is not None and seconds >= 0 else None,
    )


def number(value: object) -> float | None:
    """What JSON gave, if it is a finite number that a float can hold.

    >>> number(3), number("3"), number(float("nan")), number(10**400)
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -1e300 < value < 1e300 else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
