"""From a number on a page to the cases behind it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn

from .. import location, opened
from ..data.filters import Filters
from ..data.index import CaseKey


def to_cases(run: str = "", *, case: CaseKey | None = None, **labels: str | Iterable[str]) -> NoReturn:
    """Go to the cases of which columns hold these texts; those that are "" are not asked for.

    Args:
        run: the run; asked for only where several are open.
        case: the one to open.
        labels: columns of the index: one text, or several of which one must hold.
    """
    filters = Filters()
    if len(opened.runs()) > 1 and run:
        filters = filters.choosing("run", [run])
    for column, texts in labels.items():
        wanted = [texts] if isinstance(texts, str) else list(texts)
        if wanted != [""]:
            filters = filters.choosing(column, wanted)
    location.go("views/cases.py", replace(location.place().at(case), filters=filters))
    raise AssertionError("nothing runs after a page was left")
