"""A training over its steps: whether it learns, and what it pays for that."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from ..data.training_steps import TrainingSteps, Values, running_mean
from ..texts import count
from .plot import GRID, plot

_BLUE, _ORANGE = "#3b8ec2", "#d55e00"
SPAN = 10
"""Steps that the lines are means over; a single step says little."""
PANELS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "mean reward": {"reward": ("reward", _BLUE, ".3f")},
    "WER of what was sampled, %": {"wer": ("WER", _BLUE, ".1f")},
    "empty (blue), looping (orange), %": {
        "empty": ("empty", _BLUE, ".1f"),
        "repetition": ("looping", _ORANGE, ".1f"),
    },
    "KL from the reference": {"kl": ("KL", _BLUE, ".4f")},
}
"""By title: columns with what they are called, their colour, and how they are written."""
_GAP = 0.05


def training_chart(steps: TrainingSteps) -> None:
    """Draw the numbers of a training's steps, a panel for each kind."""
    plot(
        figure(steps),
        "rollouts.training",
        f"Reward, WER, empty and looping transcripts, and KL over {count(len(steps), 'step')}",
        modes=(),
    )
    means = f"Lines are means over {SPAN} steps; points are single ones. " if len(steps) > SPAN else ""
    st.caption(f"{means}From `steps.jsonl` beside the log.")


def figure(steps: TrainingSteps) -> dict[str, Any]:
    """The panels side by side, over one kind of axis."""
    titles = [
        title
        for title, columns in PANELS.items()
        if any(np.isfinite(steps.columns[name]).any() for name in columns)
    ]
    width = (1 + _GAP) / len(titles) - _GAP
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "height": 230,
        "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
        "showlegend": False,
        "font": {"size": 12},
        "hovermode": "closest",
        "annotations": [],
    }
    for place, title in enumerate(titles):
        axis = "" if not place else str(place + 1)
        left = place * (width + _GAP)
        common = {"gridcolor": GRID, "automargin": True, "zeroline": False, "fixedrange": True}
        layout[f"xaxis{axis}"] = {
            **common,
            **{"domain": [left, left + width], "anchor": f"y{axis}", "nticks": 5, "tickangle": 0},
            "title": {"text": "steps learnt from"},
        }
        never_below_0 = {} if "reward" in PANELS[title] else {"rangemode": "nonnegative"}
        layout[f"yaxis{axis}"] = {**common, **never_below_0, "anchor": f"x{axis}", "nticks": 5}
        layout["annotations"].append(
            {
                **{"text": title, "showarrow": False, "font": {"size": 12}},
                **{"xref": "paper", "yref": "paper", "x": left, "y": 1, "yshift": 18, "xanchor": "left"},
            }
        )
        for name, (called, colour, form) in PANELS[title].items():
            data += _traces(steps, name, called, axis, colour=colour, form=form)
    return {"data": data, "layout": layout}


def _traces(
    steps: TrainingSteps, name: str, called: str, axis: str, *, colour: str, form: str
) -> list[dict[str, Any]]:
    values = steps.columns[name]
    common = {"type": "scatter", "x": steps.after.tolist(), "xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    hover = {"hovertemplate": f"{called} %{{y:{form}}} after %{{x}} steps<extra></extra>"}
    points = {
        **{"mode": "markers", "y": _known(values), "marker": {"size": 4, "color": colour, "opacity": 0.4}},
        **(hover if len(steps) <= SPAN else {"hoverinfo": "skip"}),
    }
    if len(steps) <= SPAN:
        return [
            {**common, **points, "mode": "lines+markers", "line": {"width": 2, "color": colour}},
        ]
    means = {
        **{"mode": "lines", "y": _known(running_mean(values, SPAN)), "line": {"width": 2, "color": colour}},
        **hover,
    }
    return [{**common, **points}, {**common, **means}]


def _known(values: Values) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
