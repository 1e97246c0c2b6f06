"""A judge's report on a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..metrics.statistics import StratifiedMean
from .agreement import Agreement, MeaningAgreement
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


def render_report(report: JudgeReport, published: Sequence[PublishedJudgement] = ()) -> RenderableType:
    """The tables, one below the other, then the notes."""
    parts: list[RenderableType] = [
        Text.assemble((report.name, "bold"), f"   {report.judge}; rates in %, with 95 % intervals"),
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
        table.add_column(name, justify="left" if number < 2 else "right", overflow="fold", no_wrap=not number)
    return table


def _lines(lines: Sequence[Line], published: Sequence[PublishedJudgement]) -> Table:
    table = _table("system", "dataset", "judged", *_MEASURES.values())
    for line in lines:
        estimate = line.estimate
        parts = {} if estimate is None else _parts(estimate)
        judged = "" if estimate is None else f"{estimate.n_judged}/{estimate.n_answers}"
        shown = [
            _number(line.judged[name], parts.get(name), 1.0 if name == "meaning" else 100.0)
            for name in _MEASURES
        ]
        dataset = line.dataset if "+" not in line.dataset else f"mean of {line.dataset}"
        table.add_row(Text(line.system, style="bold"), Text(dataset), judged, *shown)
        by_rule = [_number(line.rules[name], None, 1.0) for name in _MEASURES]
        table.add_row("", Text("by rule", style="dim"), "", *by_rule, style="dim")
    for entry in published:
        numbers = [_number(entry.values[name], None, 1.0) for name in _MEASURES]
        table.add_row(Text(entry.name), Text("published: mean of voices+noizeus"), "", *numbers, style="dim")
    return table


def _parts(estimate: object) -> dict[str, StratifiedMean]:
    names = dict(zip(_MEASURES, ("hallucination", "missed", "meaning", "key_error"), strict=True))
    return {name: getattr(estimate, part) for name, part in names.items()}


def _number(value: float | None, interval: StratifiedMean | None, scale: float) -> str:
    if value is None:
        return "-"
    text = f"{value:.1f}"
    if interval is None or interval.low is None or interval.high is None or interval.low == interval.high:
        return text
    return f"{text} ({scale * interval.low:.1f}-{scale * interval.high:.1f})"


def _modes(report: JudgeReport) -> Table:
    table = _table("mode", "", "answers", *_MEASURES.values())
    for line in report.modes:
        numbers = (getattr(line, name) for name in _MEASURES)
        table.add_row(line.mode, "", str(line.n), *(f"{number:.1f}" for number in numbers))
    return table


def _agreements(found: Iterable[Agreement | MeaningAgreement]) -> Iterator[Table]:
    flags = _table("", "", "n", "alike %", "kappa", "both : 1st : 2nd : none")
    meanings = _table("", "", "n", "difference", "absolute", "correlation")
    others: list[Table] = []
    for each in found:
        names = f"{each.first} / {each.second}"
        if isinstance(each, MeaningAgreement):
            numbers = each.mean_difference, each.mean_absolute_difference, each.correlation
            shown = ("-" if number is None else f"{number:.2f}" for number in numbers)
            meanings.add_row("meaning", Text(names), str(each.n), *shown)
            continue
        share = "-" if each.agreement is None else f"{100 * each.agreement:.1f}"
        four = [str(_count(each, row, column)) for row in ("yes", "no") for column in ("yes", "no")]
        shown_counts = "below" if each.question == "mode" else " : ".join(four)
        flags.add_row(each.question, Text(names), str(each.n), share, _kappa(each), shown_counts)
        if each.question == "mode":
            others.append(_confusion(each))
    if flags.row_count:
        yield flags
    yield from others
    if meanings.row_count:
        yield meanings


def _confusion(found: Agreement) -> Table:
    table = _table(f"{found.first} \\ {found.second}", "", *found.labels)
    for label, counts in zip(found.labels, found.table, strict=True):
        table.add_row(label, "", *(str(count) if count else "." for count in counts))
    return table


def _count(found: Agreement, row: str, column: str) -> int:
    if row not in found.labels or column not in found.labels:
        return 0
    return found.table[found.labels.index(row)][found.labels.index(column)]


def _kappa(found: Agreement) -> str:
    if found.kappa is None:
        return "-"
    return f"{found.kappa:.2f} ({found.low:.2f}..{found.high:.2f})"
