"""Answers under their reference as tables that are read, printed and copied without a script."""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from asrdiag.report.page.text import count, html

from ..data.case import Step
from ..data.stack import Column, stacked
from ..data.together import Line, result
from ..texts import shown

MOST_STEPS = 1500
_ROOM = 76
"""What fits on a line, in Latin letters, on paper too."""
_LONGEST_TOKEN = 60
_RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"))
SAID = {"s": "replaced by something alike", "S": "replaced by something else", "D": "left out", "I": "put in"}
"""The letters of errors, and what they stand for."""


def rows_of(lines: Sequence[Line], unit: str, language: str) -> str:
    """The answers as HTML: a table for as many steps as fit on a line, each with the reference above.

    Args:
        lines: answers to the same reference, see `data.together`.
        unit: `word`, `character` or `mixed`.
        language: tag of the reference; decides the direction.
    """
    columns = stacked([line.case.steps for line in lines])
    direction = "rtl" if language.lower().replace("_", "-").split("-")[0] in _RIGHT_TO_LEFT else "ltr"
    start = f'<table class="steps {html(unit)}" dir={direction} lang="{html(language)}"><tbody>'
    tables = [
        f"{start}{_table(part, lines, notes=not place)}</tbody></table>"
        for place, part in enumerate(_wrapped(columns[:MOST_STEPS], unit))
    ]
    left = len(columns) - MOST_STEPS
    more = f"<p class=dim>{count(left, 'further step')} not shown.</p>" if left > 0 else ""
    return f"<div class=rows>{''.join(tables)}</div>{more}"


def _wrapped(columns: Sequence[Column], unit: str) -> Iterator[list[Column]]:
    part: list[Column] = []
    used = 0
    for column in columns:
        texts = [column.reference, *(step.hypothesis for step in column.steps if step)]
        wide = max(3, *(_width(text or "") for text in texts)) + (0 if unit == "character" else 1)
        if part and used + wide > _ROOM:
            yield part
            part, used = [], 0
        part.append(column)
        used += wide
    if part:
        yield part


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text[:_LONGEST_TOKEN])


def _table(columns: Sequence[Column], lines: Sequence[Line], *, notes: bool) -> str:
    reference = "".join(
        "<td class=gap>***</td>" if column.reference is None else f"<td>{_token(column.reference)}</td>"
        for column in columns
    )
    rows = [f"<tr class=ref><th scope=row>REF</th>{reference}</tr>"]
    for place, line in enumerate(lines):
        note = f"<small>{html(result(line.case)).replace(' %', '&nbsp;%')}</small>" if notes else ""
        name = f"<th scope=row{' class=open' if line.open else ''}>{html(shown(line.name, 60))}{note}</th>"
        rows.append(f"<tr>{name}{''.join(_cell(column.steps[place]) for column in columns)}</tr>")
    return "".join(rows)


def _cell(step: Step | None) -> str:
    if step is None:
        return "<td></td>"
    text = "***" if step.hypothesis is None else _token(step.hypothesis)
    if step.letter == "C":
        return f"<td>{text}</td>"
    stretch = " stretch" if step.omitted or step.fabricated else ""
    return f'<td class="{step.letter}{stretch}" title="{SAID[step.letter]}">{text}<u>{step.letter}</u></td>'


def _token(text: str) -> str:
    return html(shown(text, _LONGEST_TOKEN))
