"""The leaderboard as a terminal table and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .grid import Grid, make_grids
from .not_run import not_run
from .rows import Row
from .subset_rendering import PUBLISHED_LEGEND, SUBSET_LEGEND, subset_markdown, subset_parts
from .subsets import SubsetTable, make_subset_tables
from .table_cells import (
    PARTS,
    SOMETIMES,
    coverage_text,
    escaped,
    fitted,
    interval_text,
    rate_text,
    rounded_text,
    share_text,
    similarity_text,
)

_LEGEND = (
    "95 %: confidence interval. soft, hard: words replaced by something alike or by something else; "
    "del: left out; ins: put in; each in % of the reference. hall: made up (hard and ins), in % of what the "
    "system wrote. loops, empty: utterances caught in a loop or answered with nothing, in %. "
    "▲ a system's highest rate; the intervals tell whether that is more than chance."
)

_KEY_LEGEND = (
    "key rec, key prec: negations, numbers, dates, keywords and names kept, in % of those said and of those "
    "recognised; neg, num: how many negations were flipped and numbers wrong."
)
_JUDGED_LEGEND = (
    "judged: answers that a judge, or a rule, has judged; meaning: how much of it is preserved, of 100, as "
    "estimated for all answers (intervals: asrdiag judge report)."
)
_ROUTED_LEGEND = (
    "routed: utterances that the system's router gave to the adapted weights, in %; adapted, base: the error "
    "rates of those and of the others."
)


def render(rows: Iterable[Row], console: Console) -> RenderableType:
    """Tables that fit the console's width, a legend, and what was not run."""
    rows = list(rows)
    parts: list[RenderableType] = []
    subset_tables = list(make_subset_tables(rows))
    for grid in _shown_grids(rows, subset_tables):
        parts += [_title(grid), *_tables(grid, console)]
    for table in subset_tables:
        parts += subset_parts(table, console)
    if parts:
        parts.append(Text(_LEGEND, style="dim"))
    if any(row.get("key_recall_pct") is not None for row in rows):
        parts.append(Text(_KEY_LEGEND, style="dim"))
    if any(row.get("judge_meaning") is not None for row in rows):
        parts.append(Text(_JUDGED_LEGEND, style="dim"))
    if any(row.get("routed_share_pct") is not None for row in rows):
        parts.append(Text(_ROUTED_LEGEND, style="dim"))
    if any(row.get("semantic_similarity") is not None for row in rows):
        parts.append(Text("sem: mean similarity of meaning, 1 for the same.", style="dim"))
    if any(table.averaged for table in subset_tables):
        parts.append(Text(SUBSET_LEGEND, style="dim"))
    if any(line.published for table in subset_tables for line in table.lines):
        parts.append(Text(PUBLISHED_LEGEND, style="dim"))
    notes = [*_unlike(subset_tables), *not_run(rows).lines()]
    parts += [Text(note, style="yellow") for note in notes]
    return Group(*parts)


def _shown_grids(rows: Sequence[Row], tables: Iterable[SubsetTable]) -> Iterator[Grid]:
    """All but those that would say less than the table of subsets: of one condition."""
    shown = {(table.dataset, table.metric) for table in tables}
    for grid in make_grids(rows):
        if len(grid.conditions) > 1 or (grid.dataset, grid.metric) not in shown:
            yield grid


def _unlike(tables: Iterable[SubsetTable]) -> Iterator[str]:
    yield from (note for table in tables if (note := table.unlike()))


def to_markdown(rows: Iterable[Row]) -> str:
    """The same tables in Markdown."""
    rows = list(rows)
    lines: list[str] = []
    subset_tables = list(make_subset_tables(rows))
    for grid in _shown_grids(rows, subset_tables):
        title = f"**{escaped(grid.dataset)}**: {grid.metric.upper()} % ({grid.language})"
        lines += [f"{title}; below it soft / hard / del / ins; in bold a system's worst condition", ""]
        lines.append("| system | " + " | ".join(escaped(c) for c in grid.conditions) + " |")
        lines.append("|---|" + "---:|" * len(grid.conditions))
        for system in grid.systems:
            cells = [_markdown_cell(grid, system, condition) for condition in grid.conditions]
            lines.append(f"| {escaped(system)} | " + " | ".join(cells) + " |")
        lines.append("")
    for table in subset_tables:
        lines += [*subset_markdown(table), ""]
    if any(line.published for table in subset_tables for line in table.lines):
        lines += [PUBLISHED_LEGEND, ""]
    lines += [*map(escaped, _unlike(subset_tables)), *not_run(rows).lines()]
    return "\n".join(lines)


def _title(grid: Grid) -> Text:
    what = f"   {grid.metric.upper()} %, language {grid.language}, normaliser {grid.normalizers}"
    expected = {row["n_expected"] for row in grid.rows.values()}
    if grid.complete and len(expected) == 1:
        what += f"; all {expected.pop()} utterances scored in every cell"
    return Text.assemble("\n", (grid.dataset, "bold"), what)


def _tables(grid: Grid, console: Console) -> list[Table]:
    return fitted([[name] for name in grid.conditions], lambda names: _table(grid, names), console)


def _table(grid: Grid, conditions: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("system", no_wrap=True)
    table.add_column("", no_wrap=True)
    for condition in conditions:
        table.add_column(condition, justify="right", no_wrap=True)
    for index, system in enumerate(grid.systems):
        found = [grid.rows.get((system, condition)) for condition in conditions]
        worst = grid.worst(system)
        rates = [rate_text(row, condition == worst) for row, condition in zip(found, conditions, strict=True)]
        table.add_row(Text(system, style="bold"), grid.metric.upper(), *rates)
        table.add_row("", Text("95 %", style="dim"), *map(interval_text, found))
        for label, column, colour in PARTS:
            table.add_row("", Text(label, style=colour), *(share_text(row, column, colour) for row in found))
        for label, column in SOMETIMES:
            if any(row and row.get(column) for row in found):
                table.add_row("", label, *(rounded_text(row, column) for row in found))
        if any(row and row.get("semantic_similarity") is not None for row in found):
            table.add_row("", "sem", *(similarity_text(row) for row in found))
        if any(row and not row["complete"] for row in found):
            table.add_row("", "scored", *map(coverage_text, found))
        if index < len(grid.systems) - 1:
            table.add_section()
    return table


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
        shares = [f"{100 * row[column] / row['ref_tokens']:.1f}" for _, column, _ in PARTS]
        text += f"<br>{' / '.join(shares)}"
    return text if row["complete"] else f"{text}<br>scored {row['n_scored']}/{row['n_expected']}"
