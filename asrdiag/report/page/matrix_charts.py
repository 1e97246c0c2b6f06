"""Heat maps: error rates of systems by condition, or by subset."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..matrix import Matrix
from ..rows import Row
from .chart import INK, NAMES, Chart, downwards, layout, names_axis
from .text import count, label, rate

_SCALE = ((0.0, "#f3f7fc"), (0.25, "#c4daee"), (0.5, "#7db0da"), (0.75, "#2f74b0"), (1.0, "#0a3563"))
"""One hue from light to dark, which every kind of sight tells apart and a grey print keeps."""


def matrix_charts(matrices: Sequence[Matrix]) -> list[Chart]:
    """One heat map for each matrix; conditions or subsets down, systems across."""
    return [_chart(matrix) for matrix in matrices]


def _chart(matrix: Matrix) -> Chart:
    rates = [[matrix.rate(system, column) for system in matrix.systems] for column in matrix.columns]
    rows = [[matrix.rows.get((system, column)) for system in matrix.systems] for column in matrix.columns]
    known = [value for line in rates for value in line if value is not None]
    darkest = min(100.0, max([10.0, *known]))
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": list(range(len(matrix.systems))),
        "y": list(range(len(matrix.columns))),
        "z": rates,
        "zmin": 0,
        "zmax": darkest,
        "colorscale": [list(stop) for stop in _SCALE],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "text",
        "hovertext": [
            [_hover(row, system, column) for row, system in zip(line, matrix.systems, strict=True)]
            for line, column in zip(rows, matrix.columns, strict=True)
        ],
        "hoverongaps": False,
    }
    figure = {
        "data": [trace, *_numbers(rows, darkest)],
        "layout": layout(
            60 + 27 * len(matrix.columns),
            xaxis=names_axis(matrix.systems, side="top", range=[-0.5, len(matrix.systems) - 0.5]),
            yaxis=names_axis(matrix.columns, range=downwards(len(matrix.columns))),
        ),
    }
    widths = 130 + 62 * len(matrix.systems), 260 + 150 * len(matrix.systems)
    kind = "condition" if matrix.by == "condition" else "subset"
    name = f"{matrix.dataset}, {NAMES[matrix.metric]}, by {kind}"
    return Chart(name, _caption(matrix, rows, darkest), figure, widths)


def _numbers(rows: Sequence[Sequence[Row | None]], darkest: float) -> Iterator[dict[str, Any]]:
    """The numbers, in whichever of two inks can be read on the cell."""
    inks: dict[str, list[tuple[int, int, str]]] = {}
    for y, line in enumerate(rows):
        for x, row in enumerate(line):
            if row is not None:
                share = min(1.0, (row.get("error_rate_pct") or 0.0) / darkest)
                inks.setdefault(ink_on(share), []).append((x, y, _shown(row)))
    for ink, cells in inks.items():
        xs, ys, texts = zip(*cells, strict=True)
        yield {
            "type": "scatter",
            "mode": "text",
            "x": xs,
            "y": ys,
            "text": texts,
            "textfont": {"color": ink},
            "hoverinfo": "skip",
        }


def ink_on(share: float) -> str:
    """The ink with more contrast on the scale's colour at `share` in [0, 1], by WCAG 2's luminance.

    >>> ink_on(0.0), ink_on(1.0)
    ('#1b2430', '#ffffff')
    """
    above = next(index for index, (place, _) in enumerate(_SCALE) if place >= share)
    (low, dark), (high, light) = _SCALE[max(above - 1, 0)], _SCALE[above]
    part = (share - low) / (high - low) if high > low else 0.0
    mixed = [one + part * (other - one) for one, other in zip(_rgb(dark), _rgb(light), strict=True)]
    ground = _luminance(mixed) + 0.05
    return INK if ground / (_luminance(_rgb(INK)) + 0.05) > 1.05 / ground else "#ffffff"


def _rgb(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _luminance(rgb: Sequence[float]) -> float:
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _caption(matrix: Matrix, rows: Sequence[Sequence[Row | None]], darkest: float) -> str:
    found = [row for line in rows for row in line if row]
    counts = sorted({row["n_scored"] for row in found})
    clips = count(counts[-1], "clip")
    each = f"each over {clips}" if len(counts) == 1 else f"each over {counts[0]:,} to {clips}"
    by = "condition" if matrix.by == "condition" else f"subset, under {matrix.condition}"
    text = f"{NAMES[matrix.metric]} in % by {by}; {each}. Darkest: {darkest:.0f} % and above."
    if not all(row["complete"] for row in found):
        text += " * not all clips of the dataset are scored."
    if len(found) < len(matrix.systems) * len(matrix.columns):
        text += " Blank: not run."
    return text


def _shown(row: Row | None) -> str:
    if row is None:
        return ""
    value = row.get("error_rate_pct")
    text = "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:.0f}"
    return text if row["complete"] else f"{text} *"


def _hover(row: Row | None, system: str, column: str) -> str:
    where = f"<b>{label(system)}</b><br>{label(column, 60)}"
    if row is None:
        return f"{where}<br>not run"
    ends = f"{rate(row.get('ci_low_pct'))} to {rate(row.get('ci_high_pct'))}"
    return (
        f"{where}<br>{rate(row.get('error_rate_pct'))} % ({ends})<br>"
        f"{row['n_scored']:,} of {row['n_expected']:,} clips scored"
    )
