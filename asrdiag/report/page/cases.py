"""Worst cases: the reference above the answer, step by step, with every error marked by a letter."""

from collections.abc import Sequence

from ..worst import Step, WorstCase
from .chart import TOKENS
from .text import count, html, plain

_RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"))
_SAID = {"S": "replaced", "s": "replaced by something alike", "D": "left out", "I": "put in"}


def worst_list(cases: Sequence[WorstCase]) -> str:
    """All cases as a list, the worst of every system first, then the second of every system, and so on."""
    ranks: dict[str, int] = {}
    ordered = []
    for place, case in enumerate(cases):
        ranks[case.system] = ranks.get(case.system, 0) + 1
        ordered.append((ranks[case.system], place, case))
    return f"<ol class=cases>{''.join(_case(case) for _, _, case in sorted(ordered, key=_rank))}</ol>"


def _rank(entry: tuple[int, int, WorstCase]) -> tuple[int, int]:
    return entry[:2]


def choices(cases: Sequence[WorstCase]) -> str:
    """The menus that narrow the list down."""
    return "".join(
        f"<label>{name} <select data-filter={key}><option value=''>all</option>"
        + "".join(
            f'<option value="{html(value)}">{html(value.replace("_", " "))}</option>' for value in values
        )
        + "</select></label>"
        for name, key, values in (
            ("System", "system", dict.fromkeys(case.system for case in cases)),
            ("Failure mode", "mode", sorted({case.failure_mode for case in cases})),
        )
    )


def _case(case: WorstCase) -> str:
    token = TOKENS[case.metric]
    share = "" if case.error_rate_pct is None else f" ({case.error_rate_pct:.0f} %)"
    parts = [case.system, case.dataset, case.condition, case.sample_id]
    where = " · ".join(map(html, [*parts, f"speaker {case.speaker}"] if case.speaker else parts))
    letters = {step.letter for step in case.steps}
    direction = "rtl" if case.language.lower().replace("_", "-").split("-")[0] in _RIGHT_TO_LEFT else "ltr"
    more = f"<p class=dim>… and {count(case.n_more, 'further step')}.</p>" if case.n_more else ""
    steps = "".join(map(_step, case.steps))
    kind = "characters" if case.metric == "cer" else "words"
    legend = ", ".join(f"{letter} {_SAID[letter]}" for letter in "SsDI" if letter in letters)
    return f"""<li class=case data-system="{html(case.system)}" data-mode="{html(case.failure_mode)}">
<header><strong>{count(case.n_errors, "error")} in {count(case.ref_tokens, token)}{share}</strong>
<span class="badge mode">{html(case.failure_mode.replace("_", " "))}</span></header>
<p class=where>{where}</p>
<p class=sr>Reference: {_line(case, "reference")}. Answer: {_line(case, "hypothesis")}. {legend}.</p>
<div class="steps {kind}" dir={direction} lang="{html(case.language)}" aria-hidden=true>{steps}</div>{more}
<p class=why>{html(case.evidence)}</p></li>
"""


def _line(case: WorstCase, side: str) -> str:
    tokens = [getattr(step, side) for step in case.steps]
    return (
        html(("" if case.metric == "cer" else " ").join(each for each in tokens if each is not None))
        or "nothing"
    )


def _step(step: Step) -> str:
    above, below = (_token(each) for each in (step.reference, step.hypothesis))
    if step.letter == "C":
        return f"<span><b>{above}</b><i>{below}</i></span>"
    return f"<span class={step.letter}><b>{above}</b><i>{below}</i><u>{step.letter}</u></span>"


def _token(token: str | None) -> str:
    """A token; an empty place is held by a dot, a very long token is cut."""
    if token is None:
        return "·"
    return html(token if len(token) <= 60 else f"{plain(token)[:59]}…")
