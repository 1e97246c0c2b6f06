"""The table of cases, a page at a time, with the open case chosen in it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from .. import location
from ..data.index import ERRORS, CaseKey, Index
from ..data.notes import Note
from ..texts import shown

PAGE = 200
"""Rows of a table; of a million answers the browser never gets more."""
_ROWS = 8
_SHOWN = "cases.shown"


def digest(names: Sequence[object]) -> str:
    """A short name made from others, for the key of an element: with other rows it is another element."""
    return sha256("\n".join(map(str, names)).encode()).hexdigest()[:12]


def take_choice() -> None:
    """Open the case that was chosen in the table since it was drawn; call it before you ask for the place."""
    if _SHOWN not in st.session_state:
        return
    own, index, part, before = st.session_state[_SHOWN]
    chosen = list(st.session_state[own]["selection"]["rows"]) if own in st.session_state else []
    if chosen and chosen != before:
        location.change(location.place().at(index.key(int(part[chosen[0]]))))


def case_table(index: Index, rows: NDArray[np.int64], at: int | None, notes: dict[CaseKey, Note]) -> None:
    """Show the page of rows that the open case is on; choosing another row opens its case.

    The selection of Streamlit's tables is a position. The table has a key made from its rows, so that after a
    filter changed a position never stands for another case, and the open case is what counts.

    Args:
        index: the scores.
        rows: the rows that pass the filters, in order.
        at: the place of the open case in `rows`; `None` if it is not among them.
        notes: what was said of cases.
    """
    first = (at or 0) // PAGE * PAGE
    part = rows[first : first + PAGE]
    own = location.key(
        f"cases.{digest([*part.tolist(), *index.sample_ids.take(part).to_pylist()])}.{at is None}"
    )
    wanted = [] if at is None else [at - first]
    if own not in st.session_state or list(st.session_state[own]["selection"]["rows"]) != wanted:
        st.session_state[own] = {"selection": {"rows": wanted, "columns": [], "cells": []}}
    st.session_state[_SHOWN] = own, index, part, wanted
    st.dataframe(
        _cells(index, part, notes),
        key=own,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row" if at is None else "single-row-required",
        height=min(len(part), _ROWS) * 35 + 38,
        column_config=_columns(),
        placeholder="-",
        alt="Cases",
    )


def _cells(index: Index, part: NDArray[np.int64], notes: dict[CaseKey, Note]) -> dict[str, Any]:
    columns: dict[str, Any] = {"case": [shown(text, 80) for text in index.sample_ids.take(part).to_pylist()]}
    for name in ("run", "system", "dataset", "condition", "subset"):
        if len(index.labels[name].present()) > 1 or name == "system":
            columns[name] = [shown(text, 60) for text in index.labels[name].at(part)]
    failed = index.labels["error_stage"].at(part)
    modes = index.labels["failure_mode"].at(part)
    columns["mode"] = [
        f"no answer ({stage})" if stage else (mode or "").replace("_", " ")
        for mode, stage in zip(modes, failed, strict=True)
    ]
    for name in ("error_rate_pct", "n_errors", "ref_tokens", *ERRORS.values(), "duration_s"):
        columns[name] = _numbers(index.numbers[name][part])
    said = [notes.get(index.key(int(row))) for row in part] if notes else []
    if any(said):
        columns["note"] = [shown(f"{note.tag} {note.text}".strip(), 60) if note else "" for note in said]
    return columns


def _numbers(values: NDArray[np.float32]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "case": st.column_config.TextColumn("case", pinned=True),
        "error_rate_pct": number("rate %", format="%.1f"),
        "n_errors": number("errors", format="%d"),
        "ref_tokens": number("tokens", format="%d", help="Of the reference: words or characters"),
        **{column: number(kind, format="%d", width=52) for kind, column in ERRORS.items()},
        "duration_s": number("length s", format="%.2f"),
    }
