"""The answers of systems that do not hear, looked at before anything is run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .plan import Cell


@dataclass(frozen=True, slots=True)
class AnswersFound:
    """What is to be said of them, each thing once."""

    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def look_at_answers(cells: "Iterable[Cell]") -> AnswersFound:
    """Ask for the answers of every cell whose system does not hear.

    Raises:
        UsageError: a cell has none, or they cannot be used; a line for each such cell.
    """
    problems: dict[str, None] = {}
    remarks: dict[str, None] = {}
    refusals: dict[str, None] = {}
    for cell in cells:
        if not cell.system.hears:
            try:
                given = cell.system.given(cell.dataset.spec.id, cell.dataset.utterances, cell.condition)
            except UsageError as error:
                refusals[str(error)] = None
                continue
            problems |= dict.fromkeys(given.problems)
            remarks |= dict.fromkeys(given.remarks)
    if refusals:
        raise UsageError("\n".join(refusals))
    return AnswersFound(tuple(problems), tuple(remarks))
