"""Charts of two systems side by side: their rates on each sample, and who made fewer errors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.report.page.chart import Style
from asrdiag.report.page.text import label

from .plot import GREY, GRID, overlay, scale

HIGHEST = 150.0
"""Rates above this are drawn at the edge, in %."""
MOST_POINTS = 1500
"""Where more different points would be drawn, it is a density."""
BINS = 30

Rates = NDArray[np.float64]


def rates_chart(first: Rates, second: Rates, names: tuple[str, str], styles: tuple[Style, Style]) -> Any:
    """The rates of two systems on the same samples, with the line on which they are equal.

    Every point leads to a region `[x_low, x_high, y_low, y_high]` in %: itself, or its cell of the density.

    Args:
        first: the first system's rates in %, shape [n_pairs].
        second: the second's.
        names: what the two are called.
        styles: how they are drawn.
    """
    points = np.stack([np.minimum(first, HIGHEST), np.minimum(second, HIGHEST)], axis=1)
    top = max(100.0, float(points.max(initial=0.0)))
    places, counts = np.unique(points, axis=0, return_counts=True)
    data = (
        _points(places, counts, names, styles) if len(places) <= MOST_POINTS else _density(points, top, names)
    )
    ends = [-0.04 * top, 1.04 * top]
    diagonal = {
        **{"type": "scatter", "mode": "lines", "x": [0, top], "y": [0, top], "hoverinfo": "skip"},
        "line": {"width": 1, "dash": "dash", "color": GREY},
    }
    axis = {"range": ends, "fixedrange": True, "zeroline": False, "gridcolor": GRID, "automargin": True}
    return {
        "data": [diagonal, *data],
        "layout": {
            "height": 440,
            "margin": {"l": 8, "r": 12, "t": 34, "b": 8},
            "showlegend": False,
            "hovermode": "closest",
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": "#2f8fce"},
            "xaxis": axis | {"title": {"text": f"{label(names[0], 60)}, rate in %"}},
            "yaxis": axis | {"title": {"text": f"{label(names[1], 60)}, rate in %"}},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }


def _points(
    places: Rates, counts: NDArray[np.int64], names: tuple[str, str], styles: tuple[Style, Style]
) -> list[dict[str, Any]]:
    """A point for each pair of rates, the larger the more samples have it, looking like the better system."""
    sizes = np.minimum(7 + 4 * np.log2(counts), 34)
    worse = np.sign(places[:, 0] - places[:, 1])
    traces = []
    for sign, style in ((-1, styles[0]), (0, Style(GREY, "solid", "circle-open")), (1, styles[1])):
        chosen = np.flatnonzero(worse == sign)
        if not len(chosen):
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": places[chosen, 0].tolist(),
                "y": places[chosen, 1].tolist(),
                "marker": {
                    **{"size": sizes[chosen].tolist(), "color": style.colour, "symbol": style.symbol},
                    "opacity": 0.85,
                },
                "hoverinfo": "text",
                "text": [
                    _hover(names, (f"{x:.1f}", f"{y:.1f}"), n)
                    for (x, y), n in zip(places[chosen].tolist(), counts[chosen].tolist(), strict=True)
                ],
                "customdata": [[x, x, y, y] for x, y in places[chosen].tolist()],
            }
        )
    return traces


def _density(points: Rates, top: float, names: tuple[str, str]) -> list[dict[str, Any]]:
    edges = np.linspace(0, top, BINS + 1)
    counts = np.histogram2d(points[:, 0], points[:, 1], bins=[edges, edges])[0].astype(np.int64).T
    middles = ((edges[:-1] + edges[1:]) / 2).tolist()
    cells = [(x, y) for y, x in np.argwhere(counts).tolist()]
    heat = {
        "type": "heatmap",
        "x": middles,
        "y": middles,
        "z": np.where(counts > 0, np.log10(np.maximum(counts, 1)) + 0.3, np.nan).tolist(),
        "zmin": 0,
        "colorscale": scale(),
        "showscale": False,
        "hoverinfo": "skip",
        "hoverongaps": False,
    }
    ends = [(edges[x], edges[x + 1], edges[y], edges[y + 1]) for x, y in cells]
    over = overlay(
        [middles[x] for x, _ in cells],
        [middles[y] for _, y in cells],
        [
            _hover(names, (f"{a:.0f} to {b:.0f}", f"{c:.0f} to {d:.0f}"), int(counts[y, x]))
            for (a, b, c, d), (x, y) in zip(ends, cells, strict=True)
        ],
        [[float(end) for end in each] for each in ends],
    )
    over["marker"]["size"] = 13
    return [heat, over]


def _hover(names: tuple[str, str], rates: tuple[str, str], n: int) -> str:
    return (
        f"{label(names[0])} {rates[0]} %<br>{label(names[1])} {rates[1]} %<br>"
        f"{n:,} sample{'' if n == 1 else 's'}"
    )


def inside(first: Rates, second: Rates, region: Sequence[float]) -> NDArray[np.bool_]:
    """Which pairs lie in a region of the chart, ends included; what is drawn at the edge lies there.

    >>> inside(np.array([0.0, 200.0]), np.array([50.0, 50.0]), (100, 150, 0, 60)).tolist()
    [False, True]
    """
    x, y = np.minimum(first, HIGHEST), np.minimum(second, HIGHEST)
    low_x, high_x, low_y, high_y = region
    slack = 1e-4
    found: NDArray[np.bool_] = (x >= low_x - slack) & (x <= high_x + slack)
    found &= (y >= low_y - slack) & (y <= high_y + slack)
    return found


def shares_chart(counts: Sequence[int], styles: tuple[Style, Style]) -> Any:
    """How many samples each system did better on, and on how many both were as good."""
    told = ("A fewer", "both as many", "B fewer")
    pattern = {"fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.35, "solidity": 0.2}
    looks = ((styles[0].colour, ""), (GREY, ""), (styles[1].colour, "/"))
    total = max(1, sum(counts))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [n],
                "y": [0],
                "marker": {"color": colour, "pattern": {**pattern, "shape": shape}},
                "text": f"{n:,}" if n > 0.06 * total else "",
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textfont": {"color": "#ffffff"},
                "name": name,
                "hoverinfo": "text",
                "hovertext": f"{name}: {n:,} ({100 * n / total:.1f} %)",
            }
            for n, name, (colour, shape) in zip(counts, told, looks, strict=True)
        ],
        "layout": {
            "height": 100,
            "barmode": "stack",
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "legend": {"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top", "itemclick": False}
            | {"traceorder": "normal", "itemdoubleclick": False},
            "xaxis": {"visible": False, "range": [0, total], "fixedrange": True},
            "yaxis": {"visible": False, "fixedrange": True},
            "dragmode": False,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }
