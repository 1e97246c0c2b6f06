"""Samples graded by how hard one system found them: the lines that curricula are made of."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..metrics import ERROR_RATES
from ..scoring import latest_records
from ..store.atomic import replacing
from ..store.folder import RunFolder
from .curves import Selection, choose, effect_of
from .score_rows import score_rows

DROPPED = "dropped"


def grades(bins_pct: Sequence[float]) -> tuple[str, ...]:
    """The grades that samples with an error rate can have, from the easiest on."""
    return (*(f"<{limit:g}" for limit in bins_pct), DROPPED)


def grade_of(error_rate_pct: float | None, bins_pct: Sequence[float]) -> str | None:
    """The smallest bin that an error rate lies below; `dropped` for none, `None` without an error rate.

    >>> [grade_of(rate, (30, 50, 70)) for rate in (0.0, 30.0, 69.9, 70.0, None)]
    ['<30', '<50', '<70', 'dropped', None]
    """
    if error_rate_pct is None:
        return None
    return next((f"<{limit:g}" for limit in bins_pct if error_rate_pct < limit), DROPPED)


def write_grades(
    folder: RunFolder, selection: Selection, bins_pct: Sequence[float], path: Path
) -> dict[str, Counter[str | None]]:
    """Write a line of JSON for every sample of one system; returns how many have which grade, by condition.

    Args:
        folder: the run directory.
        selection: which cells; they have to be of one system.
        bins_pct: error rates in %, rising.
        path: the file to write.

    Raises:
        UsageError: this is not a run directory, a name is unknown, nothing is scored, or several systems are
            left to choose from.
        AsrdiagError: samples or scores are damaged.
        SaveError: the file could not be written.
    """
    run = folder.read_run()
    chosen = choose(folder, run, selection)
    systems = list(dict.fromkeys(key.system for key in chosen.scored))
    if len(systems) > 1:
        raise UsageError(
            f"{folder.path}: found scores of {', '.join(systems)}, expected one system's: "
            f"name it with --system"
        )
    counted: dict[str, Counter[str | None]] = {}
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for key in chosen.scored:
            for line in _lines(folder, "/".join(key), run["cells"]["/".join(key)], bins_pct):
                counted.setdefault(key.condition, Counter())[line["grade"]] += 1
                stream.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
    return counted


def _lines(
    folder: RunFolder, key: str, cell: Mapping[str, Any], bins_pct: Sequence[float]
) -> Iterator[dict[str, Any]]:
    records = latest_records(folder, key)
    for row in score_rows(folder, key):
        record = records.get(row["sample_id"])
        if record is None:  # withdrawn since it was scored
            continue
        counts = row["counts"]
        rate = None if counts is None or counts.error_rate is None else 100 * counts.error_rate
        kept = record["audio"].get("kept")
        degradation = record.get("degradation") or {}
        yield {
            "sample_id": row["sample_id"],
            "system": cell["system"],
            "dataset": cell["dataset"],
            "condition": cell["condition"],
            "effect": effect_of(cell["condition"], cell)[0],
            "severity": degradation.get("severity", cell["severity"]),
            "snr_db": cell["snr_db"],
            "language": row["language"],
            "metric": ERROR_RATES[row["unit"]],
            "error_rate_pct": None if rate is None else round(rate, 4),
            "grade": grade_of(rate, bins_pct),
            "text": record["reference_raw"],
            "audio": str((folder.path / kept).resolve()) if kept else None,
            "factors": record["factors"],
            "source": record["source"],
            "degradation": degradation or None,
        }
