"""Whether a run can be trusted: its cells, failures, sessions, systems and configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .index import CaseKey, Index
from .offsets import AllOffsets
from .runs import OpenRun

MOST_RECORDS = 2000
"""So many failed records are read for their reasons."""
_LONGEST_TEXT = 200_000
_CHUNK = 1 << 20
_VARYING = re.compile(r"(/[^\s:'\",]+)+|\b\d+(\.\d+)?\b")


@dataclass(frozen=True, slots=True)
class CellHealth:
    """How far a cell has come; `None` where that is not known.

    `state` is `complete`, `partial` (scored, but not all clips are answered), `not scored` (there are
    records), `damaged`, `waiting`, or `not run`.
    """

    key: str
    state: str
    expected: int | None
    recorded: int | None
    answered: int | None
    failed: int | None
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why answers are missing: stage, kind of error and an example of its message; `first` is its case.

    Messages that differ in paths and numbers only are one reason.
    """

    stage: str
    kind: str
    message: str
    n_failed: int
    cells: tuple[str, ...]
    first: CaseKey


def cells_of(run: OpenRun, index: Index) -> list[CellHealth]:
    """The cells of the suite and those that are there besides, in the order of the suite."""
    content = run.read_run()
    scored = set(run.scored)
    failed = index.labels["error_stage"].codes >= 0
    found = []
    for key in dict.fromkeys((*content["suite_cells"], *run.cells)):
        entry = run.cells.get(key, {})
        expected = _expected(entry)
        rows = index.cells.get((run.name, key))
        if key in scored and rows is not None:
            n_failed = int(failed[rows.start : rows.stop].sum())
            answered = len(rows) - n_failed
            state = "complete" if answered == expected else "partial"
            found.append(CellHealth(key, state, expected, len(rows), answered, n_failed, entry))
            continue
        recorded = _lines(run.samples(key))
        if key in scored:
            state = "damaged"
        elif recorded:
            state = "not scored"
        else:
            state = "not run" if key.split("/")[1] in content["not_run"] else "waiting"
        found.append(CellHealth(key, state, expected, recorded or 0, None, None, entry))
    return found


def _expected(entry: Mapping[str, Any]) -> int | None:
    try:
        return sum(sum(languages.values()) for languages in entry["n_expected"].values())
    except (KeyError, AttributeError, TypeError):
        return None


def _lines(path: Path) -> int | None:
    """The finished lines of a file; `None` if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_CHUNK), b""))
    except OSError:
        return None


def failed_rows(index: Index, run: str) -> NDArray[np.int64]:
    """The rows of a run's answers that never came."""
    chosen = (index.labels["error_stage"].codes >= 0) & index.labels["run"].among([run])
    return np.flatnonzero(chosen)


def reasons_of(run: OpenRun, index: Index, rows: NDArray[np.int64], offsets: AllOffsets) -> list[Reason]:
    """Why answers failed, by their last records, the most frequent reason first.

    Args:
        run: the run.
        index: the scores of the open runs.
        rows: the failed answers; the first `MOST_RECORDS` are looked at.
        offsets: where records are.
    """
    groups: dict[tuple[str, str, str], list[tuple[str, CaseKey]]] = {}
    for row in rows[:MOST_RECORDS].tolist():
        key = index.key(row)
        stage = index.labels["error_stage"].at(np.array([row]))[0] or ""
        kind, message = _error(run, key, offsets)
        alike = _VARYING.sub("…", message.replace(key.sample_id, "…"))
        groups.setdefault((stage, kind, alike), []).append((message, key))
    found = [
        Reason(stage, kind, of[0][0], len(of), tuple(dict.fromkeys(key.cell for _, key in of)), of[0][1])
        for (stage, kind, _), of in groups.items()
    ]
    return sorted(found, key=lambda reason: -reason.n_failed)


def _error(run: OpenRun, key: CaseKey, offsets: AllOffsets) -> tuple[str, str]:
    """Kind and message of the error of a record; what could not be read says so."""
    try:
        record = offsets.of(run.samples(key.cell)).record(key.sample_id) or {}
    except (OSError, ValueError) as problem:
        return "record cannot be read", str(problem)
    error = record.get("error")
    if not isinstance(error, dict):
        return "record says nothing", ""
    return str(error.get("type", "")), str(error.get("message", ""))


def sessions_of(run: OpenRun) -> list[dict[str, Any]]:
    """The run's sessions, the newest first."""
    found = run.read_run().get("sessions")
    return [each for each in reversed(found) if isinstance(each, dict)] if isinstance(found, list) else []


def usages_of(session: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a session used, by system and device: as `run.json` has it, with the `system`."""
    systems = session.get("systems")
    for system, devices in systems.items() if isinstance(systems, dict) else ():
        for used in devices if isinstance(devices, list) else ():
            if isinstance(used, dict):
                yield {"system": str(system), **used}


def configuration(run: OpenRun) -> list[Path]:
    """The files that say what was asked for; none that lead out of the run's directory."""
    root = run.path.resolve()
    files = [run.path / "suite.yaml", run.path / "suite.resolved.yaml", *sorted(run.path.glob("includes/*"))]
    return [file for file in files if file.is_file() and root in file.resolve().parents]


def text_of(path: Path) -> str:
    """A text file as far as it is shown.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        text = stream.read(_LONGEST_TEXT + 1)
    more = "\n…" if len(text) > _LONGEST_TEXT else ""
    return text[:_LONGEST_TEXT].decode("utf-8", "replace") + more


def tail_of(path: Path, lines: int = 200) -> str:
    """The last lines of a file; "" if it cannot be read, or leads somewhere else."""
    try:
        if path.resolve().parent != path.parent.resolve():
            return ""
        with path.open("rb") as stream:
            end = stream.seek(0, 2)
            stream.seek(max(0, end - _LONGEST_TEXT))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def last_written(run: OpenRun, cells: Iterable[CellHealth]) -> float | None:
    """When the records of unfinished cells grew last, in s since 1970; `None` if there are none."""
    times = []
    for cell in cells:
        if cell.state in ("not scored", "partial"):
            try:
                times.append(run.samples(cell.key).stat().st_mtime)
            except OSError:
                continue
    return max(times, default=None)


def total(values: Sequence[int | None]) -> int:
    """The sum of what is known."""
    return sum(value for value in values if value is not None)
