"""A rollout log in numbers: all groups that pass the filters, and parts of them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.metrics.rewards.groups import Summary, summarize
from asrdiag.metrics.rewards.probing import GREEDY
from asrdiag.rollouts.cells import ratio
from asrdiag.rollouts.slices import by_difficulty, by_step, by_temperature, difficulty

from .. import location
from ..data.log_filters import LogFilters
from ..data.rollout_index import LogIndex, Rewarded
from ..data.rollout_logs import OpenLog
from ..texts import count, markdown
from .messages import damaged

_SPLITS = {"": "all", "step": "by step", "temperature": "by temperature", "wer": "by WER"}
_MARGIN = 0.05
"""d of CPI and BAP, which are not shown here."""
_COLUMNS: Mapping[str, tuple[Callable[[Summary], float | None], str, str]] = {
    "groups": (lambda s: s.n_groups, "%d", "Groups of rollouts"),
    "reward": (lambda s: s.reward_mean, "%.3f", "Mean over rollouts"),
    "spread": (lambda s: s.spread, "%.3f", "Mean over groups of the rewards' standard deviation"),
    "flat %": (lambda s: _percent(ratio(s.n_zero_variance, s.n_several)), "%.1f", "Groups without spread"),
    "tau-b": (lambda s: s.tau_b, "%.2f", "Mean of Kendall's rank correlation between reward and WER"),
    "against %": (
        lambda s: _percent(ratio(s.n_against, s.n_pairs)),
        "%.1f",
        "Pairs of which the reward prefers the transcript with more errors",
    ),
    "valid %": (lambda s: _percent(s.valid), "%.1f", "Neither empty, nor looping, nor cut"),
    "WER %": (lambda s: _percent(s.wer_mean), "%.1f", "Mean over rollouts"),
    "best %": (lambda s: _percent(s.wer_best), "%.1f", "Mean of each group's lowest WER"),
    "top %": (lambda s: _percent(s.wer_of_top), "%.1f", "Mean WER of the highest reward"),
    "base %": (lambda s: _percent(s.base_wer), "%.1f", "Mean WER of the base model"),
}


def log_notes(log: OpenLog, index: LogIndex, found: Rewarded) -> None:
    """What the reader should know of a log: what is in it, and what is wrong with it."""
    sizes = index.sizes
    each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    files = ", ".join(file.name for file in log.files[:4]) + (" …" if len(log.files) > 4 else "")
    greedy = int((index.columns["temperature"] == GREEDY).sum())
    base = f"; {greedy} greedy ones are the base" if 0 < greedy < len(index) else ""
    st.caption(
        markdown(
            f"{files}: {count(len(index), 'group')} of {each}, {count(len(index.counts), 'rollout')}{base}",
            500,
        )
    )
    if log.demo:
        st.caption(
            "An example that comes with asrdiag. `asrdiag explore RUN --rollouts FILE` opens a log of yours, "
            "a trainer's own too."
        )
    _bad_lines(index)
    different = int(found.n_different.sum())
    if different:
        st.warning(
            f"{different:,} of {found.n_logged:,} logged rewards are not what this reward computes (by up to "
            f"{found.largest_difference:.3g}): they were made with other parameters, or are another reward. "
            "They are marked ≠.",
            icon=":material/difference:",
        )


def _bad_lines(index: LogIndex) -> None:
    if index.n_bad > len(index.problems):
        st.caption(f"{count(index.n_bad, 'line')} cannot be used; the first {len(index.problems)} are named.")
    damaged(index.problems, "line")
    if index.n_torn:
        torn = count(index.n_torn, "last line")
        st.caption(f"{torn} half written and left out: the writer was killed, or is writing.")


def log_summary(found: Rewarded, passed: NDArray[np.bool_], filters: LogFilters) -> None:
    """The numbers of `asrdiag rewards inspect` over the groups that pass, as a table."""
    groups = found.groups
    slices: dict[str, list[tuple[str, NDArray[np.bool_]]]] = {
        "": [],
        "step": list(by_step(groups)),
        "temperature": list(by_temperature(groups)),
        "wer": list(by_difficulty(groups)),
    }
    names = [name for name in _SPLITS if not name or len(slices[name]) > 1]
    of = "base WER" if difficulty(groups) == "base_wer" else "mean WER"
    with st.sidebar:
        split = location.select(
            "Numbers",
            "rollouts.split",
            names,
            shown=lambda name: f"by {of}" if name == "wer" else _SPLITS[name],
        )
    # The greedy groups are in the row of temperature 0 also where the filters leave them out.
    greedy = groups.columns["temperature"] == GREEDY
    shown = [("all", passed)]
    for name, chosen in slices[split]:
        within = chosen & (passed | (greedy & (split == "temperature") & (not filters.temperatures)))
        if within.any():
            shown.append((name, within))
    rows = [(name, summarize(groups, chosen, margin=_MARGIN)) for name, chosen in shown if chosen.any()]
    if rows:
        _table(rows, split)


def _table(rows: list[tuple[str, Summary]], split: str) -> None:
    columns: dict[str, list[Any]] = {"part": [name for name, _ in rows]}
    for name, (value, _, _) in _COLUMNS.items():
        values = [value(summary) for _, summary in rows]
        if name != "base %" or any(each is not None for each in values):
            columns[name] = values
    number = st.column_config.NumberColumn
    st.dataframe(
        columns,
        key=f"rollouts.summary.{split}",
        hide_index=True,
        height=min(len(rows), 12) * 35 + 38,
        column_config={
            "part": st.column_config.TextColumn("", pinned=True, width=110),
            **{name: number(name, format=form, help=said) for name, (_, form, said) in _COLUMNS.items()},
        },
        placeholder="-",
        alt="The log in numbers",
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
