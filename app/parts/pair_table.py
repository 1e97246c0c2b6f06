"""The pairs of answers that differ most, each way."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from .. import location
from ..data.index import Index
from ..data.pairs import Pairs, Rows, Side, gaps_of, largest
from ..texts import count, markdown, shown
from .case_table import digest
from .links import to_cases

MOST = 50
"""Rows of each table."""


def difference_tables(index: Index, pairs: Pairs, two: tuple[Side, Side]) -> None:
    """Two tables: where the first made more errors, and where the second did; a row leads to its case.

    Args:
        index: the scores.
        pairs: the pairs.
        two: whose answers they are.
    """
    gaps = gaps_of(index, pairs)
    picked: tuple[Side, int] | None = None
    for column, sign, own in zip(st.columns(2, gap="medium"), (1, -1), (0, 1), strict=True):
        with column:
            worse, better = two[own], two[1 - own]
            st.markdown(f"**{markdown(worse.name, 60)}** made more errors than {markdown(better.name, 60)}")
            places = largest(sign * gaps, MOST)
            if not len(places):
                st.caption("In no sample.")
                continue
            row = _table(index, pairs, two, places, f"compare.pairs.{own}")
            every = int((sign * gaps > 0).sum())
            st.caption(count(every, "sample") + (f", the first {MOST} shown" if every > MOST else ""))
            if row is not None:
                rows = (pairs.first, pairs.second)[own]
                picked = worse, int(rows[places[row]])
    if picked is not None:
        _open(index, *picked)


def chosen_table(index: Index, pairs: Pairs, two: tuple[Side, Side], chosen: NDArray[np.bool_]) -> None:
    """Some of the pairs, those that differ most first; a row leads to the case of the worse answer."""
    inside = np.flatnonzero(chosen)
    if not len(inside):
        st.caption("There is none.")
        return
    gaps = gaps_of(index, pairs)[inside]
    places = inside[np.argsort(-np.abs(gaps), kind="stable")][:MOST]
    row = _table(index, pairs, two, places, "compare.chosen")
    if len(inside) > MOST:
        st.caption(f"The first {MOST} are shown.")
    if row is not None:
        place = int(places[row])
        own = 0 if gaps_of(index, pairs)[place] >= 0 else 1
        _open(index, two[own], int((pairs.first, pairs.second)[own][place]))


def _open(index: Index, side: Side, row: int) -> None:
    case = index.key(row)
    where = {"system": [side.system], "dataset": [case.dataset], "condition": [case.condition]}
    to_cases(side.run, where, case)


def _table(index: Index, pairs: Pairs, two: tuple[Side, Side], places: Rows, name: str) -> int | None:
    """Show pairs; returns the row that was chosen."""
    first, second = pairs.first[places], pairs.second[places]
    ids = index.sample_ids.take(first).to_pylist()
    columns: dict[str, Any] = {"case": [shown(text, 80) for text in ids]}
    for label in ("condition", "subset"):
        found = index.labels[label].at(first)
        if any(found) and len(index.labels[label].present()) > 1:
            columns[label] = [shown(text, 60) for text in found]
    rates, errors = index.numbers["error_rate_pct"], index.numbers["n_errors"]
    columns |= {
        "errors_a": errors[first].tolist(),
        "errors_b": errors[second].tolist(),
        "rate_a": _numbers(rates[first]),
        "rate_b": _numbers(rates[second]),
        "tokens": index.numbers["ref_tokens"][first].tolist(),
    }
    number = st.column_config.NumberColumn
    names = [shown(side.name, 40) for side in two]
    chosen = st.dataframe(
        columns,
        key=location.key(f"{name}.{digest([*first.tolist(), *second.tolist(), *ids])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(places), 10) * 35 + 38,
        placeholder="-",
        alt="Pairs of answers",
        column_config={
            "case": st.column_config.TextColumn("case", pinned=True),
            "errors_a": number("errors A", format="%d", width=64, help=names[0]),
            "errors_b": number("errors B", format="%d", width=64, help=names[1]),
            "tokens": number("tokens", format="%d", width=60, help="Of the reference: words or characters"),
            "rate_a": number("A %", format="%.1f", width=56, help=names[0]),
            "rate_b": number("B %", format="%.1f", width=56, help=names[1]),
        },
    )["selection"]["rows"]
    return chosen[0] if chosen else None


def _numbers(values: NDArray[np.float32]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
