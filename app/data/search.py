"""Finding answers by what was said or heard: in the normalised words, which is what alignments show."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import UsageError

from .filters import Side
from .index import Index
from .runs import OpenRun

_COLUMNS: Mapping[Side, tuple[str, ...]] = {
    "either": ("reference_tokens", "hypothesis_tokens"),
    "reference": ("reference_tokens",),
    "answer": ("hypothesis_tokens",),
}
LONGEST = 500


def search(
    runs: Mapping[str, OpenRun],
    index: Index,
    rows: NDArray[np.int64],
    text: str,
    *,
    regex: bool = False,
    side: Side = "either",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> NDArray[np.int64]:
    """Those of some rows whose words hold a text or match an expression, whatever the case of letters.

    Words are joined by blanks, characters by nothing, mixed text either way. Only the cells that the rows
    are in are read, one after the other.

    Args:
        runs: the open runs by name.
        index: their scores.
        rows: the rows to look at, rising.
        text: what to look for, at most `LONGEST` characters; "" is found nowhere but where nothing was said.
        regex: whether it is an expression, as RE2 knows them: time grows with the text only, so that no
            expression can hang the page.
        side: where to look.
        progress: told after each cell how many are done, and of how many.

    Raises:
        UsageError: the expression cannot be used, or is too long.
    """
    check(text, regex)
    codes = np.stack([index.labels[name].codes[rows] for name in ("run", "system", "dataset", "condition")])
    edges = np.flatnonzero(np.any(codes[:, 1:] != codes[:, :-1], axis=0)) + 1
    parts = [part for part in np.split(rows, edges) if len(part)]
    found = []
    for done, part in enumerate(parts):
        tokens = _tokens(runs, index, part, _COLUMNS[side])
        if tokens:
            found.append(part[_matches(tokens, _joints(index, part), text, regex)])
        progress(done + 1, len(parts))
    return np.concatenate(found) if found else rows[:0]


def check(text: str, regex: bool) -> None:
    """Refuse what cannot be looked for.

    Raises:
        UsageError: the message says what is wrong with it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(text) > LONGEST:
        raise UsageError(f"found {len(text)} characters to look for, expected at most {LONGEST}")
    if regex:
        try:
            pc.match_substring_regex(pa.array([""]), text)
        except (pa.ArrowException, ValueError) as error:
            said = re.sub(r"^Invalid regular expression: ", "", str(error))
            raise UsageError(f"the expression cannot be used: {said}") from error


def _tokens(
    runs: Mapping[str, OpenRun], index: Index, part: NDArray[np.int64], columns: tuple[str, ...]
) -> list[Any]:
    """Columns of tokens of rows of one cell; none where its scores are gone or have other rows by now."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    key = index.key(int(part[0]))
    rows = index.cells[key.run, key.cell]
    try:
        table = pq.read_table(runs[key.run].scores(key.cell), columns=["sample_id", *columns])
        if len(part) < len(rows):
            table = table.take(pa.array(part - rows.start))
    except (OSError, pa.ArrowException):
        return []
    ids = table["sample_id"].cast(pa.large_string()).combine_chunks()
    same = ids.equals(pa.chunked_array([index.sample_ids.take(pa.array(part))]).combine_chunks())
    return [table[column] for column in columns] if same else []


def _joints(index: Index, part: NDArray[np.int64]) -> tuple[str, ...]:
    """What may stand between the tokens of these rows."""
    unit = index.labels["unit"]
    units = {unit.names[code] for code in np.unique(unit.codes[part])}
    return (
        tuple({"word": " ", "character": ""}[unit] for unit in units) if "mixed" not in units else ("", " ")
    )


def _matches(columns: list[Any], joints: tuple[str, ...], text: str, regex: bool) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    find = pc.match_substring_regex if regex else pc.match_substring
    found = np.zeros(len(columns[0]), dtype=np.bool_)
    for column in columns:
        for between in joints:
            hits = find(pc.binary_join(column, between), text, ignore_case=True)
            found |= pc.fill_null(hits, False).to_numpy()
    return found
