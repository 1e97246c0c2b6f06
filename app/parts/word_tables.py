"""Tables of words: each row leads to the cases that hold it, each table is a CSV."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from .. import location
from ..data.export import csv_line
from ..data.filters import Event, Filters
from ..texts import count, markdown, shown
from .case_table import digest

MOST = 500
"""Rows of a table on the page; the CSV has all."""
_LONGEST = 300
_ROWS = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """The answers that were counted: what the cases that a row leads to must pass besides."""

    filters: Filters
    noun: str
    """What tokens are called: words, characters, or mixed tokens."""

    def to_cases(self, event: Event | None, **labels: str) -> None:
        """Go to the cases in which something happened, of some run, system and so on; if it is any."""
        if event is None:
            return
        if max(len(event.said or ""), len(event.heard or "")) > _LONGEST:
            st.toast(
                f"No link can hold a word of more than {_LONGEST} characters.", icon=":material/link_off:"
            )
            return
        self._go(replace(self.filters, event=event), labels)

    def to_answers(self, word: str, **labels: str) -> None:
        """Go to the cases whose answer has a word, those of some run, system and so on."""
        own = re.escape(word) if self.noun == "characters" else rf"(^|\s){re.escape(word)}(\s|$)"
        self._go(replace(self.filters, text=own, regex=True, side="answer"), labels)

    @staticmethod
    def _go(filters: Filters, labels: Mapping[str, str]) -> None:
        for column, text in labels.items():
            filters = filters.choosing(column, [text])
        location.go("views/cases.py", replace(location.place().at(None), filters=filters))


def number(label: str, help_: str = "", *, decimals: int = 0, width: int | None = None) -> Any:
    """A column of numbers."""
    return st.column_config.NumberColumn(
        label,
        format=f"%.{decimals}f" if decimals else "%d",
        help=help_ or None,
        width=width,
    )


def interval(row: Mapping[str, Any]) -> str:
    """The 95 % interval of a row with `low_pct` and `high_pct`; said to be wide where there is little."""
    low, high = row["low_pct"], row["high_pct"]
    if low is None or high is None:
        return ""
    return f"{low:.1f} to {high:.1f}" + (" (few)" if row.get("few") else "")


def word_table(
    name: str,
    title: str,
    table: Any,
    *,
    columns: Mapping[str, Any],
    lead: Callable[[Mapping[str, Any]], None],
    note: str = "",
    texts: Sequence[str] = ("word",),
) -> None:
    """Draw a table under its title; choosing a row leads to its cases.

    Args:
        name: of the table, in keys and as a file.
        title: what it is called, in Markdown; "" if the caller has drawn it, and `csv_button`.
        table: a pyarrow table with every row.
        columns: the columns to show, in order, with their configuration; `interval` is made of the ends.
        lead: goes where a row leads to.
        note: a line below the title.
        texts: the columns that came from transcripts.
    """
    if title:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(title, anchor=False)
            csv_button(name, table)
    if note:
        st.caption(note)
    if not len(table):
        st.caption("There are none in these answers.")
        return
    rows = table.slice(0, MOST).to_pylist()
    key = location.key(f"{name}.{digest([[row[text] for text in texts] for row in rows])}")
    cells = {
        column: [
            interval(row)
            if column == "interval"
            else shown(row[column], 60)
            if column in texts
            else row[column]
            for row in rows
        ]
        for column in columns
    }
    chosen = st.dataframe(
        cells,
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(rows), _ROWS) * 35 + 38,
        column_config=dict(columns),
        placeholder="-",
        alt=name.replace("_", " "),
    )["selection"]["rows"]
    if len(table) > MOST:
        st.caption(f"The first {MOST:,} of {len(table):,}; the CSV has all.")
    if chosen:
        lead(rows[chosen[0]])


def csv_button(name: str, table: Any) -> None:
    """Let a table be taken away, whole."""
    st.download_button(
        "CSV",
        lambda: to_csv(table),
        f"{name}.csv",
        "text/csv",
        key=f"{name}.csv",
        on_click="ignore",
        icon=":material/download:",
        disabled=not len(table),
        help=f"All {count(len(table), 'row')}, every column.",
    )


def to_csv(table: Any) -> bytes:
    """A table as CSV in UTF-8, with its names above; nothing in it is a formula for a spreadsheet."""
    columns = [column.to_pylist() for column in table.columns]
    lines = [csv_line(table.column_names), *(csv_line(row) for row in zip(*columns, strict=True))]
    return b"".join(lines)


def quoted(word: str) -> str:
    """A word within Markdown, so that it cannot be taken for the page's own."""
    return f"“{markdown(word, 60)}”"
