"""Robustness: what conditions do to systems, as curves, heat maps, changes and failure modes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from asrdiag.app import location, opened, results
from asrdiag.app.colours import MEANINGS, Style, styles
from asrdiag.app.data.filters import Filters
from asrdiag.app.data.robustness import Parameters, Part, Robustness, matrices_of, parameters_of, parts_of
from asrdiag.app.data.rows import measured
from asrdiag.app.parts.charted import columns_of, numbers, side_by_side
from asrdiag.app.parts.curves import curves
from asrdiag.app.parts.filter_bar import cell_filters, cell_options, passing
from asrdiag.app.parts.links import to_cases
from asrdiag.app.parts.messages import empty
from asrdiag.app.parts.plot import keys, legend, plot, target
from asrdiag.app.parts.report_charts import (
    drawn_changes,
    drawn_matrix,
    drawn_modes,
    mode_marker,
)
from asrdiag.app.texts import markdown, shown
from asrdiag.metrics import MODES
from asrdiag.report.changes import Change
from asrdiag.report.level_curves import LevelCurve
from asrdiag.report.matrix import Matrix
from asrdiag.report.page.chart import NAMES

Row = dict[str, Any]

_MANY = 4
"""Of so many systems all are shown where each has a chart of its own."""


def page() -> None:
    """Draw the page."""
    st.title("Robustness")
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
    kept = passing(whole, filters)
    if not kept:
        empty("No cell passes the filters.", "Take some of them back in the sidebar.")
        return
    dataset, metric, part = _chosen(kept, passing(rows, filters))
    shown_systems = list(dict.fromkeys(row["called"] for row in kept if _is_of(row, dataset, metric)))
    all_systems = list(dict.fromkeys(row["called"] for row in whole))
    how = {name: style for name, style in styles(all_systems).items() if name in shown_systems}
    found = results.robustness(dataset, metric, part)
    legend(how, "robustness.legend")
    st.caption(
        "Choose a point, a cell or a bar to see the cases behind it. Bands and lines are 95 % intervals, "
        "over speakers where all are known, else over clips."
    )
    go = _Go(dataset, part)
    curves(_with_parameters(found, how, filters), how, go)
    of_dataset = [row for row in passing(rows, filters) if _is_of(row, dataset, metric)]
    tables = list(matrices_of(of_dataset, part))
    _heat_maps(tables, go)
    few = _few(shown_systems)
    _changes(found, {name: how[name] for name in few}, filters, go)
    _modes(tables, few, go)
    for note in dict.fromkeys(note for each in found.values() for note in each.notes):
        st.caption(markdown(note, 500))


class _Go:
    """Leads from a target to its cases."""

    def __init__(self, dataset: str, part: Part) -> None:
        self.dataset, self.part = dataset, part

    def __call__(self, called: str, condition: str, mode: str = "", subset: str | None = None) -> None:
        run, system = results.systems()[called]
        wanted = {
            "system": system,
            "dataset": self.dataset,
            "condition": condition,
            "subset": self.part.subset,
            "language": self.part.language,
            "failure_mode": mode,
        }
        labels = {column: [text] for column, text in wanted.items() if text}
        if subset is not None:  # "" stands for clips that are in none
            labels["subset"] = [subset]
        to_cases(run, labels)


def _chosen(kept: Sequence[Row], rows: Sequence[Row]) -> tuple[str, str, Part]:
    """The dataset with its metric, and the part of it."""
    datasets = {f"{row['dataset']} {row['metric']}": (row["dataset"], row["metric"]) for row in kept}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = location.select(
            "Dataset",
            "robustness.dataset",
            list(datasets),
            shown=lambda name: f"{shown(datasets[name][0], 60)} · {NAMES[datasets[name][1]]}",
            width=260,
        )
        dataset, metric = datasets[name]
        parts = {"": Part()} | {
            f"{part.subset} {part.language}".strip(): part
            for part in parts_of([row for row in rows if _is_of(row, dataset, metric)])
        }
        if len(parts) < 3:
            return dataset, metric, Part()
        of = location.select(
            "Subset",
            "robustness.subset",
            list(parts),
            shown=lambda name: shown(name, 60) or "all",
            width=220,
        )
    return dataset, metric, parts[of]


def _is_of(row: Row, dataset: str, metric: str) -> bool:
    return bool(row["dataset"] == dataset and row.get("metric") == metric)


def _with_parameters(
    found: Mapping[str, Robustness], how: Mapping[str, Style], filters: Filters
) -> list[tuple[LevelCurve, Parameters]]:
    """The curves of the systems that are shown, of their conditions that pass."""
    known: list[tuple[LevelCurve, Parameters]] = []
    systems = results.systems()
    for run, each in found.items():
        cells = opened.by_name()[run].cells
        for curve in each.curves:
            kept = replace(curve, points=tuple(p for p in curve.points if _passes(p.condition, filters)))
            if curve.system in how and len(kept.points) > 1:
                _, system = systems[curve.system]
                of = {
                    cell["condition"]: cell
                    for cell in cells.values()
                    if (cell["system"], cell["dataset"]) == (system, curve.dataset)
                }
                known.append((kept, parameters_of(kept, of)))
    return known


def _passes(condition: str, filters: Filters) -> bool:
    return not filters.of("condition") or condition in filters.of("condition")


def _heat_maps(tables: Sequence[Matrix], go: Callable[..., None]) -> None:
    st.subheader("Heat map")
    for matrix in tables:
        chart = drawn_matrix(matrix)
        if len(tables) > 1:
            st.markdown(f"**{markdown(chart.name, 120)}**")
        selection = plot(
            chart.figure, f"robustness.heat.{matrix.by}", f"Heat map by {matrix.by}: {shown(chart.name)}"
        )
        st.caption(markdown(chart.caption, 500))
        if (at := target(chart.figure, selection)) is not None:
            _from_matrix(matrix, at, go)


def _from_matrix(matrix: Matrix, at: Sequence[str], go: Callable[..., None]) -> None:
    called, column, *mode = at
    if matrix.by == "condition":
        go(called, column, *mode)
    else:
        go(called, matrix.condition, *(mode or [""]), subset=matrix.rows[called, column]["subset"])


def _few(systems: Sequence[str]) -> Sequence[str]:
    """All systems, or of many the one that is chosen."""
    if len(systems) <= _MANY:
        return systems
    return [
        location.select(
            "System",
            "robustness.system",
            list(systems),
            shown=lambda name: shown(name, 80),
            width=320,
            help="What follows is of this system; curves and heat map are of all.",
        )
    ]


def _changes(
    found: Mapping[str, Robustness], how: Mapping[str, Style], filters: Filters, go: Callable[..., None]
) -> None:
    st.subheader("Change against the audio as recorded")
    changes: list[Change] = [
        change
        for each in found.values()
        for change in each.changes
        if change.system in how and _passes(change.condition, filters)
    ]
    if not changes:
        empty(
            "There is nothing to compare with.",
            "Changes are told where a dataset was run under `kind: as_recorded` and under other conditions.",
        )
        return
    side_by_side(drawn_changes(changes, how), "robustness.change", go, across=1)
    columns: dict[str, list[Any]] = {
        "system": [shown(change.system) for change in changes],
        "condition": [shown(change.condition) for change in changes],
        "as recorded": [change.baseline_rate_pct for change in changes],
        "rate": [change.rate_pct for change in changes],
        "change": [change.change_pct for change in changes],
        "from": [change.low_pct for change in changes],
        "to": [change.high_pct for change in changes],
        "beyond chance": ["yes" if change.beyond_chance else "no" for change in changes],
        "clips": [change.n_clips for change in changes],
    }
    numbers("robustness.changes", columns, [[change.system, change.condition] for change in changes], go)


def _modes(tables: Sequence[Matrix], few: Sequence[str], go: Callable[..., None]) -> None:
    st.subheader("Failure modes by condition")
    for matrix in tables:
        systems = [name for name in matrix.systems if name in few]
        across = 1 if len(systems) == 1 else 2
        for place, column in enumerate(columns_of(len(systems), across)):
            chart = drawn_modes(matrix, systems[place])
            if chart is None:
                continue
            with column:
                st.markdown(f"**{markdown(systems[place], 80)}**")
                selection = plot(
                    chart.figure,
                    f"robustness.mode.{matrix.by}",
                    f"Failure modes by {matrix.by}: {shown(systems[place])}",
                )
                st.caption(markdown(chart.caption, 500))
            if (at := target(chart.figure, selection)) is not None:
                _from_matrix(matrix, at, go)
    keys(
        [
            {
                "type": "bar",
                "x": [None],
                "y": [None],
                "name": mode.replace("_", " "),
                "marker": mode_marker(mode),
            }
            for mode in MODES
        ],
        "robustness.modes",
        "Legend: the failure modes",
        76,
    )
    st.caption("; ".join(f"**{mode.replace('_', ' ')}** {MEANINGS[mode]}" for mode in MODES) + ".")


if __name__ == "__main__":
    page()
