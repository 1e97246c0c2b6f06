"""A report as plain text."""

from collections.abc import Iterator, Sequence

from .findings import Findings, Part, Report

_HEADINGS = (
    "subset",
    "language",
    "clips",
    "documented",
    "with audio",
    "hours",
    "shortest s",
    "median s",
    "longest s",
)
_TEXTS = 2
"""Columns that are text."""


def render(report: Report) -> str:
    """The report, a line each, without control characters."""
    return "\n".join("".join(map(_printable, line)) for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.title}: {report.place}" if report.place else report.title
    yield ""
    if report.parts:
        yield from _table([_HEADINGS, *map(_cells, report.parts), *_total(report.parts)])
        yield ""
    for name, number in report.formats.items():
        yield f"{number} clips: {name}"
    for each in report.of(problems=True):
        yield from _findings("problem", each)
    for each in report.of(problems=False):
        yield from _findings("worth a look", each)
    yield ""
    if report.content is not None:
        yield f"content {report.content}"
    looks = sum(1 for _ in report.of(problems=False))
    more = f"; {looks} {'kind' if looks == 1 else 'kinds'} of things worth a look" if looks else ""
    found = f"{report.n_problems} problems" if report.n_problems else "complete and clean"
    yield f"{sum(part.clips for part in report.parts)} clips: {found}{more}"


def _findings(word: str, found: Findings) -> Iterator[str]:
    yield ""
    yield f"{word}: {found.title} ({found.count})"
    for line in found.lines:
        yield f"  {line}"
    if found.left_out:
        yield f"  and {found.left_out} more; --all shows them"


def _cells(part: Part) -> tuple[str, ...]:
    lengths = (part.shortest_s, part.median_s, part.longest_s)
    return (
        part.subset or "-",
        part.language,
        str(part.clips),
        "-" if part.documented is None else str(part.documented),
        str(part.readable),
        f"{part.hours:.3f}",
        *("-" if length is None else f"{length:.2f}" for length in lengths),
    )


def _total(parts: Sequence[Part]) -> list[tuple[str, ...]]:
    if len(parts) < 2:
        return []
    documented = [part.documented for part in parts if part.documented is not None]
    expected = str(sum(documented)) if len(documented) == len(parts) else "-"
    hours = f"{sum(part.hours for part in parts):.3f}"
    numbers = (str(sum(part.clips for part in parts)), expected, str(sum(part.readable for part in parts)))
    return [("all", "", *numbers, hours, "", "", "")]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) if position < _TEXTS else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _printable(character: str) -> str:
    """What is in a corpus may be meant for a terminal to obey."""
    return character if character.isprintable() else character.encode("unicode_escape").decode()
