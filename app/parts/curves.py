"""The curves of a page: which effects, and against what."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from asrdiag.report.level_curves import LevelCurve

from .. import location
from ..colours import Style
from ..data.robustness import Parameters
from ..texts import shown
from .charted import Go, numbers, side_by_side
from .messages import empty
from .report_charts import drawn_curves

_FEW_EFFECTS = 8
_ALL, _VARIED, _LEVEL = "all", "varied", "level"


def curves(known: Sequence[tuple[LevelCurve, Parameters]], how: Mapping[str, Style], go: Go) -> None:
    """Draw curves, one chart for each effect, and the numbers below.

    Args:
        known: the curves with their parameters.
        how: how systems are drawn.
        go: called with the target of a point that is chosen.
    """
    st.subheader("Against severity and SNR")
    if not known:
        empty(
            "No condition was run at several levels.",
            "A list in the suite makes levels: `snr_db: [20, 10, 0]` or `severity: [0.25, 0.5, 1.0]`.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _effects([curve for curve, _ in known])
        against = _against([each for _, each in known])
    along = [
        (curve, name, each.values.get(name, ()))
        for curve, each in known
        if curve.effect in wanted
        for name in [each.varied if against == _VARIED else against if against in each.values else ""]
    ]
    side_by_side(drawn_curves(along, how), "robustness.curve", go)
    points = [(curve, at) for curve, _, _ in along for at in range(len(curve.points))]
    columns: dict[str, list[Any]] = {
        "system": [shown(curve.system) for curve, _ in points],
        "effect": [shown(curve.effect) for curve, _ in points],
        "level": [curve.points[at].level for curve, at in points],
    }
    if any(name for _, name, _ in along):
        columns["parameter"] = [shown(name) for curve, name, _ in along for _ in curve.points]
        columns["value"] = [
            values[at] if values else None for curve, _, values in along for at in range(len(curve.points))
        ]
    columns |= {
        "rate": [curve.points[at].rate_pct for curve, at in points],
        "from": [curve.points[at].low_pct for curve, at in points],
        "to": [curve.points[at].high_pct for curve, at in points],
        "clips": [curve.points[at].n_clips for curve, at in points],
    }
    numbers(
        "robustness.curves", columns, [[curve.system, curve.points[at].condition] for curve, at in points], go
    )


def _effects(curves: Sequence[LevelCurve]) -> set[str]:
    """The effects whose curves are drawn: of many those that rise most, all, or one."""
    rises: dict[str, float] = {}
    for curve in curves:
        rates = [point.rate_pct for point in curve.points]
        rises[curve.effect] = max(rises.get(curve.effect, 0.0), max(rates) - min(rates))
    if len(rises) <= _FEW_EFFECTS:
        return set(rises)
    steepest = sorted(rises, key=lambda name: -rises[name])
    said = {"": f"the {_FEW_EFFECTS} that change the rate most", _ALL: f"all {len(rises)}"}
    one = location.select(
        "Effects",
        "robustness.effect",
        ["", _ALL, *steepest],
        shown=lambda name: said.get(name) or shown(name, 80),
        width=320,
    )
    return {"": set(steepest[:_FEW_EFFECTS]), _ALL: set(rises)}.get(one, {one})


def _against(parameters: Sequence[Parameters]) -> str:
    """What curves are drawn against: `_VARIED`, `_LEVEL`, or a parameter."""
    names = list(dict.fromkeys(name for each in parameters for name in each.values))
    if not names:
        return _LEVEL
    varied = [_VARIED] if any(each.varied for each in parameters) else []
    said = {_LEVEL: "severity or SNR", _VARIED: "what is varied alone"}
    return location.select(
        "Draw against",
        "robustness.against",
        [*varied, _LEVEL, *names],
        shown=lambda name: said.get(name) or shown(name, 80),
        width=320,
        help="A parameter whose value changes from level to level; curves without it stay as they are.",
    )
