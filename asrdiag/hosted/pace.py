"""When to send a request, and when to send it again."""

import asyncio
import math
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform


class Pace:
    """Spaces requests evenly, and holds all of them back when the endpoint asks for that."""

    def __init__(self, requests_per_minute: float | None) -> None:
        self._interval_s = 60 / requests_per_minute if requests_per_minute else 0.0
        self._free_at = -math.inf

    async def turn(self) -> None:
        """Wait until a request may be sent, and take that place."""
        while (wait_s := self._free_at - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)
        self._free_at = time.monotonic() + self._interval_s

    def hold(self, seconds: float) -> None:
        """Let no request begin for so long."""
        self._free_at = max(self._free_at, time.monotonic() + seconds)


def backoff_s(tries: int, first_s: float, longest_s: float) -> float:
    """How long to wait after so many tries: doubled each time up to the longest, then half to all of that.

    Without the draw, requests that failed together would come back together.
    """
    return min(longest_s, first_s * 2.0 ** min(tries - 1, 60)) * uniform(0.5, 1.0)  # noqa: S311  (no secret)


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` header asks for, 0 or more; `None` if it says nothing readable.

    Both forms of RFC 9110, section 10.2.3: seconds and a date; fractions of a second are seen too.

    >>> retry_after_s("2"), retry_after_s("0.5"), retry_after_s("soon")
    (2.0, 0.5, None)
    >>> retry_after_s("Fri, 20 Nov 2026 12:00:30 GMT", datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    30.0
    """
    if value is None:
        return None
    if re.fullmatch(r"\d{1,12}(\.\d+)?", value.strip()):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:  # "-0000": UTC by a clock that may be anywhere
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
