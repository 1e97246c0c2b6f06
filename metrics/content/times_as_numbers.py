"""Times of day that one side writes as a number: "ten thirty" for 10:30, "three" for three o'clock."""

from collections.abc import Sequence

from ..diagnosis.number_values import number_value
from .date_parts import Parts
from .dates import find_dates
from .records import KeyItem


def settle(items: Sequence[KeyItem], languages: tuple[str, ...]) -> list[KeyItem]:
    """Return the items with times kept that were said as a time and written as a number, or the other way.

    >>> said = KeyItem("date", "lost", "10:30", 3, 8, "ten thirty", 3, 13)
    >>> heard = KeyItem("number", "introduced", "10:30", 3, 8, "ten thirty", 3, 13)
    >>> settle([said, heard], ("en",))
    [KeyItem(kind='date', status='kept', reference='10:30', reference_start=3, reference_end=8, \
hypothesis=None, hypothesis_start=None, hypothesis_end=None)]
    """
    settled: list[KeyItem] = []
    dropped: set[KeyItem] = set()
    for item in items:
        if item.status != "lost" or item.kind not in ("number", "date") or not item.hypothesis:
            settled.append(item)
            continue
        other = next((each for each in items if _stands_there(each, item)), None)
        written = (other or item).hypothesis
        time, number = (item.reference, written) if item.kind == "date" else (written, item.reference)
        if number_value(number or "") in _worths(time or "", languages):
            said = item.reference, item.reference_start, item.reference_end
            settled.append(KeyItem(item.kind, "kept", *said))
            dropped |= {other} if other else set()
        else:
            settled.append(item)
    return [item for item in settled if item not in dropped]


def _stands_there(item: KeyItem, lost: KeyItem) -> bool:
    if item.status != "introduced" or {item.kind, lost.kind} != {"number", "date"}:
        return False
    start, end = item.hypothesis_start, item.hypothesis_end
    assert start is not None and end is not None and lost.hypothesis_start is not None
    return start < (lost.hypothesis_end or 0) and lost.hypothesis_start < end


def _worths(text: str, languages: tuple[str, ...]) -> set[str]:
    worths: set[str] = set()
    for date in find_dates(text, languages):
        for parts in date.readings:
            worths |= _said(parts)
    return worths


def _said(parts: Parts) -> set[str]:
    if parts.hour is None or parts.minute is None:
        return set()
    said = {f"{parts.hour}{parts.minute:02}"}
    return said | {str(parts.hour)} if parts.minute == 0 else said
