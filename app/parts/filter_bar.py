"""The filters in the sidebar: what is chosen in them is in the URL and holds on every page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from .. import location
from ..colours import SAID
from ..data.filters import SIDES, Filters, Side, called
from ..data.index import ERRORS, Index
from ..texts import markdown, shown

CELLS = ("run", "system", "dataset", "condition")
"""The columns that say which cells are looked at; every page has filters for these."""
_ANSWERS = ("failure_mode", "subset", "language", "speaker", "route", "error_stage")
_RANGES = ("error_rate_pct", "n_errors", "ref_tokens", "duration_s")
_MEANING = ("key_errors", "meaning", "semantic_similarity")
"""Ranges for what was measured of meaning; only where it was."""
_LEAST_AND_STEP = {"semantic_similarity": (-1.0, 0.05)}
"""Of the fields of a range; elsewhere 0 and 1."""
_SIDES = {"either": "reference or answer", "reference": "reference", "answer": "answer"}


def cell_filters(options: Mapping[str, Sequence[str]]) -> Filters:
    """Filters for run, system, dataset and condition; what there is only one of has none.

    Args:
        options: the texts of each column.
    """
    for column in CELLS:
        if len(options.get(column, ())) > 1 or location.place().filters.of(column):
            labels(column, options.get(column, ()))
    return location.place().filters


def cell_options(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The options of `cell_filters` from rows of the leaderboard."""
    columns = {"run": "run_name", "system": "system", "dataset": "dataset", "condition": "condition"}
    return {column: list(dict.fromkeys(str(row[name]) for row in rows)) for column, name in columns.items()}


def passing(rows: Sequence[dict[str, Any]], filters: Filters) -> list[dict[str, Any]]:
    """The rows of the leaderboard that the filters for cells let pass."""
    columns = {"run": "run_name", "system": "system", "dataset": "dataset", "condition": "condition"}
    return [
        row
        for row in rows
        if all(not filters.of(column) or row[name] in filters.of(column) for column, name in columns.items())
    ]


def answer_filters(index: Index) -> Filters:
    """Filters on everything that the scores hold."""
    cell_filters({column: index.labels[column].present() for column in CELLS})
    labels("failure_mode", index.labels["failure_mode"].present())
    _kinds()
    _flags(index)
    _range("error_rate_pct")
    for column in _MEANING:
        if index.measured(column) or location.place().filters.range_of(column) != (-math.inf, math.inf):
            _range(column)
    _text()
    _event()
    filters = location.place().filters
    more = [
        column
        for column in _ANSWERS[1:]
        if filters.of(column) or len(_with_none(index, column)) > 1 or column == "error_stage"
    ]
    with st.expander("More filters", expanded=any(filters.of(column) for column in more)):
        for column in more:
            labels(column, _with_none(index, column))
        for column in _RANGES[1:]:
            _range(column)
    if location.place().filters != Filters():
        st.button("Clear filters", on_click=clear, key="filter.clear", width="stretch")
    return location.place().filters


def clear() -> None:
    """Let everything pass; the open case stays."""
    location.move(replace(location.place(), filters=Filters()))


def labels(column: str, options: Sequence[str]) -> None:
    """A menu for the texts of a column; what a link named and nobody has is in it, too."""
    own = location.key(f"filter.{column}")
    kept = location.place().filters.of(column)

    def changed() -> None:
        filters = location.place().filters
        _set(filters.choosing(column, st.session_state[own]))

    st.multiselect(
        called(column).capitalize(),
        [*options, *(text for text in kept if text not in options)],
        default=list(kept),
        key=own,
        on_change=changed,
        format_func=lambda text: _option(column, text),
        placeholder="all",
    )


def _option(column: str, text: str) -> str:
    # Our own words are written as words; names that people gave are left as in the tables.
    own = column in ("failure_mode", "error_stage")
    return shown(text.replace("_", " ") if own else text, 60) or "(none)"


def _with_none(index: Index, column: str) -> list[str]:
    found = index.labels[column]
    return [*found.present(), *([""] if (found.codes < 0).any() else [])]


def _kinds() -> None:
    own = location.key("filter.kind")

    def changed() -> None:
        _set(replace(location.place().filters, kinds=tuple(st.session_state[own] or ())))

    st.pills(
        "With errors of the kinds",
        list(ERRORS),
        selection_mode="multi",
        default=list(location.place().filters.kinds),
        key=own,
        on_change=changed,
        help=". ".join(f"{kind}: {text}" for kind, text in SAID.items()),
    )


def _flags(index: Index) -> None:
    """What went wrong with numbers, dates, names, negations and keywords."""
    kept = location.place().filters.flags
    if not index.flags.names and not kept:
        return
    own = location.key("filter.key")

    def changed() -> None:
        _set(replace(location.place().filters, flags=tuple(st.session_state[own] or ())))

    st.multiselect(
        "Key content",
        [*index.flags.names, *(flag for flag in kept if flag not in index.flags.names)],
        default=list(kept),
        key=own,
        on_change=changed,
        format_func=lambda flag: shown(flag.replace("_", " "), 60),
        placeholder="all",
        help="Answers in which one of these happened: a negation lost or introduced, a number changed.",
    )


def _range(column: str) -> None:
    low, high = location.place().filters.range_of(column)
    keys = location.key(f"filter.{column}.low"), location.key(f"filter.{column}.high")

    def changed() -> None:
        ends = (st.session_state[each] for each in keys)
        first, last = (
            end if end is not None else without
            for end, without in zip(ends, (-math.inf, math.inf), strict=True)
        )
        _set(location.place().filters.between(column, first, last))

    name = called(column).capitalize()
    least, step = _LEAST_AND_STEP.get(column, (0.0, 1.0))
    for place, (column_of_page, key, end, label) in enumerate(
        zip(
            st.columns(2, vertical_alignment="bottom"),
            keys,
            (low, high),
            (f"{name}, from", "to"),
            strict=True,
        )
    ):
        column_of_page.number_input(
            label,
            value=None if math.isinf(end) else float(end),
            min_value=least,
            step=step,
            format="%g",
            key=key,
            on_change=changed,
            placeholder="any" if place else f"{least:g}",
        )


def _text() -> None:
    filters = location.place().filters
    keys = {name: location.key(f"filter.{name}") for name in ("text", "regex", "side")}

    def changed() -> None:
        state = {name: st.session_state.get(key) for name, key in keys.items()}
        side: Side = next((each for each in SIDES if each == state["side"]), "either")
        _set(
            replace(
                location.place().filters, text=str(state["text"] or ""), regex=bool(state["regex"]), side=side
            )
        )

    st.text_input(
        "Words",
        filters.text,
        max_chars=500,
        key=keys["text"],
        on_change=changed,
        placeholder="in reference or answer",
        help="Looked for in the normalised words, which is what alignments show; capitals do not count.",
    )
    if filters.text:
        st.selectbox(
            "Where",
            SIDES,
            index=SIDES.index(filters.side),
            format_func=_SIDES.__getitem__,
            key=keys["side"],
            on_change=changed,
        )
        st.checkbox(
            "Regular expression",
            filters.regex,
            key=keys["regex"],
            on_change=changed,
            help="As RE2 knows them; no expression can hang the page.",
        )


def _event() -> None:
    """What must have happened to a word: pages lead here with it; a click takes it back."""
    filters = location.place().filters
    if filters.event is None:
        return
    kind = f"{filters.event.entity}: " if filters.event.entity else ""
    st.button(
        f"{markdown(kind)}{markdown(str(filters.event), 60)}",
        key="filter.event",
        icon=":material/close:",
        on_click=lambda: location.move(replace(location.place(), filters=replace(filters, event=None))),
        help="Only answers in which this happened. Click to take it back.",
        width="stretch",
    )


def _set(filters: Filters) -> None:
    location.change(replace(location.place(), filters=filters))
