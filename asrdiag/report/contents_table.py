"""A report as a terminal shows it: error rates by condition or subset, levels of corpora, and changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .changes import Change
from .contents import Contents
from .level_curves import LevelCurve
from .matrix import Matrix
from .not_run import not_run
from .rows import Row

_LEGEND = (
    "Error rates in % with 95 % intervals; *: not all clips are scored. change: the rate less that of the "
    "same system as recorded, in percentage points, on the clips answered under both; ▲ worse, ▼ better, "
    "where the paired interval leaves out 0 (not corrected for how many there are)."
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Names down, systems across; what is not in `cells` was not run."""

    title: str
    about: str
    down: Sequence[str]
    across: Sequence[str]
    cells: Mapping[tuple[str, str], Text]


def render_contents(contents: Contents, console: Console) -> RenderableType:
    """Tables that fit the console's width, a legend, and what was not run or could not be told."""
    parts: list[RenderableType] = []
    for sheet in _sheets(contents):
        parts.append(Text.assemble("\n", (_printable(sheet.title), "bold"), f"   {_printable(sheet.about)}"))
        parts += _tables(sheet, console)
    parts.append(Text(_LEGEND, style="dim"))
    parts += [
        Text(_printable(note), style="yellow") for note in (*not_run(contents.rows).lines(), *contents.notes)
    ]
    return Group(*parts)


def _sheets(contents: Contents) -> Iterator[_Sheet]:
    yield from map(_of_matrix, contents.matrices)
    yield from _of_corpora(contents.curves)
    yield from _of_changes(contents.changes)


def _of_matrix(matrix: Matrix) -> _Sheet:
    under = f" under {matrix.condition}" if matrix.condition else ""
    about = f"{matrix.metric.upper()} % by {matrix.by}{under}, language {matrix.language}, "
    return _Sheet(
        matrix.dataset,
        f"{about}normaliser {matrix.normalizers}",
        matrix.columns,
        matrix.systems,
        {(column, system): _rate(row) for (system, column), row in matrix.rows.items()},
    )


def _of_corpora(curves: Iterable[LevelCurve]) -> Iterator[_Sheet]:
    groups: dict[tuple[str, str, str, str], list[LevelCurve]] = {}
    for curve in curves:
        if curve.levels_of == "corpus":
            groups.setdefault((curve.dataset, curve.metric, curve.parameter, curve.effect), []).append(curve)
    for (dataset, metric, parameter, condition), found in groups.items():
        yield _Sheet(
            dataset,
            f"{metric.upper()} % by {parameter} of the clips, under {condition}",
            list(dict.fromkeys(f"{point.level:g}" for curve in found for point in curve.points)),
            list(dict.fromkeys(curve.system for curve in found)),
            {
                (f"{point.level:g}", curve.system): _with_interval(
                    f"{point.rate_pct:.1f}", point.low_pct, point.high_pct, ""
                )
                for curve in found
                for point in curve.points
            },
        )


def _of_changes(changes: Iterable[Change]) -> Iterator[_Sheet]:
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.dataset, change.metric), []).append(change)
    for (dataset, metric), found in groups.items():
        baselines = ", ".join(dict.fromkeys(change.baseline for change in found))
        yield _Sheet(
            dataset,
            f"change of the {metric.upper()} against {baselines}, on {_clips(found)}",
            list(dict.fromkeys(change.condition for change in found)),
            list(dict.fromkeys(change.system for change in found)),
            {(change.condition, change.system): _change(change) for change in found},
        )


def _clips(changes: Sequence[Change]) -> str:
    counts = sorted({change.n_clips for change in changes})
    units = {change.unit for change in changes}
    clips = f"{counts[0]} clips" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} clips"
    return f"the same {clips}; intervals over {'speakers' if units == {'speaker'} else 'clips'}"


def _rate(row: Row) -> Text:
    value = row.get("error_rate_pct")
    text = "no score" if value is None else f"{value:.1f}"
    star = "" if row["complete"] else "*"
    return _with_interval(f"{text}{star}", row.get("ci_low_pct"), row.get("ci_high_pct"), "")


def _change(change: Change) -> Text:
    mark = "" if not change.beyond_chance else "▲ " if change.change_pct > 0 else "▼ "
    style = "" if not mark else "red" if change.change_pct > 0 else "green"
    text = _with_interval(f"{change.change_pct:+.1f}", change.low_pct, change.high_pct, "+")
    return Text.assemble((mark, style), text)


def _with_interval(number: str, low: float | None, high: float | None, sign: str) -> Text:
    text = Text(number, style="bold")
    if low is not None and high is not None:
        text.append(f" ({low:{sign}.1f} to {high:{sign}.1f})", style="not bold dim")
    return text


def _tables(sheet: _Sheet, console: Console) -> list[Table]:
    """As many systems to a table as the width holds."""
    unlimited = console.options.update(max_width=100_000)
    for size in range(len(sheet.across), 0, -1):
        tables = [
            _table(sheet, sheet.across[start : start + size]) for start in range(0, len(sheet.across), size)
        ]
        if all(console.measure(table, options=unlimited).maximum <= console.width for table in tables):
            break
    return tables


def _table(sheet: _Sheet, systems: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("", overflow="fold")
    for system in systems:
        table.add_column(Text(_printable(system)), justify="right", overflow="fold")
    for name in sheet.down:
        cells = [sheet.cells.get((name, system), Text("-", style="dim")) for system in systems]
        table.add_row(Text(_printable(name)), *cells)
    return table


def _printable(text: str) -> str:
    # Subsets are named by manifests and may hold anything, such as escapes that a terminal obeys.
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
