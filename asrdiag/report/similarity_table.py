"""Similarities of meaning by failure mode, as a terminal table."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics import MODES
from .table_cells import fitted

_ALL = "all"
_Place = tuple[str, str, str]
_Found = dict[str, tuple[int, float]]
"""By failure mode: how many answers, and the sum of their similarities."""


def render_similarities(rows: Iterable[Mapping[str, Any]], console: Console) -> RenderableType:
    """A table for each dataset and language: systems down, failure modes across, over all conditions.

    Rows are those of `leaderboard_rows`; cells say the mean and, below it, of how many answers.
    """
    tables: dict[_Place, dict[str, _Found]] = {}
    for row in rows:
        if row.get("semantic_by_mode") and not row["aggregate"]:
            place = row["dataset"], row["language"], row["semantic_model"]
            found = tables.setdefault(place, {}).setdefault(row["system"], {})
            for mode, said in row["semantic_by_mode"].items():
                for name in (_ALL, mode):
                    count, total = found.get(name, (0, 0.0))
                    found[name] = count + said["n"], total + said["n"] * said["mean"]
    parts: list[RenderableType] = []
    for (dataset, language, model), systems in tables.items():
        about = f"   similarity of meaning by failure mode, language {language}, model {model}"
        parts.append(Text.assemble("\n", (dataset, "bold"), about))
        shown = [name for name in (_ALL, *MODES) if any(name in found for found in systems.values())]
        parts += fitted([[name] for name in shown], partial(_table, systems), console)
    return Group(*parts)


def _table(systems: Mapping[str, _Found], names: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("system", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for system, found in systems.items():
        table.add_row(Text(system, style="bold"), *(_mean(found.get(name)) for name in names))
        table.add_row(Text("answers", style="dim"), *(_count(found.get(name)) for name in names))
    return table


def _mean(cell: tuple[int, float] | None) -> Text:
    return Text(f"{cell[1] / cell[0]:.3f}") if cell else Text("-", style="dim")


def _count(cell: tuple[int, float] | None) -> Text:
    return Text(str(cell[0]) if cell else "", style="dim")
