"""A judge's report on a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics.statistics import StratifiedMean
from .agreement import Agreement, MeaningAgreement
from .estimates import Estimate
from .published import PublishedJudgement
from .report import JudgeReport, Line

_TITLES = {
    "rules": "the rules and the judge, on the answers that it was asked about",
    "repeats": "the judge and itself",
    "others": "the judge and another judge",
    "human": "people, the judge and the rules",
}
_MEASURES = {
    "hallucination_pct": "Hall.",
    "missed_pct": "Miss",
    "meaning": "Sem.",
    "key_error_pct": "KeyE.",
}


_PARTS = (("hallucination", 100.0), ("missed", 100.0), ("meaning", 1.0), ("key_error", 100.0))


def render_report(report: JudgeReport, published: Sequence[PublishedJudgement] = ()) -> RenderableType:
    """The tables, one below the other, then the notes."""
    parts: list[RenderableType] = [
        Text.assemble((report.name, "bold"), f"   {report.judge}; rates in %"),
        _lines(report.lines, published),
    ]
    if report.modes:
        parts += [Text("by failure mode, of the answers that the judge was asked about"), _modes(report)]
    for name, title in _TITLES.items():
        if found := getattr(report, name):
            parts += [Text(title), *_agreements(found)]
    return Group(*parts, *(Text(note) for note in report.notes))


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=number > 0)
    return table


def _lines(lines: Sequence[Line], published: Sequence[PublishedJudgement]) -> Table:
    table = _table("system, dataset", "judged", *_MEASURES.values())
    for line in lines:
        dataset = line.dataset if "+" not in line.dataset else f"mean of {line.dataset}"
        name = Text.assemble((line.system, "bold"), f", {dataset}")
        table.add_row(name, _counts(line.estimate), *map(_number, _values(line.judged)))
        if line.estimate is not None:
            ends = [_ends(getattr(line.estimate, part), scale) for part, scale in _PARTS]
            if any(ends):
                table.add_row("  95 %", "", *ends, style="dim")
        table.add_row("  by rule", "", *map(_number, _values(line.rules)), style="dim")
    for entry in published:
        numbers = (_number(entry.values[name]) for name in _MEASURES)
        table.add_row(Text(f"{entry.name}, published"), "", *numbers, style="dim")
    return table


def _values(numbers: Mapping[str, float | None]) -> list[float | None]:
    return [numbers[name] for name in _MEASURES]


def _counts(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.n_judged - estimate.n_by_rule}+{estimate.n_by_rule}/{estimate.n_answers}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _ends(found: StratifiedMean, scale: float) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"{scale * found.low:.1f}-{scale * found.high:.1f}"


def _modes(report: JudgeReport) -> Table:
    table = _table("mode", "answers", *_MEASURES.values())
    for line in report.modes:
        numbers = (getattr(line, name) for name in _MEASURES)
        table.add_row(line.mode, str(line.n), *(f"{number:.1f}" for number in numbers))
    return table


def _agreements(found: Iterable[Agreement | MeaningAgreement]) -> Iterator[Table]:
    flags = _table("", "n", "alike %", "kappa", "both:1st:2nd:none")
    meanings = _table("meaning", "n", "difference", "absolute", "correlation")
    others: list[Table] = []
    before = ""
    for each in sorted(found, key=lambda each: (each.first, each.second)):
        names = f"{each.first} / {each.second}"
        if isinstance(each, MeaningAgreement):
            numbers = each.mean_difference, each.mean_absolute_difference, each.correlation
            shown = ("-" if number is None else f"{number:.2f}" for number in numbers)
            meanings.add_row(Text(names), str(each.n), *shown)
            continue
        if names != before:
            flags.add_row(Text(names))
            before = names
        share = "-" if each.agreement is None else f"{100 * each.agreement:.1f}"
        four = [str(_count(each, row, column)) for row in ("yes", "no") for column in ("yes", "no")]
        shown_counts = "below" if each.question == "mode" else ":".join(four)
        flags.add_row(f"  {each.question}", str(each.n), share, _kappa(each), shown_counts)
        if each.question == "mode":
            others.append(_confusion(each))
    if flags.row_count:
        yield flags
    yield from others
    if meanings.row_count:
        yield meanings


def _confusion(found: Agreement) -> Table:
    """Which labels the two gave to the same answers, the most frequent first."""
    table = _table(f"{found.first} -> {found.second}", "answers")
    counts = {
        f"{row} -> {column}": count
        for row, line in zip(found.labels, found.table, strict=True)
        for column, count in zip(found.labels, line, strict=True)
        if count
    }
    for names, count in sorted(counts.items(), key=lambda each: -each[1]):
        table.add_row(names, str(count))
    return table


def _count(found: Agreement, row: str, column: str) -> int:
    if row not in found.labels or column not in found.labels:
        return 0
    return found.table[found.labels.index(row)][found.labels.index(column)]


def _kappa(found: Agreement) -> str:
    if found.kappa is None:
        return "-"
    return f"{found.kappa:.2f} ({found.low:.2f}..{found.high:.2f})"
