"""Curves: error rate against SNR or severity, one small chart for each effect, harder to the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..level_curves import LevelCurve
from .chart import NAMES, Chart, Style, layout, numbers_axis
from .text import count, label, plain, rate

HEIGHT = 270
_HIGHEST = 150.0
_FEW = 4
"""Of so many systems the rate as recorded is drawn too."""
_OF_CLIPS = {"snr_db": "SNR", "severity": "severity"}
_AXES = {"snr_db": "SNR in dB (harder to the right)", "severity": "severity (harder to the right)"}


def curve_charts(curves: Sequence[LevelCurve], styles: Mapping[str, Style]) -> list[Chart]:
    """One chart for each dataset, metric and effect; those of a dataset share the scale of their rates."""
    groups: dict[tuple[str, ...], list[LevelCurve]] = {}
    for curve in curves:
        groups.setdefault(
            (curve.dataset, curve.metric, curve.effect, curve.parameter, curve.levels_of), []
        ).append(curve)
    tops: dict[tuple[str, str], float] = {}
    for curve in curves:
        ends = [point.high_pct if point.high_pct is not None else point.rate_pct for point in curve.points]
        where = curve.dataset, curve.metric
        tops[where] = max(tops.get(where, 10.0), *ends)
    return [_chart(found, styles, min(tops[key[0], key[1]], _HIGHEST)) for key, found in groups.items()]


def _chart(curves: Sequence[LevelCurve], styles: Mapping[str, Style], top: float) -> Chart:
    first = curves[0]
    levels = sorted({point.level for curve in curves for point in curve.points})
    few = len(curves) <= _FEW
    traces = [trace for curve in curves for trace in _traces(curve, styles[curve.system], few)]
    edge = 0.04 * (levels[-1] - levels[0])
    ends = [levels[0] - edge, levels[-1] + edge]
    figure = {
        "data": traces,
        "layout": layout(
            HEIGHT,
            xaxis=numbers_axis(
                _AXES[first.parameter],
                tickvals=levels if len(levels) <= 9 else levels[:: len(levels) // 6],
                range=ends[::-1] if first.parameter == "snr_db" else ends,
                showgrid=False,
                ticks="outside",
                tickcolor="#c6ced8",
                linecolor="#c6ced8",
                showline=True,
            ),
            yaxis=numbers_axis(f"{NAMES[first.metric]} in %", range=[0, 1.04 * top], nticks=6),
            hovermode="closest",
        ),
    }
    effect = first.effect if first.levels_of == "condition" else f"{_OF_CLIPS[first.parameter]} of its clips"
    return Chart(f"{effect} · {first.dataset}", _caption(curves, top), figure)


def _caption(curves: Sequence[LevelCurve], top: float) -> str:
    first = curves[0]
    parts = []
    if first.levels_of == "corpus":
        counts = {point.n_clips for curve in curves for point in curve.points}
        parts.append(f"The corpus as it is, under {first.effect}; {_spread(counts)} at each level.")
    else:
        counts = {curve.points[0].n_clips for curve in curves}
        same = "the same" if len(counts) == 1 and counts != {1} else ""
        parts.append(f"{' '.join(f'{same} {_spread(counts)}'.split()).capitalize()} at every level.")
    if left_out := max(curve.n_left_out for curve in curves):
        parts.append(f"Up to {count(left_out, 'clip')} without an answer at some level left out.")
    if any(curve.as_recorded_pct is not None for curve in curves) and len(curves) <= _FEW:
        parts.append("Thin dotted lines: as recorded.")
    if any(point.rate_pct > 1.04 * top for curve in curves for point in curve.points):
        parts.append(f"Rates above {top:g} % are cut off.")
    return " ".join(parts)


def _spread(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return count(high, "clip") if low == high else f"{low:,} to {count(high, 'clip')}"


def _traces(curve: LevelCurve, style: Style, few: bool) -> list[dict[str, Any]]:
    levels = [point.level for point in curve.points]
    common = {"type": "scatter", "meta": plain(curve.system), "name": label(curve.system)}
    traces: list[dict[str, Any]] = []
    banded = [point for point in curve.points if point.low_pct is not None and point.high_pct is not None]
    if len(banded) > 1:
        around = [point.level for point in banded]
        traces.append(
            common
            | {
                "x": around + around[::-1],
                "y": [point.high_pct for point in banded] + [point.low_pct for point in reversed(banded)],
                "mode": "lines",
                "line": {"width": 0},
                "fill": "toself",
                "fillcolor": style.band,
                "hoverinfo": "skip",
            }
        )
    if few and curve.as_recorded_pct is not None:
        traces.append(
            common
            | {
                "x": [levels[0], levels[-1]],
                "y": [curve.as_recorded_pct] * 2,
                "mode": "lines",
                "line": {"width": 1, "color": style.colour, "dash": "dot"},
                "opacity": 0.75,
                "hoverinfo": "text",
                "text": f"{label(curve.system)}<br>as recorded {curve.as_recorded_pct:.1f} %",
            }
        )
    traces.append(
        common
        | {
            "x": levels,
            "y": [point.rate_pct for point in curve.points],
            "mode": "lines+markers",
            "line": {"width": 2.2, "color": style.colour, "dash": style.dash},
            "marker": {"size": 7.5, "symbol": style.symbol, "color": style.colour},
            "hoverinfo": "text",
            "text": [
                f"<b>{label(curve.system)}</b><br>{label(curve.effect)}, level {point.level:g}<br>"
                f"{rate(point.rate_pct)} % ({rate(point.low_pct)} to {rate(point.high_pct)})<br>"
                f"{count(point.n_clips, 'clip')}"
                for point in curve.points
            ],
        }
    )
    return traces
