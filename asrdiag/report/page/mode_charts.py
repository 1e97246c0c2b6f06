"""How answers fail: the shares of the failure modes, one bar for each condition."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...metrics import MODES
from ..matrix import Matrix
from ..rows import Row
from .chart import NAMES, Chart, downwards, layout, names_axis, numbers_axis
from .text import count, html, label

COLOURS: Mapping[str, str] = {
    "correct": "#e3e8ee",
    "minor": "#b4c0cd",
    "word_confusion": "#e9b44c",
    "omission": "#7fc1e8",
    "truncation": "#2a7fb8",
    "empty": "#14304f",
    "hallucination": "#d5532a",
    "repetition_loop": "#e58fb5",
    "language_switch": "#8a3a8f",
    "semantic_drift": "#3a8f6b",
}
MEANINGS: Mapping[str, str] = {
    "correct": "no error",
    "minor": "few, light errors",
    "word_confusion": "words confused, no pattern",
    "omission": "mostly words left out",
    "truncation": "end or beginning missing",
    "empty": "speech answered with nothing",
    "hallucination": "a text that nobody said",
    "repetition_loop": "caught in a loop",
    "language_switch": "another script or language",
    "semantic_drift": "partly another text",
}
assert set(COLOURS) == set(MEANINGS) == set(MODES)


def mode_charts(matrices: Sequence[Matrix]) -> list[Chart]:
    """One chart for each matrix and system; conditions or subsets down."""
    charts = []
    for matrix in matrices:
        for system in matrix.systems:
            rows = {name: row for name in matrix.columns if (row := matrix.rows.get((system, name)))}
            rows = {name: row for name, row in rows.items() if row.get("mode_correct_pct") is not None}
            if rows:
                charts.append(_chart(matrix, system, rows))
    return charts


def legend() -> str:
    """The modes with their colours and what they mean."""
    keys = "".join(
        f'<li><span class="swatch" style="background:{COLOURS[mode]}"></span>'
        f"<b>{html(mode.replace('_', ' '))}</b> <span>{html(MEANINGS[mode])}</span></li>"
        for mode in MODES
    )
    return f'<ul class="modes">{keys}</ul>'


def _chart(matrix: Matrix, system: str, rows: Mapping[str, Row]) -> Chart:
    traces: list[dict[str, Any]] = []
    for mode in MODES:
        shares = [row[f"mode_{mode}_pct"] or 0.0 for row in rows.values()]
        if any(shares):
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": mode.replace("_", " "),
                    "x": shares,
                    "y": list(range(len(rows))),
                    "marker": {"color": COLOURS[mode], "line": {"color": "#ffffff", "width": 1}},
                    "hoverinfo": "text",
                    "hovertext": [
                        f"<b>{label(name, 60)}</b><br>{mode.replace('_', ' ')}: {share:.1f} %"
                        f"<br>{round(share * row['n_scored'] / 100):,} of {count(row['n_scored'], 'clip')}"
                        for (name, row), share in zip(rows.items(), shares, strict=True)
                    ],
                    "text": [f"{share:.0f}" if share >= 8 else "" for share in shares],
                    "textposition": "inside",
                    "insidetextanchor": "middle",
                    "textangle": 0,
                    "constraintext": "none",
                    "textfont": {"size": 11},
                }
            )
    figure = {
        "data": traces,
        "layout": layout(
            56 + 27 * len(rows),
            barmode="stack",
            bargap=0.22,
            xaxis=numbers_axis("share of the scored clips in %", range=[0, 100], showgrid=False),
            yaxis=names_axis(list(rows), range=downwards(len(rows))),
        ),
    }
    counts = sorted({row["n_scored"] for row in rows.values()})
    clips = count(counts[-1], "scored clip")
    spread = clips if len(counts) == 1 else f"{counts[0]:,} to {clips}"
    caption = f"What {system} made of the clips of {matrix.dataset}; each bar is {spread}."
    return Chart(f"{system} on {matrix.dataset}, {NAMES[matrix.metric]}, by {matrix.by}", caption, figure)
