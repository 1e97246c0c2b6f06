"""How much two systems differ in each group of samples, as a chart."""

from collections.abc import Mapping, Sequence
from typing import Any

from asrdiag.report.page.chart import Style
from asrdiag.report.page.text import label, rate

from .plot import GREY, GRID, STRIPE


def differences_chart(rows: Sequence[Mapping[str, Any]], styles: Mapping[str, Style]) -> Any:
    """The difference in each group with its interval; those beyond chance look like the better system.

    Args:
        rows: of `comparisons.csv`; their groups are the targets.
        styles: how the two systems are drawn.
    """
    traces = []
    for better in ("", *dict.fromkeys(row["better"] for row in rows if row["better"])):
        own = [(place, row) for place, row in enumerate(rows) if row["better"] == better]
        style = styles[better] if better else Style(GREY, "solid", "circle-open")
        known = [(place, row) for place, row in own if row["difference_pct"] is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [row["difference_pct"] for _, row in known],
                "y": [place for place, _ in known],
                "marker": {"size": 9, "symbol": style.symbol, "color": style.colour},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [_reach(row["difference_high_pct"], row["difference_pct"]) for _, row in known],
                    "arrayminus": [
                        _reach(row["difference_pct"], row["difference_low_pct"]) for _, row in known
                    ],
                    **{"color": style.colour, "thickness": 1.6, "width": 0},
                },
                "hoverinfo": "text",
                "text": [_told(row) for _, row in known],
                "customdata": [[row["group"]] for _, row in known],
            }
        )
    names = [label(row["group"]) or "(none)" for row in rows]
    return {
        "data": traces,
        "layout": {
            "height": 80 + 26 * len(rows),
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                "title": {"text": f"{label(rows[0]['system_a'])} less {label(rows[0]['system_b'])}, points"},
                **{"zeroline": True, "zerolinecolor": GREY, "gridcolor": GRID, "fixedrange": True},
            },
            "yaxis": {
                **{"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": names},
                **{"range": [len(rows) - 0.5, -0.5], "fixedrange": True, "showgrid": False},
                **{"zeroline": False, "automargin": True},
            },
            "shapes": [
                {
                    **{
                        "type": "rect",
                        "xref": "paper",
                        "x0": 0,
                        "x1": 1,
                        "y0": place - 0.5,
                        "y1": place + 0.5,
                    },
                    **{"fillcolor": STRIPE, "line": {"width": 0}, "layer": "below"},
                }
                for place in range(0, len(rows), 2)
            ],
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
        },
    }


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(0.0, high - low)


def _told(row: Mapping[str, Any]) -> str:
    ends = f"{rate(row['difference_low_pct'], '+')} to {rate(row['difference_high_pct'], '+')}"
    return (
        f"<b>{label(row['group'], 60) or '(none)'}</b><br>"
        f"{rate(row['difference_pct'], '+')} points ({ends})<br>"
        f"{rate(row['error_rate_a_pct'])} % against {rate(row['error_rate_b_pct'])} %<br>"
        f"{row['n_compared']:,} samples"
    )
