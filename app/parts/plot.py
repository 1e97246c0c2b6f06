"""Plotly's figures on pages: in the page's own inks, light or dark, with points that lead somewhere."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal, TypeAlias

import streamlit as st

from asrdiag.report.page.text import label

from .. import location
from ..colours import Style
from .case_table import digest

Mode: TypeAlias = Literal["points", "box"]

GREY = "#7d8794"
"""Seen on light and on dark ground."""
STRIPE = "rgba(128,140,155,0.09)"
GRID = "rgba(128,140,155,0.28)"
SCALE = ((0.0, "#f3f7fc"), (0.25, "#c4daee"), (0.5, "#7db0da"), (0.75, "#2f74b0"), (1.0, "#0a3563"))
"""One hue from light to dark, as the report has it; `scale` turns it round on dark ground."""
_OWN_INKS = ("gridcolor", "linecolor", "tickcolor", "tickfont", "zerolinecolor")


def dark() -> bool:
    """Whether the page is dark now."""
    return bool(st.context.theme.type == "dark")


def scale() -> list[list[Any]]:
    """The colours of a heat map, from little, which is near the page's ground, to much."""
    stops = [colour for _, colour in SCALE]
    return [
        [place, colour] for (place, _), colour in zip(SCALE, stops[::-1] if dark() else stops, strict=True)
    ]


def themed(figure: Mapping[str, Any]) -> dict[str, Any]:
    """A figure of a report without the inks of its white page, so that it takes those of this one."""
    found = deepcopy(dict(figure))
    layout = found["layout"]
    layout["font"] = {"size": 12.5}
    layout.pop("hoverlabel", None)
    for name in [name for name in layout if name.startswith(("xaxis", "yaxis"))]:
        axis = layout[name]
        for ink in _OWN_INKS:
            axis.pop(ink, None)
        if "ticktext" in axis:
            axis["ticktext"] = [text or "(none)" for text in axis["ticktext"]]
        if isinstance(axis.get("title"), dict):
            axis["title"].pop("font", None)
        if axis.get("showgrid") is not False:
            axis["gridcolor"] = GRID
        if axis.get("zeroline"):
            axis["zerolinecolor"] = GREY
    for shape in layout.get("shapes", ()):
        shape["fillcolor"] = STRIPE
    return found


def plot(figure: dict[str, Any], name: str, alt: str, modes: Sequence[Mode] = ("points",)) -> dict[str, Any]:
    """Draw a figure; what is chosen in it comes back as Streamlit gives it, with `points`, `box` and so on.

    Args:
        figure: data and layout.
        name: the chart's name in the state; with other targets it is another chart.
        alt: what it shows, for those who cannot see it.
        modes: how points can be chosen; without any nothing can.
    """
    targets = [trace.get("customdata") for trace in figure["data"]]
    key = location.key(f"{name}.{digest(targets)}")
    config: dict[str, Any] = {"displaylogo": False, "displayModeBar": "box" in modes}
    if not modes:
        st.plotly_chart(figure, key=key, config=config, alt=alt)
        return {}
    state = st.plotly_chart(
        figure, key=key, config=config, alt=alt, on_select="rerun", selection_mode=tuple(modes)
    )
    return dict(state["selection"])


def target(figure: Mapping[str, Any], selection: Mapping[str, Any]) -> Any:
    """What the first chosen point leads to, by the figure's own `customdata`; `None` if none is chosen."""
    return next(iter(targets(figure, selection)), None)


def targets(figure: Mapping[str, Any], selection: Mapping[str, Any]) -> list[Any]:
    """What the chosen points lead to."""
    found = []
    for point in selection.get("points", ()):
        curve, place = point.get("curve_number"), point.get("point_index", point.get("point_number"))
        if isinstance(curve, int) and isinstance(place, int) and 0 <= curve < len(figure["data"]):
            of_trace = figure["data"][curve].get("customdata") or ()
            if 0 <= place < len(of_trace):
                found.append(of_trace[place])
    return found


def overlay(xs: Sequence[float], ys: Sequence[float], texts: Sequence[str], where: Sequence[Any]) -> Any:
    """Points that cannot be seen over the cells of a heat map, which plotly does not let choose."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(xs),
        "y": list(ys),
        "marker": {"size": 26, "symbol": "square", "opacity": 0.001, "color": "#808080"},
        "hoverinfo": "text",
        "hovertext": list(texts),
        "customdata": list(where),
        "selected": {"marker": {"opacity": 0.001}},
        "unselected": {"marker": {"opacity": 0.001}},
    }


def legend(styles: Mapping[str, Style], name: str) -> None:
    """Line and marker of each system, for all charts of a page."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [None],
            "y": [None],
            "name": label(system, 60),
            "line": {"width": 2.2, "color": style.colour, "dash": style.dash},
            "marker": {"size": 7.5, "symbol": style.symbol, "color": style.colour},
        }
        for system, style in styles.items()
    ]
    keys(traces, name, f"Legend: {len(styles)} systems", 30 * -(-len(traces) // 6))


def keys(traces: Sequence[Mapping[str, Any]], name: str, alt: str, height: int) -> None:
    """A figure that is nothing but its legend, of so many pixels; where there are more, it scrolls."""
    hidden = {"visible": False, "fixedrange": True}
    figure = {
        "data": list(traces),
        "layout": {
            "height": height,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "showlegend": True,
            "legend": {
                **{"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "top"},
                **{"itemclick": False, "itemdoubleclick": False, "maxheight": 1},
            },
            "xaxis": hidden,
            "yaxis": hidden,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "dragmode": False,
        },
    }
    plot(figure, name, alt, modes=())
