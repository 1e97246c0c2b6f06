"""Benchmarks by the averages of their subsets, and what is published of them, marked as such."""

from collections.abc import Sequence

from ..rows import Row
from ..subsets import SubsetLine, SubsetTable, make_subset_tables
from .chart import NAMES
from .leaderboard import box, heading, interval, number
from .text import html

_DECIMALS = 2
"""As published means have."""


def subset_tables(rows: Sequence[Row]) -> str:
    """All tables; "" where no dataset has subsets."""
    tables = list(make_subset_tables(rows))
    if not tables:
        return ""
    return f"<h3 class=part>Means over subsets and over datasets</h3>{''.join(map(_table, tables))}"


def _table(table: SubsetTable) -> str:
    columns = "".join(f"<th scope=col class=n>{html(name)}</th>" for name in table.columns)
    several = len(table.conditions) > 1
    body = "".join(_line(line, table.columns, several) for line in table.lines)
    head = (
        f"<tr><th scope=col>system</th>{'<th scope=col>condition</th>' if several else ''}"
        f"<th scope=col class=n>mean</th><th scope=col class=n>95 %</th>{columns}"
        f'<th scope=col class=n title="of all counts">pooled</th><th scope=col>source</th></tr>'
    )
    markup = f"<table class=sortable><thead>{head}</thead><tbody>{body}</tbody></table>"
    about = f"language {table.language}, normaliser {table.normalizer}"
    name = table.dataset.replace("+", " + ")
    scrolling = box(markup, len(table.lines), f"{name}, {NAMES[table.metric]}")
    return f"{heading(name, table.metric, about)}{scrolling}{_unlike(table)}{_sources(table)}"


def _unlike(table: SubsetTable) -> str:
    note = table.unlike()
    return "" if note is None else f"<p class=note>{html(note)}</p>"


def _sources(table: SubsetTable) -> str:
    """Where the published numbers are from; "" without any."""
    published = [line for line in table.lines if line.published]
    notes = dict.fromkeys(row["note"] for line in published for row in _rows(line) if row.get("note"))
    if not published:
        return ""
    return f"<p class=source>Published, and not ranked with what was measured: {html('; '.join(notes))}.</p>"


def _rows(line: SubsetLine) -> list[Row]:
    return [row for row in (line.macro, line.pooled, *line.parts.values()) if row]


def _line(line: SubsetLine, columns: Sequence[str], several: bool) -> str:
    parts = [line.parts.get(name) for name in columns]
    ends = interval(line.macro, _DECIMALS) if line.macro else "-"
    return (
        f"<tr{' class=published' if line.published else ''}><th scope=row>{html(line.system)}</th>"
        f"{f'<td>{html(line.condition)}</td>' if several else ''}"
        f'{_number(line.macro, "n rate")}<td class="n dim">{ends}</td>{"".join(map(_number, parts))}'
        f"{_number(line.pooled)}<td>{_source(line)}</td></tr>\n"
    )


def _number(row: Row | None, kind: str = "n") -> str:
    return number(row.get("error_rate_pct") if row else None, kind, _DECIMALS)


def _source(line: SubsetLine) -> str:
    if line.published:
        return '<span class="badge quiet">published</span>'
    if all(row.get("complete") for row in _rows(line)):
        return "measured"
    return '<span class="badge warn" title="not all clips are scored">⚠ measured in part</span>'
