"""The charts of a report, made fit for a page: in its inks, against any parameter, every point with a target.

A target is a list: what the system is called, its condition, and further columns of a case, such as a mode.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asrdiag.metrics import MODES
from asrdiag.report.changes import Change
from asrdiag.report.level_curves import LevelCurve
from asrdiag.report.matrix import Matrix
from asrdiag.report.page.change_charts import change_charts
from asrdiag.report.page.chart import Style
from asrdiag.report.page.curve_charts import curve_charts
from asrdiag.report.page.matrix_charts import ink_on, matrix_charts
from asrdiag.report.page.mode_charts import COLOURS, mode_charts
from asrdiag.report.page.text import label, plain

from .plot import dark, overlay, scale, themed

PATTERNS = {
    **{"omission": "/", "truncation": "\\", "empty": "x", "hallucination": ".", "repetition_loop": "-"},
    **{"language_switch": "|", "semantic_drift": "+"},
}
"""So that modes are not told apart by colour alone."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart ready for the page: heading, the line below it, and the figure with its targets."""

    name: str
    caption: str
    figure: dict[str, Any]


def drawn_curves(
    curves: Sequence[tuple[LevelCurve, str, Sequence[float]]], styles: Mapping[str, Style]
) -> list[Drawn]:
    """Curves, one chart for each effect.

    Args:
        curves: the curves, each with the parameter to draw it against and its value at every point; without
            one it is drawn against its level.
        styles: how systems are drawn.
    """
    groups: dict[tuple[str, ...], list[tuple[LevelCurve, str, Sequence[float]]]] = {}
    for each in curves:
        curve = each[0]
        key = curve.dataset, curve.metric, curve.effect, curve.parameter, curve.levels_of
        groups.setdefault(key, []).append(each)
    found = []
    charts = curve_charts([curve for curve, _, _ in curves], styles)
    for chart, group in zip(charts, groups.values(), strict=True):
        figure = themed(chart.figure)
        of_curve = list(_traces_of(figure["data"], len(group)))
        for (curve, _, _), traces in zip(group, of_curve, strict=True):
            traces[-1]["customdata"] = [[curve.system, point.condition] for point in curve.points]
        parameter = group[0][1]
        if parameter and all(name == parameter for _, name, _ in group):
            for (curve, _, values), traces in zip(group, of_curve, strict=True):
                _move(traces, curve, values, parameter)
            _axis(figure["layout"]["xaxis"], [values for _, _, values in group], parameter)
        found.append(Drawn(chart.name, chart.caption, figure))
    return found


def _traces_of(traces: Sequence[dict[str, Any]], n_curves: int) -> Iterator[list[dict[str, Any]]]:
    """The traces of each curve: its band and its line as recorded, if it has them, then the curve."""
    part: list[dict[str, Any]] = []
    told = 0
    for trace in traces:
        part.append(trace)
        if trace["mode"] == "lines+markers":
            yield part
            part, told = [], told + 1
    assert told == n_curves and not part


def _move(
    traces: Sequence[dict[str, Any]], curve: LevelCurve, values: Sequence[float], parameter: str
) -> None:
    at = {point.level: value for point, value in zip(curve.points, values, strict=True)}
    for trace in traces:
        trace["x"] = [at[level] for level in trace["x"]]
    traces[-1]["text"] = [
        f"{text}<br>{label(parameter, 60)} {value:g}"
        for text, value in zip(traces[-1]["text"], values, strict=True)
    ]


def _axis(axis: dict[str, Any], values: Sequence[Sequence[float]], parameter: str) -> None:
    ticks = sorted({value for each in values for value in each})
    edge = 0.04 * (ticks[-1] - ticks[0])
    ends = [ticks[0] - edge, ticks[-1] + edge]
    falls = values[0][-1] < values[0][0]
    axis["title"]["text"] = f"{label(parameter, 60)} (harder to the right)"
    axis["range"] = ends[::-1] if falls else ends
    axis["tickvals"] = ticks if len(ticks) <= 7 else ticks[:: len(ticks) // 6]


def drawn_matrix(matrix: Matrix) -> Drawn:
    """A heat map; the points over its cells lead to a system and a condition, or a subset."""
    [chart] = matrix_charts([matrix])
    figure = themed(chart.figure)
    heat, *texts = figure["data"]
    heat["colorscale"] = scale()
    if dark():
        _turn(heat, texts)
    cells = [(x, y) for y in range(len(matrix.columns)) for x in range(len(matrix.systems))]
    cells = [(x, y) for x, y in cells if (matrix.systems[x], matrix.columns[y]) in matrix.rows]
    figure["data"].append(
        overlay(
            [x for x, _ in cells],
            [y for _, y in cells],
            [heat["hovertext"][y][x] for x, y in cells],
            [[matrix.systems[x], matrix.columns[y]] for x, y in cells],
        )
    )
    heat["hoverinfo"] = "skip"
    # Anywhere in a cell its point is the nearest one; plotly's own limit is 20 pixels.
    figure["layout"] |= {"margin": {"l": 8, "r": 12, "t": 8, "b": 4}, "hovermode": "closest"}
    figure["layout"]["hoverdistance"] = -1
    return Drawn(chart.name, chart.caption.replace("Darkest", "Strongest"), figure)


def _turn(heat: Mapping[str, Any], texts: Sequence[dict[str, Any]]) -> None:
    """Give the numbers the inks that can be read on the scale turned round."""
    for trace in texts:
        shares = [
            min(1.0, (heat["z"][y][x] or 0.0) / heat["zmax"])
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        trace["textfont"] = {"color": [ink_on(1 - share) for share in shares]}


def drawn_changes(changes: Sequence[Change], styles: Mapping[str, Style]) -> list[Drawn]:
    """Changes against the audio as recorded, with their intervals."""
    found = []
    for chart in change_charts(changes, styles):
        figure = themed(chart.figure)
        for trace in figure["data"]:
            own = [change for change in changes if plain(change.system) == trace["meta"]]
            trace["customdata"] = [[change.system, change.condition] for change in own]
        found.append(Drawn(chart.name, chart.caption, figure))
    return found


def drawn_modes(matrix: Matrix, system: str) -> Drawn | None:
    """The shares of the failure modes of one system; `None` where nothing is scored."""
    rows = {
        name: row
        for name in matrix.columns
        if (row := matrix.rows.get((system, name))) and row.get("mode_correct_pct") is not None
    }
    kept = Matrix(
        *(matrix.dataset, matrix.metric, matrix.by, matrix.condition, (system,), tuple(rows)),
        {(system, name): row for name, row in rows.items()},
    )
    charts = mode_charts([kept])
    if not charts:
        return None
    [chart] = charts
    figure = themed(chart.figure)
    present = [mode for mode in MODES if any(row[f"mode_{mode}_pct"] for row in rows.values())]
    for mode, trace in zip(present, figure["data"], strict=True):
        trace["customdata"] = [[system, name, mode] for name in rows]
        trace["marker"] = mode_marker(mode)
        trace["textfont"] = {"size": 11, "color": ink(COLOURS[mode])}
    return Drawn(system, chart.caption, figure)


def mode_marker(mode: str) -> dict[str, Any]:
    """Colour and pattern of a failure mode."""
    found: dict[str, Any] = {"color": COLOURS[mode], "line": {"color": "#ffffff", "width": 1}}
    if mode in PATTERNS:
        found["pattern"] = {
            **{"shape": PATTERNS[mode], "fillmode": "overlay", "size": 6, "solidity": 0.15},
            **{"fgcolor": ink(COLOURS[mode]), "fgopacity": 0.3},
        }
    return found


def ink(ground: str) -> str:
    """Black or white, whichever is read better on a colour.

    >>> ink("#ffffff"), ink("#14304f")
    ('#1b2430', '#ffffff')
    """
    red, green, blue = (int(ground[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return "#1b2430" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.25 else "#ffffff"
