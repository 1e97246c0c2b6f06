"""Tables of benchmarks' averages for the terminal and as Markdown."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from .published import SOURCE
from .rows import Row
from .subsets import SubsetLine, SubsetTable
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
)

SUBSET_LEGEND = (
    "mean: of the subsets' error rates, each weighing the same (macro); the 95 % beside it is of the mean. "
    "pooled: all errors in % of all reference tokens (micro); soft, hard, del and ins are parts of it."
)
PUBLISHED_LEGEND = f"† {SOURCE}; not ranked."

_WORST = re.compile(r"^▲ (.*)$")
_Cell = Callable[[SubsetLine], Text]


def subset_parts(table: SubsetTable, console: Console) -> list[RenderableType]:
    """A title and tables that fit the console's width."""
    cells = {name: cell for group in _groups(table) for name, cell in group.items()}
    several = len(table.conditions) > 1

    def make(names: Sequence[str]) -> Table:
        made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        for name in ("system", *(("condition",) if several else ())):
            made.add_column(name, no_wrap=True)
        for name in names:
            made.add_column(Text(name.removeprefix(_KIND)), justify="right", no_wrap=True)
        for line in table.lines:
            found = [cells[name](line) for name in names]
            if not any(found):
                continue  # a published line, in a table of numbers that are not published
            name = Text(_name(line), style="dim italic" if line.published else "bold")
            made.add_row(name, *([line.condition] if several else []), *found)
        return made

    return [_title(table), *fitted([list(group) for group in _groups(table)], make, console)]


def subset_markdown(table: SubsetTable) -> Iterator[str]:
    """The same as lines of Markdown."""
    what = f"mean over {table.dataset.replace('+', ', ')}" if "+" in table.dataset else table.dataset
    yield f"**{escaped(what)}**: {table.metric.upper()} % ({table.language})"
    yield ""
    cells = {name: cell for group in _groups(table) for name, cell in group.items()}
    several = len(table.conditions) > 1
    names = ["system", *(["condition"] if several else []), *(name.removeprefix(_KIND) for name in cells)]
    yield "| " + " | ".join(map(escaped, names)) + " |"
    yield "|---|" + ("---|" if several else "") + "---:|" * len(cells)
    for line in table.lines:
        first = [_name(line), *([line.condition] if several else [])]
        found = [_WORST.sub(r"**\1**", cell(line).plain) for cell in cells.values()]
        yield "| " + " | ".join(map(escaped, [*first, *found])) + " |"


_KIND = "of: "
"""Before the names of columns that are no parts of the dataset, which may be called like one."""


def _groups(table: SubsetTable) -> list[dict[str, _Cell]]:
    """Columns that belong together: what is in each, by name."""
    groups: list[dict[str, _Cell]] = [{name: partial(_part, name)} for name in table.columns]
    if table.averaged:
        groups.append({f"{_KIND}mean": partial(_rate, _macro), f"{_KIND}95 %": partial(_ends, _macro)})
    if any(line.pooled for line in table.lines):
        if table.averaged:
            groups.append({f"{_KIND}pooled": _micro})
        else:
            metric = f"{_KIND}{table.metric.upper()}"
            groups.append({metric: partial(_rate, _pooled), f"{_KIND}95 %": partial(_ends, _pooled)})
        groups.append({f"{_KIND}{label}": partial(_kind, column, colour) for label, column, colour in PARTS})
        for label, column in SOMETIMES:
            if any(line.pooled and line.pooled.get(column) for line in table.lines):
                groups[-1][f"{_KIND}{label}"] = partial(_sometimes, column)
    if any(not row["complete"] for row in _measured(table)):
        groups.append({f"{_KIND}scored": _coverage})
    return groups


def _macro(line: SubsetLine) -> Row | None:
    return line.macro


def _pooled(line: SubsetLine) -> Row | None:
    return line.pooled


def _part(name: str, line: SubsetLine) -> Text:
    return rate_text(line.parts.get(name), line.worst() == name, 2)


def _rate(of: Callable[[SubsetLine], Row | None], line: SubsetLine) -> Text:
    return rate_text(of(line), False, 2)


def _micro(line: SubsetLine) -> Text:
    return Text("") if line.published else rate_text(line.pooled, False, 2)


def _ends(of: Callable[[SubsetLine], Row | None], line: SubsetLine) -> Text:
    return interval_text(of(line), 2)


def _kind(column: str, colour: str, line: SubsetLine) -> Text:
    return share_text(None if line.published else line.pooled, column, colour)


def _sometimes(column: str, line: SubsetLine) -> Text:
    return rounded_text(line.pooled, column)


def _coverage(line: SubsetLine) -> Text:
    return coverage_text(_whole(line))


def _whole(line: SubsetLine) -> Row | None:
    return None if line.published else line.macro or line.pooled


def _measured(table: SubsetTable) -> list[Row]:
    return [row for line in table.lines if (row := _whole(line)) is not None]


def _name(line: SubsetLine) -> str:
    return f"† {line.system}" if line.published else line.system


def _title(table: SubsetTable) -> Text:
    what = f"   {table.metric.upper()} %, language {table.language}"
    what += f", normaliser {table.normalizer}" if table.normalizer else ""
    if len(table.conditions) == 1:
        what += f", {table.conditions[0]}"
    rows = _measured(table)
    expected = {row["n_expected"] for row in rows}
    if all(row["complete"] for row in rows) and len(expected) == 1:
        what += f"; all {expected.pop()} utterances scored"
    name = f"mean over {table.dataset.replace('+', ', ')}" if "+" in table.dataset else table.dataset
    return Text.assemble("\n", (name, "bold"), what)
