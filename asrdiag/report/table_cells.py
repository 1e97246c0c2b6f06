"""The cells of the leaderboard's tables, and tables that fit the terminal."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .rows import Row

PARTS = (
    ("soft", "substitutions_soft", "yellow"),
    ("hard", "substitutions_hard", "red"),
    ("del", "deletions", "magenta"),
    ("ins", "insertions", "cyan"),
)
SOMETIMES = (
    ("hall", "hallucination_rate_pct"),
    ("loops", "repetition_rate_pct"),
    ("empty", "empty_rate_pct"),
    ("key rec", "key_recall_pct"),
    ("key prec", "key_precision_pct"),
    ("neg", "n_negation_flips"),
    ("num", "n_number_errors"),
    ("judged", "n_judged"),
    ("meaning", "judge_meaning"),
    ("routed", "routed_share_pct"),
    ("adapted", "adapted_error_rate_pct"),
    ("base", "base_error_rate_pct"),
)
"""Rows that are shown where there is anything in them."""
_NAME_WIDTH = 12


def fitted(
    groups: Sequence[Sequence[str]], make: Callable[[Sequence[str]], Table], console: Console
) -> list[Table]:
    """Tables of columns, as many to a table as the console's width holds.

    Args:
        groups: names of columns; those of a group stay in one table, where one holds them.
        make: a table of some of the columns, in which the first column is one of names.
        console: decides the width. Where it does not hold even one column, the names are folded.
    """
    blocks: list[list[str]] = []
    for group in groups:
        whole = _fits(make(group), console)
        for part in [group] if whole else [[name] for name in group]:
            if blocks and _fits(make([*blocks[-1], *part]), console):
                blocks[-1] += part
            else:
                blocks.append(list(part))
    tables = [make(block) for block in blocks]
    for table in tables:
        if not _fits(table, console):
            _fold_names(table, console)
    return tables


def _fits(table: Table, console: Console) -> bool:
    unlimited = console.options.update(max_width=100_000)
    return console.measure(table, options=unlimited).maximum <= console.width


def _fold_names(table: Table, console: Console) -> None:
    """Give the columns of numbers the room that their cells need, and the column of names the rest."""
    others = table.columns[1:]
    for bound in ("maximum", "minimum"):  # with the cells whole, else broken at their blanks
        widths = [max(getattr(console.measure(cell), bound) for cell in column.cells) for column in others]
        # A blank at either edge, and three between one column and the next.
        room = console.width - sum(widths) - 3 * len(others) - 2
        if room >= _NAME_WIDTH:
            break
    for column, width in zip(table.columns, (max(1, room), *widths), strict=True):
        column.no_wrap, column.overflow, column.width = False, "fold", width


def rate_text(row: Row | None, worst: bool, decimals: int = 1) -> Text:
    """An error rate in its colour; a worst one is marked."""
    if row is None:
        return Text("-", style="dim")
    rate = row.get("error_rate_pct")
    if rate is None:
        return Text("no score", style="bold")
    colour = "green" if rate < 10 else "yellow" if rate < 30 else "red"
    return Text(f"{'▲ ' if worst else ''}{rate:.{decimals}f}", style=f"bold {colour}")


def interval_text(row: Row | None, decimals: int = 1) -> Text:
    """The ends of an interval."""
    if row is None or row.get("ci_low_pct") is None:
        return Text("")
    return Text(f"{row['ci_low_pct']:.{decimals}f}-{row['ci_high_pct']:.{decimals}f}", style="dim")


def share_text(row: Row | None, column: str, colour: str) -> Text:
    """Errors of one kind in % of the reference."""
    if row is None or row.get("error_rate_pct") is None:
        return Text("")
    return Text(f"{100 * row[column] / row['ref_tokens']:.1f}", style=colour if row[column] else "dim")


def rounded_text(row: Row | None, column: str) -> Text:
    """A number with one decimal, or a count."""
    value = row.get(column) if row else None
    shown = f"{value:.1f}" if isinstance(value, float) else "" if value is None else str(value)
    return Text(shown, style="" if value else "dim")


def similarity_text(row: Row | None) -> Text:
    """The mean similarity of meaning."""
    value = row.get("semantic_similarity") if row else None
    return Text("" if value is None else f"{value:.3f}")


def coverage_text(row: Row | None) -> Text:
    """How many utterances are scored, and how many failed."""
    if row is None:
        return Text("")
    failed = f" ({row['n_failed']} failed)" if row["n_failed"] else ""
    style = "" if row["complete"] else "yellow"
    return Text(f"{row['n_scored']}/{row['n_expected']}{failed}", style=style)


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table, which may hold HTML.

    >>> escaped("<b>a|b</b>")
    '&lt;b>a\\\\|b&lt;/b>'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
