"""What is done of each cell and what is to do, and its entry in `run.json`."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..store.atomic import free_name, write_json
from ..store.fingerprint import differences, fingerprint
from ..store.folder import RunFolder
from ..store.log import JsonLog
from ..suite.schema import Suite
from .dataset import normalizers_of
from .plan import Cell
from .review import review_cell


@dataclass(slots=True)
class CellState:
    """A cell on its way; the live display reads this."""

    cell: Cell
    entry: dict[str, Any]
    pending: tuple[int, ...]
    """Positions of the selected utterances that have no answer yet."""
    failed_before: Mapping[str, Any]
    """The errors on record, by sample id; these are tried again."""
    done: int
    """Selected utterances with an answer, or tried in this session."""
    seen: int = 0
    """Utterances tried in this session."""
    failed: int = 0
    broken: int = 0
    """Of the failed ones, those over which the recogniser failed."""
    broken_in_a_row: int = 0
    """Those since the last answer."""
    too_long: int = 0
    """Of the failed ones, those over which alone memory ran out."""
    foreign: int = 0
    """Of the failed ones, those in a language that the system does not know."""
    unread: int = 0
    """Of the failed ones, those whose audio could not be read."""
    last_error: str = ""
    errors: int = 0
    tokens: int = 0
    audio_s: float = 0.0
    transcribe_s: float = 0.0

    @property
    def key(self) -> str:
        return self.cell.key

    @property
    def total(self) -> int:
        return self.cell.dataset.n_selected

    @property
    def error_rate_pct(self) -> float | None:
        """Over this session's answers so far."""
        return 100 * self.errors / self.tokens if self.tokens else None

    @property
    def rtfx(self) -> float | None:
        return self.audio_s / self.transcribe_s if self.transcribe_s else None


def cell_entry(suite: Suite, cell: Cell) -> dict[str, Any]:
    """What `run.json` says of a cell: enough to score and report it without its dataset."""
    identity = cell.identity()
    system = cell.system.identity_of(cell.dataset.spec.id, cell.condition)
    return {
        "fingerprint": fingerprint(identity),
        "identity": identity,
        "system": cell.system.id,
        "model_id": system["model"],
        "model_revision": system["revision"],
        "dataset": cell.dataset.spec.id,
        "benchmark": cell.dataset.spec.benchmark(),
        "aggregates": {name: list(parts) for name, parts in cell.dataset.spec.aggregates().items()},
        "condition": cell.condition.id,
        "severity": cell.condition.severity,
        "snr_db": cell.condition.snr_db,
        "n_expected": cell.dataset.n_expected,
        "normalizers": normalizers_of(suite, cell.dataset),
        "groups": cell.dataset.groups,
        "keywords": list(suite.report.keywords),
        "ner": list(suite.report.ner),
    }


def open_cell(folder: RunFolder, cell: Cell, entry: dict[str, Any]) -> tuple[CellState, list[str]]:
    """Find out what is left to do of a cell, and bring its records up to date with its dataset.

    Samples made under another identity are set aside in `superseded/`, and taken back from there when the
    suite is what it was again. The samples that stay are reviewed, see `review_cell`.

    Args:
        folder: the run directory.
        cell: the cell.
        entry: its entry in `run.json`.

    Returns:
        The cell's state, and notes for the user.

    Raises:
        AsrdiagError: the cell's samples are damaged.
        SaveError: its folder cannot be written.
    """
    notes = _adopt(folder, cell.key, entry)
    review = review_cell(folder, cell)
    if review.updates:
        with JsonLog(folder.samples(cell.key)) as log:
            for record in review.updates:
                log.append(record)
    notes += [f"{cell.key}: {note}" for note in review.notes]
    state = CellState(
        cell, entry, review.pending, review.failed, done=cell.dataset.n_selected - len(review.pending)
    )
    return state, notes


def _adopt(folder: RunFolder, key: str, entry: Mapping[str, Any]) -> list[str]:
    """Make the cell's folder one of this identity."""
    place = folder.cell(key)
    superseded = folder.path / "superseded" / key
    before = superseded / entry["fingerprint"][:12]
    found = folder.read_identity(key)
    if found["fingerprint"] == entry["fingerprint"]:
        return []
    changed = ", ".join(differences(found["identity"], entry["identity"])) if found["identity"] else "unknown"
    notes: list[str] = []
    if folder.samples(key).exists():
        aside = free_name(superseded / found["fingerprint"][:12])
        aside.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside)
        notes.append(f"{key}: run anew, since this changed: {changed}; the old samples are in {aside}")
    elif place.exists():
        shutil.rmtree(place)  # a session died here before the first sample
    if before.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        before.rename(place)
        return [f"{key}: taken back from {before}, since this changed: {changed}"]
    write_json(place / "identity.json", {name: entry[name] for name in ("fingerprint", "identity")})
    return notes
