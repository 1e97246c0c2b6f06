"""Results for a terminal: totals, groups, the commonest errors and the worst utterances."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics import confusions
from ..metrics.confusion import ranked
from .key_table import key_line, key_utterances
from .lines import printable, text_line
from .results import Results, Scored, Total

SHOWN_GROUPS = 20
SHOWN_ERRORS = 8
SHOWN_UTTERANCES = 5
_NAME_WIDTH = 12
"""Columns that a name has at least beside numbers."""
_TOKEN_WIDTHS = ((60, 30, 30), (26, 14, 14))
"""Columns that an error has at most in lists that stand side by side: where there is room, and where not."""

_LEGEND = (
    "95 %: interval over {over}. soft, hard: {units} replaced by something alike or by something else; del: "
    "left out; ins: put in. omit: del in % of the reference; hall: made up (hard and ins) in % of the "
    "hypotheses."
)
_UNITS = {"word": "words", "character": "characters", "mixed": "tokens"}


def render(results: Results, width: int) -> RenderableType:
    """One block for each unit, so that word and character error rates never stand in one column.

    However few columns the width has, from 40 on no number is cut: what does not fit stands below.
    """
    parts: list[RenderableType] = []
    for total in results.totals:
        groups = [group for group in results.groups if group.unit == total.unit]
        parts += [_title(results, total), *_numbers(total, groups, width)]
        parts += [
            Text(_LEGEND.format(units=_UNITS[total.unit], over=total.interval_over), style="dim"),
            Text(_modes(total)),
        ]
        if kept := key_line(total.key):
            parts.append(Text(kept))
        if total.counts.errors:
            parts += [*_commonest(total, width), *_worst(total), *key_utterances(total)]
    return Group(*parts)


def _title(results: Results, total: Total) -> Text:
    row = total.row()
    return Text.assemble(
        "\n",
        (printable(results.title), "bold"),
        f"\n{row['metric'].upper()} %, language {row['language']}, normaliser {row['normalizer']}; "
        f"{row['n_scored']} of {row['n_expected']} utterances scored",
    )


def _numbers(total: Total, groups: Sequence[Total], width: int) -> Iterator[Table]:
    """As many columns to a table as the width holds."""
    rows: list[tuple[Text, Sequence[str]]] = [(Text("all", style="bold"), _cells(total))]
    sections: list[int] = []
    worst_first = sorted(groups, key=lambda group: -(group.counts.error_rate or 0))
    for factor in dict.fromkeys(group.factor for group in groups):
        sections.append(len(rows))
        rows.append((Text(f"by {printable(factor)}", style="bold"), ()))
        members = [group for group in worst_first if group.factor == factor]
        for group in members[:SHOWN_GROUPS]:
            rows.append((Text(printable(group.value or "(none)")), _cells(group)))
        if len(members) > SHOWN_GROUPS:
            rows.append((Text(f"and {len(members) - SHOWN_GROUPS} more", style="dim"), ()))
    counted = _UNITS[total.unit], total.row()["metric"].upper()
    heads = ("utt", *counted, "95 %", "soft", "hard", "del", "ins", "omit", "hall")
    widths = [
        max(len(head), *(len(cells[place]) for _, cells in rows if cells)) for place, head in enumerate(heads)
    ]
    names = max(_NAME_WIDTH, *(name.cell_len for name, _ in rows))
    for block in _blocks(widths, width - _NAME_WIDTH - 2):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=0)
        room = width - 2 - sum(widths[place] + 1 for place in block)
        table.add_column("", overflow="fold", width=min(names, max(room, 1)))
        for place in block:
            table.add_column(heads[place], justify="right", no_wrap=True, width=widths[place])
        for number, (name, cells) in enumerate(rows):
            if number in sections:
                table.add_section()
            table.add_row(name, *(cells[place] for place in block if cells))
        yield table


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Columns in groups that fit side by side, each with a blank before it; at least one to a group."""
    blocks: list[list[int]] = [[]]
    left = room
    for place, width in enumerate(widths):
        if blocks[-1] and left < width + 1:
            blocks.append([])
            left = room
        blocks[-1].append(place)
        left -= width + 1
    return blocks


def _cells(total: Total) -> tuple[str, ...]:
    row = total.row()
    low, high = row["ci_low_pct"], row["ci_high_pct"]
    return (
        str(row["n_scored"]),
        str(row["ref_tokens"]),
        _rounded(row["error_rate_pct"]),
        "" if low is None else f"{low:.1f}-{high:.1f}",
        *(str(row[name]) for name in ("substitutions_soft", "substitutions_hard", "deletions", "insertions")),
        *(_rounded(row[name]) for name in ("omission_rate_pct", "hallucination_rate_pct")),
    )


def _modes(total: Total) -> str:
    modes = total.modes
    found = sorted(((count, mode) for mode, count in asdict(modes).items() if count), reverse=True)
    shares = (f"{count} {mode} ({100 * count / modes.n:.0f} %)" for count, mode in found)
    return f"utterances by failure mode: {', '.join(shares)}" if found else "no utterance was answered"


def _rounded(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _commonest(total: Total, width: int) -> list[Table]:
    """Three lists side by side, or one below the other where the width does not hold them."""
    found = confusions(total.answered)
    lists: dict[str, Sequence[tuple[str, int]]] = {
        "substituted": [(f"{said} → {heard}", n) for (said, heard), n in ranked(found.substitutions)],
        "deleted": ranked(found.deletions),
        "inserted": ranked(found.insertions),
    }
    for limits in _TOKEN_WIDTHS:
        beside = _lists(lists, limits)
        if sum(column.width or 0 for column in beside.columns) + 3 * len(beside.columns) - 1 <= width:
            return [beside]
    return [_lists({name: entries}, None) for name, entries in lists.items() if entries]


def _lists(lists: Mapping[str, Sequence[tuple[str, int]]], limits: Sequence[int] | None) -> Table:
    """Counts and errors in columns, errors cut to the limits or else folded."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    columns: list[list[tuple[str, str]]] = []
    for place, (name, entries) in enumerate(lists.items()):
        head = f"{name}\nof {len(entries)} kinds" if len(entries) > SHOWN_ERRORS else name
        shown = [(str(count), printable(token)) for token, count in entries[:SHOWN_ERRORS]]
        if limits:
            shown = [(count, _cut(token, limits[place])) for count, token in shown]
        counts = max((len(count) for count, _ in shown), default=1)
        tokens = max(cell_len(text) for text in (*head.split("\n"), *(token for _, token in shown)))
        table.add_column("", justify="right", no_wrap=True, width=counts)
        table.add_column(head, overflow="fold", width=tokens if limits else None)
        columns.append(shown)
    for row in range(max(map(len, columns))):
        cells = (column[row] if row < len(column) else ("", "") for column in columns)
        table.add_row(*(Text(text) for pair in cells for text in pair))
    return table


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def _worst(total: Total) -> Iterator[RenderableType]:
    """The utterances with the most errors, as they came."""
    wrong = [each for each in total.utterances if each.score.counts and each.score.counts.errors]
    wrong.sort(key=lambda each: (-each.score.counts.errors if each.score.counts else 0, each.pair.id))
    yield Text("utterances with the most errors", style="bold")
    for each in wrong[:SHOWN_UTTERANCES]:
        yield Text(_headline(each))
        yield text_line("REF", each.score.reference)
        yield text_line("HYP", each.score.hypothesis or "")
    if len(wrong) > SHOWN_UTTERANCES:
        yield Text(f"and {len(wrong) - SHOWN_UTTERANCES} more with errors", style="dim")


def _headline(each: Scored) -> str:
    counts = each.score.counts
    assert counts is not None
    rate = "" if counts.error_rate is None else f" ({100 * counts.error_rate:.0f} %)"
    mode = f", {each.diagnosis.mode}" if each.diagnosis else ""
    return (
        f"{printable(each.pair.id)}: {counts.errors} of {counts.reference_tokens}{rate}, "
        f"{counts.substitutions_soft} soft, {counts.substitutions_hard} hard, {counts.deletions} del, "
        f"{counts.insertions} ins{mode}"
    )
