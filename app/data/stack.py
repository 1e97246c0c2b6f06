"""Several answers under one reference: columns of reference tokens, with room for what was put in between."""

from collections.abc import Sequence
from dataclasses import dataclass

from .case import Step


@dataclass(frozen=True, slots=True)
class Column:
    """A reference token, or `None` between two, and each answer's step there; `None` where it has none."""

    reference: str | None
    steps: tuple[Step | None, ...]


def stacked(answers: Sequence[Sequence[Step]]) -> list[Column]:
    """Align the alignments of answers to the same reference.

    What answers put in at the same place shares columns, the first with the first and so on.

    Args:
        answers: the steps of each answer; their reference tokens must be the same.

    Raises:
        ValueError: the references differ.
    """
    sides = [_by_gap(steps) for steps in answers]
    references = {tuple(step.reference for step in said) for said, _ in sides}
    if len(references) > 1:
        raise ValueError("the answers have different references; expected the same tokens")
    columns = []
    n_tokens = len(next(iter(references), ()))
    for place in range(n_tokens + 1):
        gaps = [added[place] for _, added in sides]
        for extra in range(max(map(len, gaps), default=0)):
            columns.append(Column(None, tuple(gap[extra] if extra < len(gap) else None for gap in gaps)))
        if place < n_tokens:
            steps = tuple(said[place] for said, _ in sides)
            columns.append(Column(steps[0].reference, steps))
    return columns


def _by_gap(steps: Sequence[Step]) -> tuple[list[Step], list[list[Step]]]:
    """The steps with a reference token, and the insertions before each of them and at the end."""
    said: list[Step] = []
    added: list[list[Step]] = [[]]
    for step in steps:
        if step.letter == "I":
            added[-1].append(step)
        else:
            said.append(step)
            added.append([])
    return said, added
