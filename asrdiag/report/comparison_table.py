"""Comparisons as a terminal shows them: a block of four lines for each pair of systems."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .comparison_meaning import MEASURES
from .rows import Row

_LEGEND = (
    "difference: the first system's rate less the second's; relative: the same in % of the higher rate, the "
    "share of the worse system's errors that the better one saves. "
    "p: how often equally good systems would differ this much or more; Holm: corrected for all pairs and "
    "groups of the table, the one to go by; P: probability that the system with the lower rate is better. "
    "MAPSSWE, and McNemar (answers that only the one and only the other got wrong), are not corrected and "
    "know nothing of speakers. fewer errors: answers in which the first, or the second, made fewer. "
    "key errors, similarity, meaning: mean of an answer, the first system's less the second's. "
    "▲ better beyond chance."
)


def render_comparisons(rows: Iterable[Row], notes: Iterable[str], console: Console) -> RenderableType:
    """Tables that fit the console's width, one for each dataset and metric, a legend, and the notes."""
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        tables.setdefault((row["dataset"], row["metric"]), []).append(row)
    parts: list[RenderableType] = []
    for found in tables.values():
        parts += [_title(found), *_layout(found, console)]
    if parts:
        parts.append(Text(_LEGEND, style="dim"))
    parts += [Text(note, style="yellow") for note in notes]
    return Group(*parts)


def _title(rows: Sequence[Row]) -> Text:
    row = rows[0]
    what = f"   {row['metric'].upper()} %, language {_joined(rows, 'language')}, "
    what += f"normaliser {_joined(rows, 'normalizer')}"
    if shared := _shared_basis(rows):
        what += f"; {shared}"
    return Text.assemble("\n", (row["dataset"], "bold"), what)


def _joined(rows: Sequence[Row], column: str) -> str:
    return "+".join(sorted({name for row in rows for name in row[column].split("+")}))


def _shared_basis(rows: Sequence[Row]) -> str:
    found = {_basis(row) for row in rows}
    each = "in each group " if len({row["group"] for row in rows}) > 1 else ""
    return f"{each}{found.pop()}" if len(found) == 1 else ""


def _basis(row: Row) -> str:
    """What the numbers of a row rest on, in words."""
    answers = f"{row['n_compared']} answers"
    if row["n_left_out"]:
        answers += f" ({row['n_left_out']} left out)"
    units = f"{row['n_units']} {row['unit']}s"
    # Units of unequal length tell less than so many.
    if (effective := f"{row['n_effective_units']:.0f}") != str(row["n_units"]):
        units += f" (effectively {effective})"
    alone = " of one speaker" if row["unit"] == "utterance" and row["n_speakers"] == 1 else ""
    how = "Student's t" if row["method"] == "t" else f"{row['resamples']} resamples"
    return f"{answers}, {units}{alone}, {how}"


def _layout(rows: Sequence[Row], console: Console) -> list[RenderableType]:
    """One table with the tests at the side; where that is too wide, a block for each pair."""
    shared = _shared_basis(rows)
    table = _table(rows, with_tests=True)
    for index, row in enumerate(rows):
        if _opens_group(rows, index):
            table.add_row(_group(row), "", "", "" if shared else Text(_basis(row), style="dim"))
        for line in (*_lines(row), *_meaning(row)):
            table.add_row(*line)
        if index < len(rows) - 1:
            table.add_section()
    unlimited = console.options.update(max_width=100_000)
    if console.measure(table, options=unlimited).maximum <= console.width:
        return [table]
    blocks: list[RenderableType] = []
    for index, row in enumerate(rows):
        if _opens_group(rows, index):
            blocks.append(Text.assemble(_group(row), "" if shared else f"  {_basis(row)}"))
        lines = [*_lines(row), *_meaning(row)]
        block = _table(rows, with_tests=False)
        for name, rate, interval, _ in lines:
            block.add_row(name, rate, interval)
        blocks += [block, *(Text.assemble("  ", test) for *_, test in lines if test), Text()]
    return blocks


def _opens_group(rows: Sequence[Row], index: int) -> bool:
    row = rows[index]
    return row["by"] != "dataset" and (index == 0 or row["group"] != rows[index - 1]["group"])


def _group(row: Row) -> Text:
    # Names of speakers come from manifests and may hold anything, such as escapes that a terminal obeys.
    name = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in row["group"])
    return Text(name or f"(no {row['by']})", style="bold")


def _table(rows: Sequence[Row], *, with_tests: bool) -> Table:
    table = Table(box=SIMPLE_HEAD if with_tests else None, pad_edge=False, padding=(0, 1))
    table.add_column("", overflow="fold", no_wrap=with_tests)
    table.add_column(rows[0]["metric"].upper(), justify="right", no_wrap=True)
    table.add_column(f"{100 * rows[0]['level']:g} %", justify="right", no_wrap=True)
    if with_tests:
        table.add_column("", no_wrap=True)
    return table


def _lines(row: Row) -> list[tuple[Text, Text, Text, Text]]:
    beside = (_system(row, "a"), _system(row, "b"), Text("  difference"), Text("  relative"))
    rates = (_rate(row, "a"), _rate(row, "b"), _signed(row["difference_pct"]), _signed(row["relative_pct"]))
    names = ("ci_{}_a_pct", "ci_{}_b_pct", "difference_{}_pct", "relative_{}_pct")
    tests = (_primary(row), _mapsswe(row), _mcnemar(row), _counts(row))
    return list(zip(beside, rates, (_interval(row, name) for name in names), tests, strict=True))


def _meaning(row: Row) -> list[tuple[Text, Text, Text, Text]]:
    """A line for each measure of meaning that is known of both: what differs, first less second."""
    lines = []
    for name, called in MEASURES.items():
        if row.get(f"{name}_n") is None:
            continue
        digits = 1 if name == "meaning" else 3
        a, b, difference = (row[f"{name}_{part}"] for part in ("a", "b", "difference"))
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        interval = "" if low is None else f"{low:.{digits}f} to {high:.{digits}f}"
        sides = f"{called} {a:.{digits}f} : {b:.{digits}f}, of {row[f'{name}_n']}"
        lines.append(
            (
                Text(f"  {called}", style="dim"),
                Text(f"{difference:+.{digits}f}", style="dim"),
                Text(interval, style="dim"),
                Text(sides, style="dim"),
            )
        )
    return lines


def _system(row: Row, side: str) -> Text:
    name = row[f"system_{side}"]
    return Text(f"▲ {name}", style="bold green") if row["better"] == name else Text(f"  {name}", style="bold")


def _rate(row: Row, side: str) -> Text:
    value = row[f"error_rate_{side}_pct"]
    return Text("-" if value is None else f"{value:.1f}", style="bold")


def _signed(value: float | None) -> Text:
    return Text("-" if value is None else f"{value:+.1f}")


def _interval(row: Row, name: str) -> Text:
    low, high = row[name.format("low")], row[name.format("high")]
    return Text("" if low is None else f"{low:.1f} to {high:.1f}", style="dim")


def _primary(row: Row) -> Text:
    text = Text.assemble("p ", _p(row["p_value"]), "  Holm ", (_p(row["p_holm"]), "bold"))
    share = row["probability_b_better"]
    if share is not None:
        larger = max(share, 1 - share)
        text.append("  P >99.9 %" if larger > 0.999 else f"  P {100 * larger:.1f} %")
    return text


def _mapsswe(row: Row) -> Text:
    z = "" if row["mapsswe_z"] is None else f"  Z {row['mapsswe_z']:.2f}"
    return Text(f"MAPSSWE p {_p(row['mapsswe_p_value'])}{z}", style="dim")


def _mcnemar(row: Row) -> Text:
    alone = f"{row['mcnemar_only_a_wrong']} : {row['mcnemar_only_b_wrong']}"
    return Text(f"McNemar p {_p(row['mcnemar_p_value'])}  {alone}", style="dim")


def _counts(row: Row) -> Text:
    fewer = f"{row['a_fewer_errors']} : {row['b_fewer_errors']}"
    return Text(f"fewer errors {fewer}, same {row['same_errors']}", style="dim")


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
