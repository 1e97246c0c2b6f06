"""What a date or a time of day says."""

from __future__ import annotations

from typing import NamedTuple


class Parts(NamedTuple):
    """The parts of a date or time; `None` or "" for one that is not said.

    `weekday` counts from Monday, 1; `relative` is said from today: `-1` is yesterday. `hour` is that of a
    clock of 12 hours, with `half` `a` or `p` or, where neither is said, ""; 15:00 is brought into this form.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    relative: str = ""
    hour: int | None = None
    minute: int | None = None
    half: str = ""


def clock(hour: int, minute: int, half: str = "") -> Parts | None:
    """A time of day, or `None` if there is none such; `half` is `a`, `p` or, where that is not said, "".

    >>> clock(15, 0) == clock(3, 0, "p"), clock(0, 30) == clock(12, 30, "a"), clock(3, 0) == clock(3, 0, "p")
    (True, True, False)
    """
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return None
    if hour > 12 or hour == 0:
        half = "p" if 12 < hour < 24 else "a"
        hour = hour % 12 or 12
    return Parts(hour=hour, minute=minute, half=half)
