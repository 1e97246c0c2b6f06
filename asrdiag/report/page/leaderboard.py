"""The leaderboard as sortable tables, one for each dataset and metric."""

from collections.abc import Mapping, Sequence

from ..matrix import whole_rows
from ..meaning import Shown, present
from ..not_run import not_run
from ..rows import Row
from .chart import NAMES
from .text import count, html

_PARTS = (
    ("soft", "substitutions_soft", "replaced by something alike, in % of the reference"),
    ("hard", "substitutions_hard", "replaced by something else, in % of the reference"),
    ("del", "deletions", "left out, in % of the reference"),
    ("ins", "insertions", "put in, in % of the reference"),
)
_COLUMNS = (
    *((name, text) for name, _, text in _PARTS),
    ("made up", "insertions and hard substitutions, in % of what the system wrote"),
)
_LAST = (
    ("RTFx", "seconds of audio for each second in the recogniser"),
    ("scored", "clips scored, of those that the dataset has"),
)
_LONG = 16
"""Tables of more rows scroll in a box of their own."""
_WIDEST = 150.0


def leaderboard(rows: Sequence[Row]) -> str:
    """The measured rows over whole datasets."""
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in whole_rows(rows):
        tables.setdefault((row["dataset"], row["metric"]), []).append(row)
    return "\n".join(map(_table, tables.values()))


def heading(dataset: str, metric: str, about: str) -> str:
    """What stands over a table."""
    return f"<h3>{html(dataset)} <small>{NAMES[metric]} in %, {html(about)}</small></h3>"


def box(table: str, n_rows: int, name: str) -> str:
    """A table in a box that scrolls where there is too much of it, by keyboard too."""
    tall = " tall" if n_rows > _LONG else ""
    return f'<div class="scroll{tall}" tabindex=0 role=group aria-label="{html(name)}">{table}</div>'


def number(value: float | None, kind: str = "n", decimals: int = 1) -> str:
    """A cell with a number, which sorts by its value."""
    if value is None:
        return f'<td class="{kind}" data-v="">-</td>'
    return f'<td class="{kind}" data-v="{value:.4f}">{value:.{decimals}f}</td>'


def interval(row: Row, decimals: int = 1) -> str:
    """The ends of a rate's interval in words; a dash where there is none."""
    low, high = row.get("ci_low_pct"), row.get("ci_high_pct")
    return "-" if low is None or high is None else f"{low:.{decimals}f} to {high:.{decimals}f}"


def missing(rows: Sequence[Row]) -> list[str]:
    """A line of HTML for each thing without results."""
    return [html(line) for line in not_run(rows).lines()]


def _table(rows: Sequence[Row]) -> str:
    first = rows[0]
    language, normalizer = (
        "+".join(sorted({part for row in rows for part in row[name].split("+") if part}))
        for name in ("language", "normalizer")
    )
    top = max([1.0, *(row.get("ci_high_pct") or row.get("error_rate_pct") or 0.0 for row in rows)])
    meaning = present(rows)
    body = "".join(_line(row, min(top, _WIDEST), meaning) for row in rows)
    named = (*_COLUMNS, *((how.heading, how.text) for how in meaning.values()), *_LAST)
    columns = "".join(f'<th scope=col class=n title="{html(text)}">{name}</th>' for name, text in named)
    table = (
        "<table class=sortable><thead><tr><th scope=col>system</th><th scope=col>condition</th>"
        f"<th scope=col class=n>{NAMES[first['metric']]}</th>"
        "<th scope=col class=bar-head><span class=sr>bar</span></th>"
        f"<th scope=col class=n>95 %</th>{columns}</tr></thead><tbody>{body}</tbody></table>"
    )
    about = f"language {language}, normaliser {normalizer}"
    return heading(first["dataset"], first["metric"], about) + box(table, len(rows), first["dataset"])


def _line(row: Row, top: float, meaning: Mapping[str, Shown]) -> str:
    tokens, low = row.get("ref_tokens"), row.get("ci_low_pct")
    shares = [100 * row[column] / tokens if tokens else None for _, column, _ in _PARTS]
    return (
        f"<tr><th scope=row>{html(row['system'])}</th><td>{html(row['condition'])}</td>"
        f"{number(row.get('error_rate_pct'), 'n rate')}<td class=bar-cell>{_bar(row, top)}</td>"
        f'<td class="n dim" data-v="{"" if low is None else low}">{interval(row)}</td>'
        f"{''.join(map(number, shares))}{number(row.get('hallucination_rate_pct'))}"
        f"{''.join(number(row.get(name), decimals=how.decimals) for name, how in meaning.items())}"
        f"{number(row.get('rtfx'))}"
        f'<td class=n data-v="{row["n_scored"]}">{_coverage(row)}</td></tr>\n'
    )


def _bar(row: Row, top: float) -> str:
    """The rate as a bar, its interval as a line; the numbers stand beside it."""
    value, low, high = (row.get(name) for name in ("error_rate_pct", "ci_low_pct", "ci_high_pct"))
    if value is None:
        return ""
    ends = ""
    if low is not None and high is not None:
        left, right = (100 * min(1.0, end / top) for end in (low, high))
        ends = f'<i style="left:{left:.1f}%;width:{max(right - left, 0.5):.1f}%"></i>'
    return f'<span class=bar><b style="width:{100 * min(1.0, value / top):.1f}%"></b>{ends}</span>'


def _coverage(row: Row) -> str:
    shown = f"{row['n_scored']:,}/{row['n_expected']:,}"
    if row["complete"]:
        return shown
    failed = f", {count(row['n_failed'], 'clip')} failed" if row["n_failed"] else ""
    return f'<span class="badge warn" title="not all clips are scored{failed}">⚠ {shown}</span>'
