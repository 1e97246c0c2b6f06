"""The cases of a study in the runs that are open."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from asrdiag.errors import UsageError, unknown

from ..data.index import CaseKey, Index
from ..data.runs import OpenRun
from .file import Entry, Study

_LOOKED_AT = 20_000
"""Ids among which one like the wrong one is looked for."""


def find(entry: Entry, runs: Sequence[OpenRun], index: Index) -> CaseKey | None:
    """The case that an entry names: of the run that it names, or of the first that has it; else `None`."""
    for run in runs:
        key = CaseKey(run.name, entry.system, entry.dataset, entry.condition, entry.sample)
        if entry.run in ("", run.name) and index.row(key) is not None:
            return key
    return None


def find_all(study: Study, path: Path, runs: Sequence[OpenRun], index: Index) -> list[CaseKey]:
    """All cases of a study, in order.

    Raises:
        UsageError: some are not there; the message has a line for each, with file, line and what is alike.
    """
    found = [find(entry, runs, index) for entry in study.cases]
    missing = [entry for entry, key in zip(study.cases, found, strict=True) if key is None]
    if missing:
        lines = [f"{path}:{entry.line}: {why_missing(entry, runs, index)}" for entry in missing[:10]]
        if len(missing) > 10:
            lines.append(f"and {len(missing) - 10} more")
        raise UsageError("\n".join(lines))
    return [key for key in found if key is not None]


def why_missing(entry: Entry, runs: Sequence[OpenRun], index: Index) -> str:
    """What of an entry is in none of the runs."""
    names = [run.name for run in runs]
    if entry.run and entry.run not in names:
        return unknown("run", entry.run, names)
    cells = [
        (name, key.split("/"), rows)
        for (name, key), rows in index.cells.items()
        if entry.run in ("", name) and len(rows)
    ]
    for place, part in enumerate(("system", "dataset", "condition")):
        wanted = getattr(entry, part)
        known = dict.fromkeys(key[place] for _, key, _ in cells)
        if wanted not in known:
            return unknown(part, wanted, known) if known else "the run has no scores yet"
        cells = [cell for cell in cells if cell[1][place] == wanted]
    ids: Iterable[str] = (
        sample_id
        for _, _, rows in cells
        for sample_id in index.sample_ids.slice(rows.start, min(len(rows), _LOOKED_AT)).to_pylist()
    )
    close = get_close_matches(entry.sample, list(ids), n=3, cutoff=0.5)
    where = f"{entry.system}/{entry.dataset}/{entry.condition}"
    hint = f"; nearest: {', '.join(close)}" if close else ""
    return f"no sample {entry.sample!r} in {where}{hint}"
