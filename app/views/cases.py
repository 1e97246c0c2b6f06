"""Cases: the answers that pass the filters, the worst first, and the one that is open."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.app import location, opened
from asrdiag.app.data.filters import Filters, called
from asrdiag.app.data.index import CaseKey, Index
from asrdiag.app.data.notes import Note, read_notes
from asrdiag.app.data.order import ORDERS
from asrdiag.app.parts.case_export import case_export
from asrdiag.app.parts.case_panel import case_panel
from asrdiag.app.parts.case_table import PAGE, case_table, take_choice
from asrdiag.app.parts.filter_bar import answer_filters, clear
from asrdiag.app.parts.messages import damaged, empty
from asrdiag.app.texts import count, markdown
from asrdiag.errors import AsrdiagError, UsageError

_SAID = {
    "errors": "most errors first",
    "rate": "highest error rate first",
    "least": "fewest errors first",
    "longest": "longest first",
    "shortest": "shortest first",
}


def page() -> None:
    """Draw the page."""
    st.title("Cases")
    index = opened.index()
    damaged(index.problems)
    if not len(index):
        empty(
            "No answer has scores yet.",
            "A cell is scored when all its clips are transcribed. `asrdiag score RUN` scores what there is.",
        )
        return
    take_choice()
    with st.sidebar:
        filters = answer_filters(index)
    head = st.container(horizontal=True, vertical_alignment="bottom")
    with head:
        order = location.select("Order", "order", list(ORDERS), shown=_SAID.__getitem__, width=230)
    rows = _rows(index, filters, order)
    key, at = _open_case(index, rows)
    notes = _notes()
    with head:
        _steps(index, rows, at)
        case_export(index, rows, notes)
    if len(rows):
        st.caption(_counted(index, rows, at))
        case_table(index, rows, at, notes)
    else:
        _nothing(index, filters)
    if key is not None:
        if at is None:
            st.info("This case is not among those that pass the filters.", icon=":material/filter_alt_off:")
        case_panel(opened.by_name()[key.run], key, notes.get(key))


def _rows(index: Index, filters: Filters, order: str) -> NDArray[np.int64]:
    try:
        return opened.chosen(filters, *ORDERS[order])
    except UsageError as error:
        st.error(markdown(str(error), 500))
        return np.empty(0, dtype=np.int64)


def _open_case(index: Index, rows: NDArray[np.int64]) -> tuple[CaseKey | None, int | None]:
    """The case to show and its place among the rows: the one that the place names, else the first."""
    place = location.place()
    if not place.sample:
        return (index.key(int(rows[0])), 0) if len(rows) else (None, None)
    row = _row(index, rows)
    if row is None:
        where = f" in {markdown('/'.join(place.cell))}" if place.cell else ""
        st.warning(
            f"There is no case {markdown(place.sample, 120)}{where} in the open runs. "
            "Another run may have it: `asrdiag explore RUN`.",
            icon=":material/search_off:",
        )
        return None, None
    found = np.flatnonzero(rows == row)
    return index.key(row), int(found[0]) if len(found) else None


def _row(index: Index, rows: NDArray[np.int64]) -> int | None:
    """The row of the case that the place names; without its cell the first of that id, if it can be one that
    passes.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    place = location.place()
    if place.case is not None:
        return index.row(place.case)
    for among in (rows, np.arange(len(index))):
        found: int = pc.index(index.sample_ids.take(pa.array(among)), place.sample).as_py()
        if found >= 0:
            return int(among[found])
    return None


def _steps(index: Index, rows: NDArray[np.int64], at: int | None) -> None:
    """Buttons for the case before and after, which the keys P and N press too."""

    def show(place: int) -> None:
        location.change(location.place().at(index.key(int(rows[place]))))

    last = len(rows) - 1
    before, after = (None, 0) if at is None else (at - 1, at + 1)
    for name, icon, place in (("Previous", "chevron_left", before), ("Next", "chevron_right", after)):
        st.button(
            name,
            key=f"cases.{name}",
            icon=f":material/{icon}:",
            shortcut=name[0],
            disabled=place is None or not 0 <= place <= last,
            on_click=show,
            args=(place,),
        )


def _counted(index: Index, rows: NDArray[np.int64], at: int | None) -> str:
    of = f"{count(len(rows), 'case')} of {len(index):,}"
    if at is not None:
        of += f" · this is number {at + 1:,}"
    if len(rows) > PAGE:
        first = (at or 0) // PAGE * PAGE
        of += f" · the table shows {first + 1:,} to {min(first + PAGE, len(rows)):,}"
    return of


def _nothing(index: Index, filters: Filters) -> None:
    unknown = filters.unknown(index)
    what = "No case passes the filters."
    if unknown:
        what += " There is " + ", ".join(markdown(line) for line in unknown[:3]) + "."
    named = [
        called(column) for column, _ in (*filters.labels, *((name, ()) for name, _, _ in filters.ranges))
    ]
    named += ["kinds of errors"] * bool(filters.kinds) + ["words"] * bool(filters.text or filters.event)
    empty(what, f"Chosen: {markdown(', '.join(named))}.")
    st.button("Clear filters", on_click=clear, key="cases.clear")


def _notes() -> dict[CaseKey, Note]:
    found: dict[CaseKey, Note] = {}
    for run in opened.runs():
        try:
            found |= read_notes(run)
        except AsrdiagError as error:
            st.warning(markdown(str(error), 500))
    return found


if __name__ == "__main__":
    page()
