"""The table of a log's groups, a page at a time, with the open group chosen in it."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from .. import location
from ..data.log_filters import is_flat
from ..data.rollout_index import LogIndex, Rewarded
from ..texts import shown
from .case_table import PAGE, digest

GROUP, LINE = "rollouts.group", "rollouts.line"
_ROWS = 8
_SHOWN = "rollouts.shown"


def open_group(index: LogIndex, row: int) -> None:
    """Have another group open."""
    location.choose(GROUP, index.ids[row].as_py())
    location.choose(LINE, str(index.line[row]))


def take_group() -> None:
    """Open the group chosen in the table since it was drawn; call it before you ask for the place."""
    if _SHOWN not in st.session_state:
        return
    own, index, part, before = st.session_state[_SHOWN]
    chosen = list(st.session_state[own]["selection"]["rows"]) if own in st.session_state else []
    if chosen and chosen != before:
        open_group(index, int(part[chosen[0]]))


def rollout_table(index: LogIndex, found: Rewarded, rows: NDArray[np.int64], at: int | None) -> None:
    """Show the page of groups that the open one is on; choosing another row opens its group.

    Args:
        index: the log.
        found: what the reward makes of it.
        rows: the groups that pass the filters, in order.
        at: the place of the open group in `rows`; `None` if it is not among them.
    """
    first = (at or 0) // PAGE * PAGE
    part = rows[first : first + PAGE]
    names = [index.where(row) for row in part.tolist()]
    own = location.key(f"rollouts.{digest([*names, *part.tolist()])}.{at is None}")
    wanted = [] if at is None else [at - first]
    if own not in st.session_state or list(st.session_state[own]["selection"]["rows"]) != wanted:
        st.session_state[own] = {"selection": {"rows": wanted, "columns": [], "cells": []}}
    st.session_state[_SHOWN] = own, index, part, wanted
    st.dataframe(
        _cells(index, found, part),
        key=own,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row" if at is None else "single-row-required",
        height=min(len(part), _ROWS) * 35 + 38,
        column_config=_columns(),
        placeholder="-",
        alt="Groups of rollouts",
    )


def _cells(index: LogIndex, found: Rewarded, part: NDArray[np.int64]) -> dict[str, list[Any]]:
    of = {name: values[part] for name, values in found.groups.columns.items()}
    columns: dict[str, list[Any]] = {
        "group": [shown(text, 60) for text in index.ids.take(part).to_pylist()],
        "prompt": [shown(text, 80) for text in index.prompts.take(part).to_pylist()],
    }
    for name in ("step", "temperature"):
        if len(np.unique(found.groups.columns[name])) > 1:
            columns[name] = _numbers(of[name])
    columns |= {
        "n_rollouts": _numbers(of["n_rollouts"]),
        "reward_mean": _numbers(of["reward_mean"]),
        "reward_std": _numbers(of["reward_std"]),
        "flat": ["= flat" if flat else "" for flat in is_flat(of).tolist()],
        "against": [f"⚠ {n:.0f}" if n else "" for n in of["n_against"].tolist()],
        "tau_b": _numbers(of["tau_b"]),
        **{name: _numbers(100 * of[name]) for name in ("wer_min", "wer_mean", "wer_max", "wer_of_top")},
    }
    if not np.isnan(found.groups.columns["base_wer"]).all():
        columns["base_wer"] = _numbers(100 * of["base_wer"])
    if found.n_different.any():
        columns["different"] = [f"≠ {n}" if n else "" for n in found.n_different[part].tolist()]
    columns["where"] = [shown(index.where(row), 60) for row in part.tolist()]
    return columns


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    rounded = values.round(6) + 0.0  # no minus before a zero
    return [None if np.isnan(value) else float(value) for value in rounded]


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "group": text("group", pinned=True),
        "prompt": text("prompt", help="The utterance, or its reference", width=170),
        "step": number("step", format="%d", width=60),
        "temperature": number("T", format="%g", help="Temperature of sampling", width=52),
        "n_rollouts": number("n", format="%d", help="Rollouts", width=48),
        "reward_mean": number("reward", format="%.3f", help="Mean over the group", width=70),
        "reward_std": number("spread", format="%.3f", help="Standard deviation of the rewards", width=70),
        "flat": text("flat", help="All rewards are the same: it teaches nothing", width=64),
        "wer_min": number("best %", format="%.1f", help="Lowest WER of the group", width=64),
        "wer_mean": number("WER %", format="%.1f", help="Mean of the rollouts' WERs", width=64),
        "wer_max": number("worst %", format="%.1f", help="Highest WER of the group", width=68),
        "wer_of_top": number("top %", format="%.1f", help="WER of the highest reward", width=64),
        "tau_b": number(
            "tau-b",
            format="%.2f",
            help="Kendall's rank correlation of reward and WER; 1: the same order",
            width=60,
        ),
        "against": text(
            "against", help="Pairs of which the reward prefers the transcript with more errors", width=70
        ),
        "base_wer": number("base %", format="%.1f", help="WER of the base model", width=64),
        "different": text("≠", help="Rollouts whose logged reward is not what is computed here", width=52),
        "where": text("where", help="File and line"),
    }
