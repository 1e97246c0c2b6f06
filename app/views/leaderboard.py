"""Leaderboard: every cell with its error rate, interval, kinds of errors and coverage."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from asrdiag.app import location, opened
from asrdiag.app.colours import ERRORS, SAID
from asrdiag.app.data.filters import Filters
from asrdiag.app.data.rows import measured, parts, published
from asrdiag.app.parts.case_table import digest
from asrdiag.app.parts.filter_bar import cell_filters, cell_options, passing
from asrdiag.app.parts.messages import empty
from asrdiag.app.parts.split_bar import split_bar
from asrdiag.app.texts import count, markdown, shown
from asrdiag.report.meaning import MEANING, present
from asrdiag.report.page.chart import NAMES, TOKENS
from asrdiag.report.rows import LEADERBOARD_COLUMNS, to_csv

Row = dict[str, Any]

_WIDEST = 150.0
_ROW = 35


def page() -> None:
    """Draw the page."""
    st.title("Leaderboard")
    rows = opened.rows()
    whole = measured(rows)
    if not whole:
        empty(
            "No cell has scores yet.",
            "A cell is scored when all its clips are transcribed. `asrdiag score RUN` scores what there is.",
        )
        return
    with st.sidebar:
        filters = cell_filters(cell_options(whole))
        subsets = location.switch(
            "Subsets and averages", "subsets", help="Every row of `leaderboard.csv`, not whole datasets only."
        )
        beside = location.switch(
            "Published results",
            "published",
            help="Of the same benchmarks, as printed: marked †, never ranked with measured ones.",
        )
    shown_rows = passing([row for row in rows if row.get("metric")] if subsets else whole, filters)
    notes: tuple[str, ...] = ()
    if beside:
        found, notes = published(rows)
        fitting = _fitting(found, shown_rows)
        shown_rows = shown_rows + fitting
        if not fitting:
            notes = (*notes, "There are no published results of what is shown.")
    if not shown_rows:
        empty("No cell passes the filters.", "Take some of them back in the sidebar.")
        return
    _summary(rows, shown_rows)
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in shown_rows:
        tables.setdefault((row["dataset"], row["metric"]), []).append(row)
    for (dataset, metric), found in tables.items():
        _table(dataset, metric, found, subsets=subsets)
    _legend()
    for note in notes:
        st.caption(markdown(note))


def _fitting(found: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """The published rows of which a measured row with the same dataset, condition and subset is shown."""
    same = ("dataset", "condition", "subset", "aggregate", "metric")
    there = {tuple(row.get(name) for name in same) for row in rows}
    whole = {(row["dataset"], row["condition"], row["metric"]) for row in rows if not row["subset"]}
    return [
        row
        for row in found
        if tuple(row.get(name) for name in same) in there
        or (not row["subset"] and (row["dataset"], row["condition"], row["metric"]) in whole)
    ]


def _summary(rows: Sequence[Row], shown_rows: Sequence[Row]) -> None:
    waiting = sum(1 for row in rows if not row.get("metric"))
    left, right = st.columns([4, 1], vertical_alignment="center")
    parts_of_line = [count(len({row["called"] for row in shown_rows if row["run_name"]}), "system")]
    parts_of_line.append(count(len({row["condition"] for row in shown_rows}), "condition"))
    if waiting:
        parts_of_line.append(f"{count(waiting, 'cell')} not scored yet, see Run health")
    left.caption(" · ".join(parts_of_line) + ". Choose a row to see its cases, the worst first.")
    right.download_button(
        "CSV",
        to_csv(shown_rows, LEADERBOARD_COLUMNS),
        "leaderboard.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
        help="The rows that are shown, with every column.",
    )


def _table(dataset: str, metric: str, rows: Sequence[Row], *, subsets: bool) -> None:
    """One dataset's rows under one metric; choosing one leads to its cases."""
    languages, normalizers = (
        "+".join(sorted({part for row in rows for part in str(row.get(name) or "").split("+") if part}))
        for name in ("language", "normalizer")
    )
    st.subheader(f"{markdown(dataset)} · {NAMES[metric]}")
    how = f"normaliser {normalizers}" if normalizers else "no clip scored"
    st.caption(markdown(f"language {languages}, {how}; % of {TOKENS[metric]}s of the reference"))
    top = min(
        _WIDEST, max(1.0, *(row.get("ci_high_pct") or row.get("error_rate_pct") or 0.0 for row in rows))
    )
    key = location.key(f"leaderboard.{dataset}.{metric}.{digest(list(map(_name, rows)))}")
    chosen = st.dataframe(
        _cells(rows, top, subsets=subsets),
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_ROW,
        height=min(len(rows), 16) * _ROW + 38,
        column_config=_columns(metric, top),
        placeholder="-",
        alt=f"Error rates on {shown(dataset)}",
    )["selection"]["rows"]
    if chosen and rows[chosen[0]]["run_name"]:
        _to_cases(rows[chosen[0]])


def _name(row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("run", "system", "condition", "subset", "aggregate"))


def _cells(rows: Sequence[Row], top: float, *, subsets: bool) -> dict[str, list[Any]]:
    split = [parts(row) for row in rows]
    columns: dict[str, list[Any]] = {
        "system": [shown(row["called"]) + ("" if row["run_name"] else " †") for row in rows],
        "condition": [shown(row["condition"]) for row in rows],
    }
    if subsets:
        columns["subset"] = [shown(row["subset"] or row.get("aggregate") or "") for row in rows]
    columns |= {
        "rate": [row.get("error_rate_pct") for row in rows],
        "interval": [_interval(row) for row in rows],
        "split": [
            split_bar(
                own or {"all": row.get("error_rate_pct") or 0.0},
                row.get("ci_low_pct"),
                row.get("ci_high_pct"),
                top,
            )
            for row, own in zip(rows, split, strict=True)
        ],
        "scored": [_coverage(row) for row in rows],
        **{kind: [own.get(kind) for own in split] for kind in ERRORS},
        "made_up": [row.get("hallucination_rate_pct") for row in rows],
        **{name: [row.get(name) for row in rows] for name in present(rows)},
        "rtfx": [row.get("rtfx") for row in rows],
    }
    if any(row.get("note") for row in rows):
        columns["note"] = [shown(row.get("note")) for row in rows]
    return columns


def _interval(row: Row) -> str:
    low, high = row.get("ci_low_pct"), row.get("ci_high_pct")
    return "-" if low is None or high is None else f"{low:.1f} to {high:.1f}"


def _coverage(row: Row) -> str:
    if "n_scored" not in row:
        return ""
    failed = f", {row['n_failed']:,} failed" if row["n_failed"] else ""
    return f"{'' if row['complete'] else '⚠ '}{row['n_scored']:,}/{row['n_expected']:,}{failed}"


def _columns(metric: str, top: float) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    kinds = {
        kind: number(kind, format="%.1f", help=f"{SAID[kind].capitalize()}, in % of the reference", width=56)
        for kind in ERRORS
    }
    return {
        "system": st.column_config.TextColumn("system", pinned=True),
        "rate": number(f"{NAMES[metric]} %", format="%.1f", width=70),
        "interval": st.column_config.TextColumn("95 %", help="Confidence interval", width=110),
        "split": st.column_config.ImageColumn(
            f"0 to {top:.0f} %",
            width=196,
            help="Soft, hard, del and ins one after the other; the line is the interval",
        ),
        **kinds,
        "made_up": number(
            "made up", format="%.1f", help="Insertions and hard substitutions, in % of the answers"
        ),
        **{
            name: number(how.heading, format=f"%.{how.decimals}f", help=how.text)
            for name, how in MEANING.items()
        },
        "rtfx": number("RTFx", format="%.1f", help="Seconds of audio for each second in the recogniser"),
        "scored": st.column_config.TextColumn(
            "scored", help="Clips scored, of those that the dataset has; ⚠ not all"
        ),
    }


def _to_cases(row: Row) -> None:
    filters = Filters().choosing("system", [row["system"]]).choosing("condition", [row["condition"]])
    if row.get("aggregate") != "macro-datasets":
        filters = filters.choosing("dataset", [row["dataset"]])
    if row["subset"] and not row["aggregate"]:
        filters = filters.choosing("subset", [row["subset"]])
    if len(opened.runs()) > 1:
        filters = filters.choosing("run", [row["run_name"]])
    location.go("views/cases.py", replace(location.place().at(None), filters=filters))


def _legend() -> None:
    said = "; ".join(f"**{kind}** {text}" for kind, text in SAID.items())
    st.caption(
        f"{said}; **made up**: insertions and hard substitutions in % of the answers; **⚠** not all "
        "clips are scored. The interval is over speakers where all are known, else over clips."
    )


if __name__ == "__main__":
    page()
