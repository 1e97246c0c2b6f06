"""Key content for a terminal: what was kept, and the utterances in which it is wrong."""

from collections.abc import Iterator
from dataclasses import asdict

from rich.console import RenderableType
from rich.text import Text

from ..metrics import KEY_FLAGS, KeyContentCounts, KeyItem
from .lines import printable, text_line
from .results import Scored, Total

SHOWN_UTTERANCES = 5


def key_line(counts: KeyContentCounts) -> str:
    """What was kept, in one line, and what is wrong by kind; "" if there is no key content.

    >>> from asrdiag.metrics import KeyCounts
    >>> key_line(KeyContentCounts(number=KeyCounts(kept=7, changed=1), negation=KeyCounts(lost=1)))
    'key content: recall 77.8 %, precision 87.5 %; wrong: 1 negation of 1, 1 number of 8'
    """
    total = counts.total
    if not total.reference and not total.hypothesis:
        return ""
    rates = f"recall {_percent(total.recall)}, precision {_percent(total.precision)}"
    wrong = [
        f"{of['changed'] + of['lost'] + of['introduced']} {kind} of {of['kept'] + of['changed'] + of['lost']}"
        for kind, of in asdict(counts).items()
        if of["changed"] + of["lost"] + of["introduced"]
    ]
    return f"key content: {rates}{'; wrong: ' + ', '.join(wrong) if wrong else ''}"


def key_utterances(total: Total) -> Iterator[RenderableType]:
    """The utterances in which it is wrong: the worst kind first, and of a kind those with the fewest errors.

    Where much is wrong nobody is misled; a transcript that is right but for a "not" is taken for right.
    """
    wrong = [each for each in total.utterances if each.content and each.content.flags]
    if not wrong:
        return
    yield Text("utterances with key content wrong, those that are right otherwise first", style="bold")
    for each in sorted(wrong, key=_rank)[:SHOWN_UTTERANCES]:
        assert each.content is not None
        rate = each.score.error_rate
        errors = "" if rate is None else f" ({100 * rate:.0f} % errors)"
        what = "; ".join(_said(item) for item in each.content.errors)
        yield Text(printable(f"{each.pair.id}{errors}: {what}"))
        yield text_line("REF", each.score.reference)
        yield text_line("HYP", each.score.hypothesis or "")
    if len(wrong) > SHOWN_UTTERANCES:
        yield Text(f"and {len(wrong) - SHOWN_UTTERANCES} more with key content wrong", style="dim")


def _rank(each: Scored) -> tuple[int, float, str]:
    assert each.content is not None
    worst = KEY_FLAGS.index(each.content.flags[0])
    return worst, each.score.error_rate if each.score.error_rate is not None else 1.0, each.pair.id


def _said(item: KeyItem) -> str:
    there = f'"{item.hypothesis}"' if item.hypothesis else "nothing"
    said = f'"{item.reference}"' if item.reference else "nothing"
    if item.status == "introduced":
        return f"{item.kind} introduced: {there} for {said}"
    return f"{item.kind} {item.status}: {said} became {there}"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.1f} %"
