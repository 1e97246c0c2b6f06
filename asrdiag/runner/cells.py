"""What is done of each cell and what is to do, and its entry in `run.json`."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..metrics import unit_for
from ..scoring import default_normalizer, sample_records
from ..store.atomic import free_name, write_json
from ..store.fingerprint import differences, fingerprint
from ..store.folder import RunFolder
from ..suite.schema import Suite
from .plan import Cell, LoadedDataset


@dataclass(slots=True)
class CellState:
    """A cell on its way; the live display reads this."""

    cell: Cell
    entry: dict[str, Any]
    pending: tuple[int, ...]
    """Positions of the selected utterances that have no answer yet."""
    failed_before: frozenset[str]
    """Sample ids that are recorded as failed; they are tried again."""
    done: int
    """Selected utterances with an answer, or tried in this session."""
    seen: int = 0
    """Utterances tried in this session."""
    failed: int = 0
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


def normalizers_of(suite: Suite, dataset: LoadedDataset) -> dict[str, str]:
    """The normaliser for each language of a dataset.

    Raises:
        UsageError: a language is not a language tag.
    """
    languages = dict.fromkeys(utterance.language for utterance in dataset.utterances)
    for language in languages:
        try:
            unit_for(language)
        except ValueError as error:
            raise UsageError(f"dataset {dataset.spec.id!r}: {error}") from error
    named = dataset.spec.normalizer or suite.normalizer
    return {language: named or default_normalizer(language) for language in languages}


def cell_entry(suite: Suite, cell: Cell) -> dict[str, Any]:
    """What `run.json` says of a cell: enough to score and report it without its dataset."""
    identity = cell.identity()
    expected: dict[str, Counter[str]] = {}
    for utterance in cell.dataset.utterances:
        expected.setdefault(utterance.subset, Counter())[utterance.language] += 1
    system = cell.system.identity()
    groups = suite.report.groups
    return {
        "fingerprint": fingerprint(identity),
        "identity": identity,
        "system": cell.system.id,
        "engine": cell.system.engine,
        "model_id": system["model"],
        "model_revision": system["revision"],
        "dataset": cell.dataset.spec.id,
        "condition": cell.condition.id,
        "condition_kind": cell.condition.kind,
        "base_condition": cell.condition.base_id,
        "severity": cell.condition.severity,
        "snr_db": cell.condition.snr_db,
        "n_expected": {subset: dict(languages) for subset, languages in expected.items()},
        "normalizers": normalizers_of(suite, cell.dataset),
        "groups": groups if groups == "all" else list(groups),
    }


def open_cell(folder: RunFolder, suite: Suite, cell: Cell) -> tuple[CellState, list[str]]:
    """Find out what is left to do of a cell.

    Samples made under another identity are set aside in `superseded/`, and taken back from there when the
    suite is what it was again.

    Returns:
        The cell's state, and notes for the user.

    Raises:
        AsrdiagError: the cell's samples are damaged.
        SaveError: its folder cannot be written.
    """
    entry = cell_entry(suite, cell)
    notes = _adopt(folder, cell.key, entry)
    tried = tried_samples(folder, cell.key)
    pending = pending_positions(cell, tried)
    failed = frozenset(name for name, answered in tried.items() if not answered)
    return CellState(cell, entry, pending, failed, cell.dataset.n_selected - len(pending)), notes


def tried_samples(folder: RunFolder, key: str) -> dict[str, bool]:
    """The ids of a cell's recorded samples, and whether each has an answer.

    Raises:
        AsrdiagError: the cell's samples are damaged.
    """
    return {
        record["sample_id"]: record["hypothesis_raw"] is not None for record in sample_records(folder, key)
    }


def pending_positions(cell: Cell, tried: Mapping[str, bool]) -> tuple[int, ...]:
    """Positions of the selected utterances that have no answer."""
    return tuple(
        position
        for position, utterance in enumerate(cell.dataset.selected)
        if not tried.get(utterance.sample_id, False)
    )


def _adopt(folder: RunFolder, key: str, entry: Mapping[str, Any]) -> list[str]:
    """Make the cell's folder one of this identity."""
    notes: list[str] = []
    place = folder.cell(key)
    mine = {name: entry[name] for name in ("fingerprint", "identity")}
    if place.exists():
        found = read_identity(place)
        if found["fingerprint"] == entry["fingerprint"]:
            return notes
        aside = free_name(folder.path / "superseded" / key / found["fingerprint"][:12])
        aside.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside)
        changed = ", ".join(differences(found["identity"], entry["identity"]))
        notes.append(f"{key}: run anew, since this changed: {changed}; the old samples are in {aside}")
    before = folder.path / "superseded" / key / entry["fingerprint"][:12]
    if before.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        before.rename(place)
        notes.append(f"{key}: taken back from {before}")
    else:
        write_json(place / "identity.json", mine)
    return notes


def read_identity(place: Path) -> dict[str, Any]:
    """What a cell's folder says it was made from; a folder that does not say is never taken for a match."""
    try:
        found = json.loads((place / "identity.json").read_text(encoding="utf-8"))
        return {"fingerprint": str(found["fingerprint"]), "identity": found["identity"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"fingerprint": "unknown", "identity": {}}


def batches(positions: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    """Positions cut into batches.

    >>> list(batches((0, 1, 2, 5, 6), 2))
    [(0, 1), (2, 5), (6,)]
    """
    for start in range(0, len(positions), size):
        yield positions[start : start + size]
