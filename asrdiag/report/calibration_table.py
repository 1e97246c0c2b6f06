"""Calibrations as a terminal shows them: the curves, then where they cross."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .calibration_columns import CAPPED, HALLUCINATION, OMISSION, RAW, THRESHOLDS_PCT
from .rows import Row

_LEGEND = (
    "In % with 95 % intervals. capped: no clip counts more errors than it has {tokens}; raw: all errors; "
    "omitted: {tokens} left out; made up: share of what the system wrote. reaches: the level at which the "
    "capped rate does; < and >: outside the levels of the run."
)
_RATES = (
    ("capped", CAPPED),
    ("raw", RAW),
    ("omitted", OMISSION),
    ("made up", HALLUCINATION),
)
_TOKENS = {"wer": "words", "cer": "characters"}


def render_calibration(rows: Iterable[Row], notes: Iterable[str]) -> RenderableType:
    """Two tables for each system, dataset, metric and parameter, a legend, and what could not be used.

    Of curves in which one parameter of a scenario is varied alone, there are tables of their own.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        where = row["system"], row["dataset"], row["metric"], row["parameter"], row["rest"]
        groups.setdefault(where, []).append(row)
    parts: list[RenderableType] = []
    for found in groups.values():
        parts += [_title(found), _curves(found), _crossings(found)]
        if found[0]["varied"]:
            parts.append(_ranking(found))
    tokens = {_TOKENS.get(metric, "tokens") for _, _, metric, *_ in groups}
    parts.append(Text(_LEGEND.format(tokens=tokens.pop() if len(tokens) == 1 else "tokens"), style="dim"))
    parts += [Text(note, style="yellow") for note in notes]
    return Group(*parts)


def render_grades(counted: Mapping[str, Mapping[str | None, int]], grades: Sequence[str]) -> RenderableType:
    """How many samples of each condition have which grade; those without an error rate have none."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_footer=True)
    columns: dict[str, str | None] = {**{grade: grade for grade in grades}, "no grade": None}
    table.add_column("errors in %", overflow="fold", footer=f"{len(counted)} conditions")
    for heading, grade in columns.items():
        total = sum(found.get(grade, 0) for found in counted.values())
        table.add_column(heading, justify="right", no_wrap=True, footer=str(total))
    for condition, found in counted.items():
        table.add_row(
            Text(condition, style="bold"), *(str(found.get(grade, 0)) for grade in columns.values())
        )
    return table


def _title(rows: Sequence[Row]) -> Text:
    row = rows[0]
    what = f" on {row['dataset']}   {row['metric'].upper()} %, language {row['language']}, {_basis(rows)}"
    if row["varied"]:
        what += f"; one parameter at a time, the others as at severity {row['rest']:g}"
    return Text.assemble("\n", (row["system"], "bold"), what)


def _basis(rows: Sequence[Row]) -> str:
    found = {f"{row['n_clips']} clips, {row['n_units']} {row['unit']}s" for row in rows}
    left_out = max(row["n_left_out"] for row in rows)
    each = found.pop() if len(found) == 1 else "different clips by effect"
    return f"{each} (up to {left_out} clips left out)" if left_out else each


def _curves(rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    varied = bool(rows[0]["varied"])
    first = f"{'  m':7}{'value':>7}" if varied else rows[0]["parameter"]
    table.add_column(first, overflow="fold", min_width=len(first) if varied else None)
    for heading, _ in _RATES:
        table.add_column(heading, justify="right", no_wrap=True)
    for index, row in enumerate(rows):
        if index == 0 or row["effect"] != rows[index - 1]["effect"]:
            if index:
                table.add_section()
            table.add_row(_name(row))
        level = f"  {row['level']:g}"
        if varied:
            level = f"{level:7}{_digits(row['value'], 4):>7}"
        table.add_row(level, *(_rate(row, columns) for _, columns in _RATES))
    return table


def _name(row: Row) -> Text:
    """An effect's; with a parameter it is long, and takes a line for each part."""
    return Text(row["effect"].replace(".", ".\n") if row["varied"] else row["effect"], style="bold")


def _digits(value: float, significant: int) -> str:
    """So many significant digits, without the exponent of ten that `g` alone would give 4120 with three."""
    return f"{float(f'{value:.{significant}g}'):g}"


def _rate(row: Row, columns: tuple[str, str]) -> Text:
    column, ends = columns
    if row[column] is None:
        return Text("-", style="dim")
    text = Text(f"{row[column]:.1f}", style="bold" if columns == CAPPED else "")
    low, high = row[ends.format("low")], row[ends.format("high")]
    if low is not None:
        text.append(f" {f'({low:.0f}-{high:.0f})':>8}", style="not bold dim")
    return text


def _crossings(rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("reaches", overflow="fold", min_width=12)
    for threshold in THRESHOLDS_PCT:
        table.add_column(f"{threshold} % at", no_wrap=True)
    for found in _by_effect(rows).values():
        cells = [_crossing(found, f"crossing_{threshold}", "level") for threshold in THRESHOLDS_PCT]
        if found[0]["varied"]:
            for cell, threshold in zip(cells, THRESHOLDS_PCT, strict=True):
                value = _crossing(found, f"crossing_value_{threshold}", "value")
                cell.append("\n").append(value)
        table.add_row(_name(found[0]), *cells)
    return table


def _ranking(rows: Sequence[Row]) -> Table:
    """What each parameter costs alone, the dearest first."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("from the first to the last level", overflow="fold")
    for heading in ("value", "capped rises by"):
        table.add_column(heading, justify="right", no_wrap=True)
    curves = sorted(_by_effect(rows).items(), key=lambda curve: -(curve[1][0]["rise_pct"] or 0))
    for effect, found in curves:
        row, last = found[0], found[-1]
        ends = f"{_digits(row['value'], 4)} to {_digits(last['value'], 4)}"
        rise = Text("-", style="dim") if row["rise_pct"] is None else Text(f"{row['rise_pct']:.1f}")
        if row["rise_low_pct"] is not None:
            rise.append(f" ({round(row['rise_low_pct'])} to {round(row['rise_high_pct'])})", style="dim")
        table.add_row(Text(effect, style="bold"), ends, rise)
    return table


def _by_effect(rows: Sequence[Row]) -> dict[str, list[Row]]:
    curves: dict[str, list[Row]] = {}
    for row in rows:
        curves.setdefault(row["effect"], []).append(row)
    return curves


def _crossing(rows: Sequence[Row], name: str, axis: str) -> Text:
    ends = rows[0][axis], rows[-1][axis]
    level, low, high = (rows[0][each] for each in (name, f"{name}_low", f"{name}_high"))
    if level is None:
        return Text("-", style="dim")
    falls = ends[0] > ends[1]

    def place(level: float) -> str:
        """A level, or that it lies beyond one of the ends of the range."""
        if math.isfinite(level):
            return _digits(level, 3) if axis == "value" else f"{level:.1f}" if falls else f"{level:.2f}"
        return f"{'>' if (level < 0) == falls else '<'}{ends[0] if level < 0 else ends[1]:g}"

    text = Text().append(place(level), style="bold")
    if low is not None and (low != high or math.isfinite(level)):
        # Cut-offs are long: their interval takes a line of its own.
        text.append("\n" if axis == "value" else " ")
        text.append(f"({place(low)} to {place(high)})", style="dim")
    return text
