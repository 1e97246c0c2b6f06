"""What all systems made of one clip: the answers that stand under one reference, and those that cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..texts import percent, shown
from .case import Case, beside, same_reference
from .index import CaseKey
from .runs import OpenRun, called

MOST = 12
"""Systems that are shown together."""


@dataclass(frozen=True, slots=True)
class Line:
    """An answer, what its system is called among the open ones, and whether it is of the case in question."""

    case: Case
    name: str
    open: bool


def answers(
    runs: Sequence[OpenRun], case: Case, read: Callable[[CaseKey], Case]
) -> tuple[list[Line], list[Line]]:
    """All systems' answers to a case's clip, the case's own first: together, and apart.

    Those are together that have one reference, after normalising, and were answered.

    Args:
        runs: the open runs.
        case: the case in question.
        read: reads another case.
    """
    names = called(runs)
    together: list[Line] = []
    apart: list[Line] = []
    others = [key for _, key in beside(runs, case.key) if key != case.key]
    for found in (case, *map(read, others[: MOST - 1])):
        if not (found is case or found.score or found.record) and found.key.run != case.key.run:
            continue  # the other run's dataset is called the same, but has no such clip
        line = Line(found, names.get((found.key.run, found.key.system), found.key.system), found is case)
        stands = found.answered and (same_reference(found, case) or not case.answered)
        if stands and together and not same_reference(found, together[0].case):
            stands = False
        (together if stands else apart).append(line)
    return together, apart


def result(case: Case) -> str:
    """An answer in a few words: the failure mode and the error rate."""
    rate = case.score.get("error_rate")
    mode = str(case.score.get("failure_mode") or "").replace("_", " ")
    return f"{mode}, {percent(None if rate is None else 100 * rate)}"


def why_apart(case: Case) -> str:
    """Why an answer does not stand under the others' reference."""
    if case.error is not None:
        return f"no answer, {shown(str(case.error.get('stage')))} failed"
    if not case.answered:
        return "not transcribed yet, or its scores cannot be read"
    return f"another reference after normalising: {shown(' '.join(case.reference_tokens), 200)}"
