"""Whether two systems differ, as a sentence and as tables, from rows of `comparisons.csv`."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from asrdiag.report.page.text import rate

from .. import location
from ..texts import count, markdown, percent, shown
from .case_table import digest

Row = Mapping[str, Any]


def verdict(row: Row) -> None:
    """Say whether they differ beyond chance, and by how much."""
    a, b = markdown(row["system_a"], 80), markdown(row["system_b"], 80)
    rates = f"{a} {_with_ends(row, 'a')}, {b} {_with_ends(row, 'b')}"
    difference = row["difference_pct"]
    if difference is None:
        st.markdown(f"{rates}. The difference cannot be told.")
        return
    ends = f"{rate(row['difference_low_pct'], '+')} to {rate(row['difference_high_pct'], '+')}"
    ends = f" ({ends})" if row["difference_low_pct"] is not None else ""
    told = f"A less B: **{difference:+.1f} points**{ends}, p {p_value(row['p_value'])}."
    if row["p_value"] is None:
        what = "Too few independent units to tell whether that is chance."
    elif row["better"]:
        what = f"**{markdown(row['better'], 80)} is better beyond chance.**"
    else:
        what = "**No difference beyond chance.**"
    st.markdown(f"{what} {rates}. {told}")
    units = count(row["n_units"], row["unit"])
    method = "Student's t" if row["method"] == "t" else f"bootstrap, {row['resamples']:,} resamples"
    st.caption(
        f"{row['n_compared']:,} pairs, {units} drawn as a whole ({method}), "
        f"{100 * row['level']:g} % intervals. The same as `asrdiag compare`."
    )


def _with_ends(row: Row, side: str) -> str:
    found = percent(row[f"error_rate_{side}_pct"])
    low, high = row[f"ci_low_{side}_pct"], row[f"ci_high_{side}_pct"]
    return found if low is None else f"{found} ({low:.1f} to {high:.1f})"


def p_value(value: float | None) -> str:
    """A p value with three decimals.

    >>> p_value(0.0123), p_value(0.0001), p_value(None)
    ('0.012', '<0.001', '-')
    """
    return "-" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def tests(row: Row) -> None:
    """The tests of one comparison."""
    z = "-" if row["mapsswe_z"] is None else f"Z {row['mapsswe_z']:.2f}"
    st.dataframe(
        {
            "test": [
                "paired bootstrap" if row["method"] == "bootstrap" else "paired t",
                "MAPSSWE",
                "McNemar",
            ],
            "what is compared": [
                f"paired, over {count(row['n_units'], row['unit'])}",
                f"{count(row['mapsswe_segments'], 'segment')}, {z}",
                f"only A wrong {row['mcnemar_only_a_wrong']:,}, only B {row['mcnemar_only_b_wrong']:,}",
            ],
            "p": [p_value(row[name]) for name in ("p_value", "mapsswe_p_value", "mcnemar_p_value")],
        },
        key=location.key("compare.tests"),
        hide_index=True,
        alt="Tests",
        column_config={
            "test": st.column_config.TextColumn(width=90),
            "p": st.column_config.TextColumn(width=60),
        },
    )
    st.caption(
        "Go by the first: it knows that answers of one speaker, or to one clip, belong together. The others "
        "are there because people know them."
    )


def group_table(rows: Sequence[Row], by: str) -> str | None:
    """The rows of a breakdown; returns the group that was chosen."""
    number = st.column_config.NumberColumn
    chosen = st.dataframe(
        {
            by: [shown(row["group"], 80) for row in rows],
            "pairs": [row["n_compared"] for row in rows],
            "a": [row["error_rate_a_pct"] for row in rows],
            "b": [row["error_rate_b_pct"] for row in rows],
            "difference": [row["difference_pct"] for row in rows],
            "interval": [
                "-"
                if row["difference_low_pct"] is None
                else f"{rate(row['difference_low_pct'], '+')} to {rate(row['difference_high_pct'], '+')}"
                for row in rows
            ],
            "holm": [p_value(row["p_holm"]) for row in rows],
            "better": [_better(row) for row in rows],
            "a_fewer": [row["a_fewer_errors"] for row in rows],
            "same": [row["same_errors"] for row in rows],
            "b_fewer": [row["b_fewer_errors"] for row in rows],
        },
        key=location.key(f"compare.group.{digest([by, *(row['group'] for row in rows)])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(rows), 12) * 35 + 38,
        placeholder="-",
        alt=f"Differences by {by}",
        column_config={
            by: st.column_config.TextColumn(by, pinned=True),
            "a": number("A %", format="%.1f", help=shown(rows[0]["system_a"])),
            "b": number("B %", format="%.1f", help=shown(rows[0]["system_b"])),
            "difference": number("A less B", format="%+.1f", help="In points; above 0, B is better"),
            "interval": st.column_config.TextColumn("95 %", width=130),
            "holm": st.column_config.TextColumn("p (Holm)", help="Corrected for all rows"),
            "better": st.column_config.TextColumn("better", help="Beyond chance: p (Holm) below 0.05"),
            "a_fewer": number("A fewer", format="%d", help="Answers in which A made fewer errors"),
            "same": number("same", format="%d"),
            "b_fewer": number("B fewer", format="%d", help="Answers in which B made fewer errors"),
        },
    )["selection"]["rows"]
    return str(rows[chosen[0]]["group"]) if chosen else None


def _better(row: Row) -> str:
    return {row["system_a"]: "A", row["system_b"]: "B"}.get(row["better"], "")
