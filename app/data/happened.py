"""Finding answers by what happened to a word: taken for another, left out, put in, or right."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError

from .filters import Event
from .index import Index
from .runs import OpenRun
from .tokens import ADDED, ALIGNED, CORRECT, HARD, LOST, Tokens, cell_parts, read_part, tokens_of


def happened(
    runs: Mapping[str, OpenRun],
    index: Index,
    rows: NDArray[np.int64],
    event: Event,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> NDArray[np.int64]:
    """Those of some rows in whose alignment something happened; about 10 ms for a cell of 5,000 answers.

    Cells whose scores cannot be read, or changed since, have none.

    Args:
        runs: the open runs by name.
        index: their scores.
        rows: the rows to look at, rising.
        event: what to look for.
        progress: told after each cell how many are done, and of how many.
    """
    parts = list(cell_parts(index, rows))
    found = []
    for done, ((name, _), part) in enumerate(parts):
        try:
            table = read_part(runs[name], index, part, ("entities",) if event.entity else ALIGNED)
            hits = _entities(table, event) if event.entity else _steps(tokens_of(table), event)
            found.append(part[hits])
        except AsrdiagError:
            pass
        progress(done + 1, len(parts))
    return np.concatenate(found) if found else rows[:0]


def _steps(tokens: Tokens, event: Event) -> NDArray[np.int32]:
    """The places of the answers with such a step."""
    letters = tokens.letters
    said = (event.said or "").split()
    if len(said) > 1:
        rows, good = tokens.phrase([tokens.code(word) for word in said])
        return np.unique(rows[good if event.heard == event.said else ~good])
    hits = np.ones(len(letters), dtype=np.bool_)
    if event.said:
        hits &= tokens.reference == tokens.code(event.said)
    if event.heard:
        hits &= tokens.hypothesis == tokens.code(event.heard)
    if event.said == "":
        hits &= letters == ADDED
    elif event.heard == "":
        hits &= letters == LOST
    elif event.said is None:
        hits &= (letters == ADDED) | (letters == HARD)
    elif event.heard is None:
        hits &= letters != CORRECT
    return np.unique(tokens.rows[hits])


def _entities(table: Any, event: Event) -> NDArray[np.int64]:
    """The places of the answers with such an entity."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table["entities"].combine_chunks()
    entities, rows = column.flatten(), pc.list_parent_indices(column).to_numpy()
    if not len(entities):
        return np.empty(0, dtype=np.int64)
    kind, text, status, heard = (
        pc.struct_field(entities, name) for name in ("kind", "text", "status", "heard")
    )
    hits = pc.and_(pc.equal(kind, event.entity), pc.equal(pc.utf8_lower(text), (event.said or "").lower()))
    if event.heard is None:
        hits = pc.and_(hits, pc.not_equal(status, "kept"))
    elif event.heard == "":
        hits = pc.and_(hits, pc.equal(status, "lost"))
    elif event.heard == event.said:
        hits = pc.and_(hits, pc.equal(status, "kept"))
    else:
        hits = pc.and_(hits, pc.equal(heard, pa.scalar(event.heard)))
    return np.unique(rows[pc.fill_null(hits, False).to_numpy(zero_copy_only=False)])
