"""Tags and notes of whoever looks at a run: kept beside it, never in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from asrdiag.errors import AsrdiagError, SaveError
from asrdiag.store.log import JsonLog, read_log

from .index import CaseKey
from .runs import OpenRun

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said of a case; empty in both once it is taken back."""

    tag: str
    text: str
    written: str = ""
    """When, in UTC."""


def kept_beside(run: OpenRun, ending: str) -> Path:
    """A file about a run that is not part of it: `<run>.<ending>` beside the run directory.

    Where that folder cannot be written to, it is in `asrdiag/notes` below `$XDG_STATE_HOME`, else below
    `~/.local/state`, under a name made from the run's path.
    """
    place = run.path.resolve()
    beside = place.with_name(f"{place.name}.{ending}")
    if os.access(beside if beside.exists() else place.parent, os.W_OK):
        return beside
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = f"{place.name}-{sha256(str(place).encode()).hexdigest()[:12]}"
    return base / "asrdiag" / "notes" / f"{name}.{ending}"


def notes_path(run: OpenRun) -> Path:
    """The file with a run's notes."""
    return kept_beside(run, "notes.jsonl")


def read_notes(run: OpenRun) -> dict[CaseKey, Note]:
    """The notes on a run's cases. Those on an earlier run in the same place are left out.

    Raises:
        AsrdiagError: the file is damaged.
    """
    found: dict[CaseKey, Note] = {}
    for record in read_log(notes_path(run)):
        names = [record.get(name) for name in ("system", "dataset", "condition", "sample_id")]
        if record.get("run_id") != run.read_run()["run_id"] or not all(
            isinstance(each, str) for each in names
        ):
            continue
        key = CaseKey(run.name, *map(str, names))
        note = Note(*(str(record.get(name, "")) for name in ("tag", "note", "written")))
        if note.tag or note.text:
            found[key] = note
        else:
            found.pop(key, None)
    return found


def write_note(run: OpenRun, key: CaseKey, tag: str, text: str) -> Path:
    """Add a note on a case, which replaces an earlier one; returns the file.

    Each is a line that reaches the operating system before this returns.

    Raises:
        SaveError: it could not be written.
        AsrdiagError: it is too long.
    """
    if len(tag) + len(text) > LONGEST:
        raise AsrdiagError(f"found a note of {len(tag) + len(text)} characters, expected at most {LONGEST}")
    path = notes_path(run)
    if path.is_relative_to(run.path.resolve()):
        raise SaveError(f"{path}: notes are never written into a run")
    names: Mapping[str, str] = {
        "run_id": str(run.read_run()["run_id"]),
        **{name: getattr(key, name) for name in ("system", "dataset", "condition", "sample_id")},
        **{"tag": tag.strip(), "note": text.strip()},
    }
    with JsonLog(path) as log:
        log.append({"schema": 1, **names, "written": datetime.now(UTC).isoformat(timespec="seconds")})
    return path
