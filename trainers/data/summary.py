"""The data as tables on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_MOST_LINES = 30


def render(record: Mapping[str, Any], bins: Sequence[str]) -> "RenderableType":
    """Rows by part and bin, what was short, and what was dropped.

    Args:
        record: what `data.json` says.
        bins: their names, in order.
    """
    from rich.console import Group
    from rich.text import Text

    lines = [f"{reason}: {count}" for reason, count in record["dropped"].items()]
    parts: list[RenderableType] = [_parts(record["counts"], bins), _scenarios(record["counts"], bins)]
    if short := [cell for cell in record["selection"]["cells"] if cell["short"]]:
        parts.append(_short(short))
    clean = record["selection"]["clean"]
    if clean["short"]:
        parts.append(Text(f"clean: {clean['wanted']} wanted, {clean['available']} there"))
    if lines:
        parts.append(Text("dropped: " + ", ".join(lines)))
    parts += [Text(f"note: {note}") for note in record["notes"]]
    return Group(*parts)


def _parts(counts: Iterable[Mapping[str, Any]], bins: Sequence[str]) -> "RenderableType":
    table = _table("rows", [f"{name} %" for name in bins], "all", "mean WER", "clean", "hours")
    by_part: dict[str, list[Mapping[str, Any]]] = {}
    for cell in counts:
        by_part.setdefault(cell["part"], []).append(cell)
    for part in ("train", "validation", "test"):
        if part in by_part:
            cells = by_part[part]
            clean = sum(cell["rows"] for cell in cells if cell["scenario"] == "clean")
            hours = sum(cell["audio_s"] for cell in cells) / 3600
            table.add_row(part, *_cells(cells, bins), str(clean), f"{hours:.3f}")
    return table


def _scenarios(counts: Iterable[Mapping[str, Any]], bins: Sequence[str]) -> "RenderableType":
    table = _table("train, by scenario", [f"{name} %" for name in bins], "all", "mean WER")
    by_stratum: dict[str, list[Mapping[str, Any]]] = {}
    for cell in counts:
        if cell["part"] == "train":
            name = cell["scenario"] + (f" {cell['severity']}" if cell["severity"] else "")
            by_stratum.setdefault(name, []).append(cell)
    if len(by_stratum) > _MOST_LINES:  # of 54 scenarios by four ranges the scenarios alone
        merged: dict[str, list[Mapping[str, Any]]] = {}
        for cells in by_stratum.values():
            merged.setdefault(cells[0]["scenario"], []).extend(cells)
        by_stratum = merged
    for name in sorted(by_stratum):
        table.add_row(name, *_cells(by_stratum[name], bins))
    return table


def _short(cells: Sequence[Mapping[str, Any]]) -> "RenderableType":
    table = _table(
        f"short: {len(cells)} cells with fewer rows than their share", ["wanted", "there", "taken"]
    )
    for cell in cells[:_MOST_LINES]:
        name = f"{cell['stratum']} {cell['bin']} %"
        table.add_row(name, *(str(cell[key]) for key in ("wanted", "available", "taken")))
    if len(cells) > _MOST_LINES:
        table.add_row(f"and {len(cells) - _MOST_LINES} more, in data.json")
    return table


def _table(title: str, first: Sequence[str], *further: str) -> "Table":
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column(title, overflow="fold")
    for name in (*first, *further):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(cells: Sequence[Mapping[str, Any]], bins: Sequence[str]) -> list[str]:
    rows = sum(cell["rows"] for cell in cells)
    wer = sum(cell["mean_base_wer"] * cell["rows"] for cell in cells) / rows
    return [
        *(str(sum(cell["rows"] for cell in cells if cell["bin"] == name)) for name in bins),
        str(rows),
        f"{100 * wer:.1f} %",
    ]
