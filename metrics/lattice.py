"""Every minimum-edit alignment of two token sequences at once, as bit sets.

Cell (i, j) stands between token i of the reference and token j of the hypothesis. The prefix distances are
computed a row at a time with the bit-parallel recurrence of Myers (1999) as given by Hyyrö (2003), with one
Python integer for a row; walking back from the last cell leaves the moves that some minimum-edit alignment
makes. Work and memory grow with len(reference) * len(hypothesis) / 64 words, not with the number of cells.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Moves(NamedTuple):
    """For one row i, the moves on minimum-edit alignments; bit j is the move that leaves cell (i, j)."""

    diagonal: int
    deletion: int
    insertion: int


def minimum_edit_moves(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Moves]:
    """Return the moves of all minimum-edit alignments, one row for each cell row 0..len(reference).

    >>> [moves.diagonal for moves in minimum_edit_moves(["a"], ["b"])]
    [1, 0]
    """
    entering = _moves_entering(reference, hypothesis)
    rows: list[Moves] = []
    cells = 1 << len(hypothesis)
    diagonal = deletion = 0
    while entering:
        into = entering.pop()
        cells = _spread(cells, into.insertion)
        rows.append(Moves(diagonal, deletion, (cells & into.insertion) >> 1))
        diagonal = (cells & into.diagonal) >> 1
        deletion = cells & into.deletion
        cells = diagonal | deletion
    rows.reverse()
    return rows


def _moves_entering(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Moves]:
    # Here bit j is a move that enters cell (i, j) and keeps the prefix distance of that cell minimal.
    full = (1 << len(hypothesis)) - 1
    positions: dict[str, int] = {}
    for index, token in enumerate(hypothesis):
        positions[token] = positions.get(token, 0) | 1 << index
    # Bit j - 1 of `rises`/`falls`: the distance of cell j is one more/less than that of cell j - 1.
    rises, falls = full, 0
    rows = [Moves(0, 0, full << 1)]
    for token in reference:
        match = positions.get(token, 0)
        # As dear as the cell diagonally before it; one dearer than the same cell of the row before.
        equal = ((((match & rises) + rises) ^ rises) | match | falls) & full
        grows = falls | (full ^ (equal | rises))
        shrinks = (equal & rises) << 1 & full
        grows_before = (grows << 1 | 1) & full
        rises, falls = shrinks | (full ^ (equal | grows_before)), grows_before & equal
        rows.append(Moves((match | (full ^ equal)) << 1, grows << 1 | 1, rises << 1))
    return rows


def _spread(cells: int, insertions: int) -> int:
    # A cell that an insertion enters is preceded by the cell to its left, and so on: doubling steps.
    step = 1
    while insertions:
        cells |= (cells & insertions) >> step
        insertions &= insertions << step
        step *= 2
    return cells
