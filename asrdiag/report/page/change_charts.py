"""Change charts: what each condition adds to a system's error rate, with paired intervals."""

from collections.abc import Mapping, Sequence

from ..changes import Change
from .chart import INK, NAMES, Chart, Style, downwards, layout, names_axis, numbers_axis
from .text import count, label, plain, rate

TOGETHER = 4
"""So many systems share a chart; of more, each has its own."""


def change_charts(changes: Sequence[Change], styles: Mapping[str, Style]) -> list[Chart]:
    """The changes of a dataset under one metric; conditions down."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.dataset, change.metric), []).append(change)
    charts = []
    for (dataset, metric), found in groups.items():
        systems = list(dict.fromkeys(change.system for change in found))
        parts = [systems] if len(systems) <= TOGETHER else [[system] for system in systems]
        for part in parts:
            name = f"{dataset}, {NAMES[metric]}" + (f": {part[0]}" if len(parts) > 1 else "")
            charts.append(_chart(name, [change for change in found if change.system in part], styles))
    return charts


def _chart(name: str, changes: Sequence[Change], styles: Mapping[str, Style]) -> Chart:
    conditions = list(dict.fromkeys(change.condition for change in changes))
    systems = list(dict.fromkeys(change.system for change in changes))
    traces = []
    for place, system in enumerate(systems):
        own = [change for change in changes if change.system == system]
        shift = 0.0 if len(systems) == 1 else 0.5 * (place / (len(systems) - 1) - 0.5)
        style = styles[system]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "meta": plain(system),
                "name": label(system),
                "x": [change.change_pct for change in own],
                "y": [conditions.index(change.condition) + shift for change in own],
                "marker": {"size": 8.5, "symbol": style.symbol, "color": style.colour},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [_reach(change.high_pct, change.change_pct) for change in own],
                    "arrayminus": [_reach(change.change_pct, change.low_pct) for change in own],
                    "color": style.colour,
                    "thickness": 1.6,
                    "width": 0,
                },
                "hoverinfo": "text",
                "text": [_hover(change) for change in own],
            }
        )
    height = 70 + round(len(conditions) * max(24, 13 * len(systems)))
    stripes = [
        {
            "type": "rect",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": row - 0.5,
            "y1": row + 0.5,
            "fillcolor": "#f5f7fa",
            "line": {"width": 0},
            "layer": "below",
        }
        for row in range(0, len(conditions), 2)
    ]
    figure = {
        "data": traces,
        "layout": layout(
            height,
            xaxis=numbers_axis(
                "change in percentage points", zeroline=True, zerolinecolor=INK, zerolinewidth=1.2, nticks=8
            ),
            yaxis=names_axis(conditions, range=downwards(len(conditions))),
            shapes=stripes,
            hovermode="closest",
        ),
    }
    return Chart(name, _caption(changes), figure)


def _caption(changes: Sequence[Change]) -> str:
    baselines = " or ".join(dict.fromkeys(change.baseline for change in changes))
    counts = sorted({change.n_clips for change in changes})
    clips = count(counts[-1], "clip")
    spread = clips if len(counts) == 1 else f"{counts[0]:,} to {clips}"
    units = dict.fromkeys(
        count(change.n_units, "speaker" if change.unit == "speaker" else "clip") for change in changes
    )
    over = next(iter(units)) if len(units) == 1 else f"{changes[0].unit}s"
    text = f"Error rate less that under {baselines}, on {spread} answered under both; to the right is worse."
    if any(change.low_pct is not None for change in changes):
        text += f" Lines: paired 95 % intervals over {over}."
    if left_out := max(change.n_left_out for change in changes):
        text += f" Up to {count(left_out, 'clip')} answered under one only, left out."
    return text


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(0.0, high - low)


def _hover(change: Change) -> str:
    ends = f"{rate(change.low_pct, '+')} to {rate(change.high_pct, '+')}"
    return (
        f"<b>{label(change.system)}</b><br>{label(change.condition, 60)}<br>"
        f"{rate(change.change_pct, '+')} points ({ends})<br>"
        f"{rate(change.baseline_rate_pct)} % to {rate(change.rate_pct)} %<br>{count(change.n_clips, 'clip')}"
    )
