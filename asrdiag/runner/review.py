"""A cell's records held against its dataset as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..scoring import latest_records
from ..store.folder import RunFolder
from .plan import Cell
from .source import changed_labels, current_source


@dataclass(frozen=True, slots=True)
class Review:
    """What is left to do of a cell, and what its records should say instead."""

    pending: tuple[int, ...]
    """Positions of the selected utterances without an answer."""
    failed: Mapping[str, Any]
    """The errors of the utterances that are on record as failed."""
    updates: tuple[dict[str, Any], ...]
    """Records to append: some say what changed, some withdraw a sample."""
    notes: tuple[str, ...]
    """What the updates are for, a line for each reason."""


def review_cell(folder: RunFolder, cell: Cell) -> Review:
    """Hold a cell's records against its dataset; changes nothing.

    An answer about audio that its utterance no longer has is withdrawn, as is one to an utterance that the
    dataset no longer has. Where only labels changed (reference, subset, speaker, factors, place in the
    dataset) or files were moved, the record gets what is true now.

    Raises:
        AsrdiagError: the cell's samples are damaged.
    """
    records = latest_records(folder, cell.key)
    pending: list[int] = []
    failed: dict[str, Any] = {}
    updated: list[dict[str, Any]] = []
    stale: list[str] = []
    for position, utterance in enumerate(cell.dataset.utterances):
        record = records.pop(utterance.sample_id, None)
        answered = record is not None and record["hypothesis_raw"] is not None
        if record is not None:
            changes = changed_labels(record, utterance, position)
            source = record["source"]
            if answered:
                source = current_source(record, utterance, cell.system.sample_rate_hz)
            if source is None:
                stale.append(utterance.sample_id)
                answered = False
            elif changes or source != record["source"]:
                updated.append(record | changes | {"source": source})
            if source is not None and not answered:
                failed[utterance.sample_id] = record["error"]
        if not answered and position < cell.dataset.n_selected:
            pending.append(position)
    counts = {
        "withdrawn, since their audio or language changed": len(stale),
        "withdrawn, since the dataset no longer has them": len(records),
        "updated with the dataset's new labels or places of files": len(updated),
    }
    withdrawn = [{"schema": 1, "sample_id": sample_id, "withdrawn": True} for sample_id in [*stale, *records]]
    return Review(
        tuple(pending),
        failed,
        (*updated, *withdrawn),
        tuple(f"{count} samples {what}" for what, count in counts.items() if count),
    )
