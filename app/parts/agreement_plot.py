"""Reward against WER within a group: where the points do not fall from left to right, the two disagree."""

from collections import defaultdict
from typing import Any

from asrdiag.report.page.text import label

from ..data.judged import Judged, Preference
from ..texts import shown
from .plot import GRID, plot

_BLUE, _ORANGE = "#3b8ec2", "#d55e00"
_AXIS = {"gridcolor": GRID, "showgrid": True, "automargin": True, "zeroline": False}
_MOST_PAIRS = 60
_BESIDE = ("top center", "bottom center", "middle right", "middle left")
"""Names of neighbours stand on different sides, since equal ones would hide each other."""
_MOST_NAMES = 4


def agreement_plot(found: Judged, preferences: list[Preference], name: str) -> None:
    """Draw answers by error rate and reward; pairs that the two rank differently are joined.

    Args:
        found: the answers with their rewards.
        preferences: its pairs in which the worse answer is preferred.
        name: of the chart.
    """
    at: dict[tuple[float, float], list[int]] = defaultdict(list)
    for place in found.order:
        at[100 * float(found.rates[place]), float(found.rewards[place])].append(place)
    preferred = set(found.against.preferred.tolist())
    points = list(at.items())
    worse = [bool(preferred.intersection(places)) for _, places in points]
    figure: dict[str, Any] = {
        "data": [
            _pairs(found, preferences[:_MOST_PAIRS]),
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [rate for (rate, _), _ in points],
                "y": [reward for (_, reward), _ in points],
                "text": [_names(found, places) for _, places in points],
                "textposition": [_BESIDE[place % len(_BESIDE)] for place in range(len(points))],
                "cliponaxis": False,
                "marker": {
                    "size": 10,
                    "color": [_ORANGE if each else _BLUE for each in worse],
                    "symbol": ["diamond" if each else "circle" for each in worse],
                },
                "hovertext": [_told(found, places) for _, places in points],
                "hoverinfo": "text",
            },
        ],
        "layout": {
            "height": 320,
            "margin": {"l": 8, "r": 44, "t": 26, "b": 8},
            "showlegend": False,
            "font": {"size": 12.5},
            "xaxis": {"title": {"text": "WER, %"}, "nticks": 6, "tickangle": 0, **_AXIS},
            "yaxis": {"title": {"text": "reward"}, **_AXIS},
            "hovermode": "closest",
        },
    }
    plot(figure, name, "Reward against WER of each answer", modes=())


def _pairs(found: Judged, preferences: list[Preference]) -> dict[str, Any]:
    """A broken line for each distinct pair of points."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    drawn = set()
    for each in preferences:
        ends = [
            (100 * float(found.rates[place]), float(found.rewards[place]))
            for place in (each.better, each.preferred)
        ]
        if tuple(ends) not in drawn:
            drawn.add(tuple(ends))
            xs += [ends[0][0], ends[1][0], None]
            ys += [ends[0][1], ends[1][1], None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "line": {"color": _ORANGE, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _names(found: Judged, places: list[int]) -> str:
    names = [found.answers.names[place] for place in places]
    more = f" +{len(names) - _MOST_NAMES}" if len(names) > _MOST_NAMES else ""
    return label(", ".join(names[:_MOST_NAMES]) + more, 40)


def _told(found: Judged, places: list[int]) -> str:
    lines = [
        label(f"{found.answers.names[place]}: {shown(found.rollouts[place].transcript, 80)}", 100)
        for place in places[:_MOST_NAMES]
    ]
    place = places[0]
    ranks = f"rank {found.reward_ranks[place]} by reward, {found.rate_ranks[place]} by WER"
    return "<br>".join(
        [*lines, f"reward {found.rewards[place]:.3f}, WER {100 * found.rates[place]:.1f} %", ranks]
    )
