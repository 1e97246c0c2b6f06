"""Filters on the groups of a rollout log, in the sidebar and in the URL."""

import math
from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.metrics.rewards.probing import GREEDY

from .. import location
from ..data.log_filters import KINDS, ORDERS, LogFilters
from ..data.rollout_index import LogIndex, Rewarded

_T, _FIRST, _LAST, _KIND, _TEXT, _ORDER = (
    f"rollouts.{name}" for name in ("temperature", "from", "to", "only", "text", "order")
)
_KINDS: Mapping[str, str] = {
    "": "all groups",
    "flat": "flat: all rewards the same",
    "against": "a worse transcript is preferred",
    "lost": "the highest reward is not the best WER",
    "loops": "with loops",
    "empty": "with empty transcripts",
    "overlong": "cut at the token limit",
    "dropped": "dropped before the update",
    "different": "logged reward is another one",
}
_ORDERS: Mapping[str, str] = {
    "against": "most pairs against WER first",
    "lost": "most WER lost first",
    "tau": "lowest tau-b first",
    "narrow": "least spread first",
    "wide": "most spread first",
    "worst": "highest WER first",
    "log": "as in the log",
}


def log_filters(index: LogIndex, found: Rewarded) -> LogFilters:
    """Let the reader choose which groups are shown; what nothing in the log differs by has no filter."""
    st.markdown("**Groups**")
    columns = found.groups.columns
    there = [
        kind
        for kind in _KINDS
        if not kind or kind == location.choice(_KIND) or KINDS[kind](found, columns).any()
    ]
    kind = location.select("Show", _KIND, there, shown=_KINDS.__getitem__)
    temperatures = _temperatures(columns["temperature"])
    first, last = _steps(columns["step"])
    own = location.key(_TEXT)
    text = st.text_input(
        "Group or prompt",
        location.choice(_TEXT),
        max_chars=200,
        key=own,
        on_change=lambda: location.choose(_TEXT, st.session_state[own]),
        placeholder="part of its name",
    )
    return LogFilters(temperatures, first, last, kind, text)


def order_menu() -> str:
    """Let the reader choose how groups are sorted; one of `ORDERS`."""
    return location.select("Order", _ORDER, list(ORDERS), shown=_ORDERS.__getitem__, width=260)


def _temperatures(values: NDArray[np.float64]) -> tuple[float, ...]:
    known = [f"{value:g}" for value in np.unique(values[~np.isnan(values)]).tolist()]
    if len(known) < 2:
        return ()
    own = location.key(_T)
    kept = [each for each in location.choice(_T).split(",") if each in known]
    chosen = st.multiselect(
        "Temperature",
        known,
        default=kept,
        key=own,
        on_change=lambda: location.choose(_T, ",".join(st.session_state[own])),
        placeholder="all" if f"{GREEDY:g}" not in known else "all but 0, the base",
    )
    by_name = {f"{value:g}": value for value in np.unique(values[~np.isnan(values)]).tolist()}
    return tuple(by_name[each] for each in chosen)


def _steps(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        return -math.inf, math.inf
    ends = []
    for column, name, label, without in zip(
        st.columns(2), (_FIRST, _LAST), ("Step, from", "to"), (known.min(), known.max()), strict=True
    ):
        own, kept = location.key(name), location.choice(name)

        def changed(name: str = name, own: str = own) -> None:
            value = st.session_state[own]
            location.choose(name, "" if value is None else str(value))

        ends.append(
            column.number_input(
                label,
                value=int(kept) if kept.isascii() and kept.isdigit() else None,
                min_value=0,
                step=1,
                key=own,
                on_change=changed,
                placeholder=f"{without:.0f}",
            )
        )
    first, last = ends
    return -math.inf if first is None else float(first), math.inf if last is None else float(last)
