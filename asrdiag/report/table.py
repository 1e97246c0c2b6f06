"""The leaderboard as a terminal table and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .grid import Grid, make_grids
from .rows import Row

_PARTS = (
    ("soft", "substitutions_soft", "yellow"),
    ("hard", "substitutions_hard", "red"),
    ("del", "deletions", "magenta"),
    ("ins", "insertions", "cyan"),
)


def render(rows: Iterable[Row], console: Console) -> RenderableType:
    """Tables that fit the console's width, a legend, and what was not run."""
    rows = list(rows)
    parts: list[RenderableType] = []
    for grid in make_grids(rows):
        parts += [_title(grid), *_tables(grid, console.width)]
    if parts:
        parts.append(
            Text.assemble(
                "Error rate in %, then what it is made of, in % of the reference: ",
                *_legend(),
                ".\n▲ a system's worst condition; * a cell that is not complete (scored/expected).",
                style="dim",
            )
        )
    parts += [Text(f"{row['dataset']}: {row['note']}", style="yellow") for row in rows if row.get("note")]
    return Group(*parts)


def to_markdown(rows: Iterable[Row]) -> str:
    """The same grids as Markdown tables."""
    rows = list(rows)
    lines: list[str] = []
    for grid in make_grids(rows):
        lines += [f"**{grid.dataset}**: {grid.metric.upper()} % ({grid.language})", ""]
        lines.append("| system | " + " | ".join(_escape(c) for c in grid.conditions) + " |")
        lines.append("|---|" + "---:|" * len(grid.conditions))
        for system in grid.systems:
            cells = [_markdown_cell(grid, system, condition) for condition in grid.conditions]
            lines.append(f"| {_escape(system)} | " + " | ".join(cells) + " |")
        lines.append("")
    lines += [f"{row['dataset']}: {row['note']}" for row in rows if row.get("note")]
    return "\n".join(lines)


def _title(grid: Grid) -> Text:
    return Text.assemble(
        "\n", (grid.dataset, "bold"), f"   {grid.metric.upper()} %, language {grid.language}"
    )


def _legend() -> Iterator[str | tuple[str, str]]:
    words = {
        "soft": "soft substitutions (alike)",
        "hard": "hard substitutions",
        "del": "deletions",
        "ins": "insertions",
    }
    for index, (name, _, colour) in enumerate(_PARTS):
        yield ", " if index else ""
        yield (name, colour)
        yield f" = {words[name]}"


def _tables(grid: Grid, width: int) -> Iterator[Table]:
    """As many conditions to a table as the width holds."""
    first = max(len(system) for system in grid.systems) + 2
    conditions = list(grid.conditions)
    while conditions:
        used = first
        block: list[str] = []
        while conditions and (not block or used + _width(conditions[0]) <= width):
            used += _width(conditions[0])
            block.append(conditions.pop(0))
        yield _table(grid, block)


def _width(condition: str) -> int:
    return max(len(condition), 10) + 2


def _table(grid: Grid, conditions: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("system", no_wrap=True)
    for condition in conditions:
        table.add_column(condition, justify="right", no_wrap=True)
    for index, system in enumerate(grid.systems):
        worst = grid.worst(system)
        cells = [_cell(grid.rows.get((system, condition)), condition == worst) for condition in conditions]
        table.add_row(Text(system, style="bold"), *cells, end_section=index < len(grid.systems) - 1)
    return table


def _cell(row: Row | None, worst: bool) -> Text:
    if row is None:
        return Text("-", style="dim")
    lines = []
    if row.get("error_rate_pct") is None:
        lines.append(Text("no score", style="bold"))
    else:
        mark = "▲ " if worst else ""
        lines.append(Text(f"{mark}{row['error_rate_pct']:.1f}", style="bold red" if worst else "bold"))
        for name, column, colour in _PARTS:
            share = 100 * row[column] / row["ref_tokens"]
            lines.append(Text(f"{name} {share:5.1f}", style=colour if row[column] else "dim"))
    if not row["complete"]:
        lines.append(Text(f"* {row['n_scored']}/{row['n_expected']}", style="yellow"))
    return Text("\n").join(lines)


def _markdown_cell(grid: Grid, system: str, condition: str) -> str:
    row = grid.rows.get((system, condition))
    if row is None:
        return "-"
    if row.get("error_rate_pct") is None:
        text = "no score"
    else:
        text = f"{row['error_rate_pct']:.1f}"
        if condition == grid.worst(system):
            text = f"**{text}**"
        shares = [f"{100 * row[column] / row['ref_tokens']:.1f}" for _, column, _ in _PARTS]
        text += f"<br>{' / '.join(shares)}"
    return text if row["complete"] else f"{text}<br>\\* {row['n_scored']}/{row['n_expected']}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
