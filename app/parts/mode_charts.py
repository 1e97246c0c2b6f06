"""Charts of failure modes: shares with intervals by system, and counts by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics import MODES
from asrdiag.report.page.matrix_charts import ink_on
from asrdiag.report.page.text import label

from ..colours import Style
from ..data.modes import System
from ..data.proportions import reached
from .plot import GRID, dark, scale

FAILING = tuple(mode for mode in MODES if mode != "correct")


def spoken(mode: str) -> str:
    """A mode as people write it."""
    return mode.replace("_", " ")


def share_chart(systems: Mapping[str, System], styles: Mapping[str, Style]) -> dict[str, Any]:
    """Shares of the modes in which something is wrong; the targets are what a system is called, and a mode.

    Args:
        systems: by what they are called.
        styles: how they are drawn.
    """
    step = 0.7 / max(len(systems), 1)
    traces = []
    for place, (name, system) in enumerate(systems.items()):
        found = [system.shares[mode] for mode in FAILING]
        ends = [reached(each) for each in found]
        style = styles[name]
        shift = (place - (len(systems) - 1) / 2) * step
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label(name, 60),
                "x": [each.pct for each in found],
                "y": [row + shift for row in range(len(FAILING))],
                "error_x": {
                    **{"type": "data", "symmetric": False, "thickness": 1.6, "width": 4},
                    **{"array": [high for _, high in ends], "arrayminus": [low for low, _ in ends]},
                    "color": style.colour,
                },
                "marker": {"size": 9, "symbol": style.symbol, "color": style.colour},
                "cliponaxis": False,
                "hoverinfo": "text",
                "hovertext": [
                    f"<b>{label(name, 60)}</b><br>{spoken(mode)}: {each.pct or 0:.1f} %"
                    + (f" ({each.low_pct:.1f} to {each.high_pct:.1f})" if each.low_pct is not None else "")
                    + f"<br>{each.hits:,} of {each.of:,} answers"
                    for mode, each in zip(FAILING, found, strict=True)
                ],
                "customdata": [[name, mode] for mode in FAILING],
            }
        )
    return {
        "data": traces,
        "layout": {
            "height": 70 + len(FAILING) * max(30, 10 * len(systems) + 12),
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "showlegend": False,
            "dragmode": False,
            "xaxis": {
                **{"title": {"text": "share of the answers in %"}, "rangemode": "tozero"},
                **{"gridcolor": GRID, "zeroline": True, "zerolinecolor": GRID, "fixedrange": True},
            },
            "yaxis": {
                **{"tickmode": "array", "tickvals": list(range(len(FAILING)))},
                **{"ticktext": [spoken(mode) for mode in FAILING], "automargin": True},
                **{"range": [len(FAILING) - 0.5, -0.5], "showgrid": False, "zeroline": False},
                "fixedrange": True,
            },
            "shapes": [
                {
                    **{"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "line": {"width": 0}},
                    **{"y0": row - 0.5, "y1": row + 0.5, "fillcolor": "rgba(128,140,155,0.09)"},
                    "layer": "below",
                }
                for row in range(0, len(FAILING), 2)
            ],
        },
    }


def count_chart(counts: Mapping[str, NDArray[np.int64]], modes: Sequence[str]) -> dict[str, Any]:
    """How many answers are in each mode, by condition; the targets are a condition and a mode.

    The colour is the share within the condition, its square root to be exact, so that rare modes are seen.

    Args:
        counts: of each of `MODES`, by condition.
        modes: those to show.
    """
    places = [MODES.index(mode) for mode in modes]
    names = list(counts)
    table = np.array([counts[name] for name in names])
    shares = table / table.sum(axis=1, keepdims=True)
    chosen = shares[:, places]
    cells = [(x, y) for y in range(len(names)) for x in range(len(modes)) if table[y, places[x]]]
    depth = np.sqrt(chosen)
    heat = {
        "type": "heatmap",
        "z": [[float(value) or None for value in row] for row in depth],
        **{"zmin": 0, "zmax": 1, "colorscale": scale(), "showscale": False, "xgap": 2, "ygap": 2},
        "hoverinfo": "skip",
    }
    points = {
        **{"type": "scatter", "mode": "markers+text", "hoverinfo": "text"},
        "text": [f"{table[y, places[x]]:,}<br>{_brief(chosen[y, x])}" for x, y in cells],
        "textfont": {
            "size": 12,
            "color": [ink_on(1 - depth[y, x] if dark() else depth[y, x]) for x, y in cells],
        },
        **{"x": [x for x, _ in cells], "y": [y for _, y in cells]},
        "hovertext": [
            f"<b>{label(names[y], 60)}</b><br>{spoken(modes[x])}: {table[y, places[x]]:,} of "
            f"{table[y].sum():,} answers, {100 * chosen[y, x]:.1f} %"
            for x, y in cells
        ],
        "customdata": [[names[y], modes[x]] for x, y in cells],
        # Plotly lets points be chosen, not cells: these cover the cells and cannot be seen.
        "marker": {"size": 34, "symbol": "square", "opacity": 0.001, "color": "#808080"},
        **{"selected": {"marker": {"opacity": 0.001}}, "unselected": {"marker": {"opacity": 0.001}}},
    }
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True, "tickmode": "array"}
    return {
        "data": [heat, points],
        "layout": {
            "height": 76 + 42 * len(names),
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "showlegend": False,
            "dragmode": False,
            "xaxis": {
                **axis,
                **{"tickvals": list(range(len(modes))), "side": "top", "autotickangles": [0, -45, -90]},
                "ticktext": [spoken(mode).replace(" ", "<br>") for mode in modes],
            },
            "yaxis": {
                **axis,
                **{"tickvals": list(range(len(names))), "range": [len(names) - 0.5, -0.5]},
                "ticktext": [label(name, 40) for name in names],
            },
        },
    }


def _brief(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "<1 %"
