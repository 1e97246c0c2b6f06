"""From a number on a page to the cases behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .. import location, opened
from ..data.filters import Filters
from ..data.index import CaseKey


def to_cases(run: str, labels: Mapping[str, Sequence[str]], case: CaseKey | None = None) -> None:
    """Go to the cases of which columns hold certain texts; nothing after this runs.

    Args:
        run: the run; asked for only where several are open; "" for all.
        labels: columns of the index, each with texts of which one must hold; without any all pass.
        case: the one to open.
    """
    filters = Filters()
    if len(opened.runs()) > 1 and run:
        filters = filters.choosing("run", [run])
    for column, texts in labels.items():
        filters = filters.choosing(column, texts)
    location.go("views/cases.py", replace(location.place().at(case), filters=filters))
