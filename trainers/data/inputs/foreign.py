"""Rows that there are already: of an earlier recipe, or of another tool in the same form."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..candidates import Candidate, Dropped
from ..clips import Place, is_there
from ..recipe import Input
from ..rows import Refusal, read_rows

_OURS = ("scenario", "severity", "condition", "seed", "speaker", "source")


def read_foreign(given: Input) -> Iterator[Candidate | Dropped]:
    """Every row of a file; of those that cannot be used, why.

    Raises:
        UsageError: there is no such file, or it is neither JSONL nor Parquet.
    """
    assert given.rows is not None
    for row in read_rows(given.rows, default_language=given.language):
        if isinstance(row, Refusal):
            yield Dropped(row.where, row.id, row.reason, row.detail)
            continue
        meta = row.meta
        seed, condition = meta.get("seed"), meta.get("condition")
        yield Candidate(
            id=row.id,
            where=f"{given.rows}: {row.id}",
            place=Place(row.audio),
            solution=row.solution,
            language=row.language,
            prediction=row.prediction,
            base_wer=row.base_wer,
            duration_s=row.duration_s,
            scenario=row.scenario or given.scenario or "recorded",
            severity=row.severity,
            condition=condition if isinstance(condition, str) else None,
            seed=seed if isinstance(seed, int) else None,
            speaker=row.speaker,
            source=_source(row.meta.get("source"), given.rows.absolute().parent),
            meta={key: value for key, value in meta.items() if key not in _OURS},
        )


def _source(found: object, folder: Path) -> dict[str, Any] | None:
    """What a row's clip was made of; a path there starts at the folder of the rows, as the clip's own."""
    source = {"path": found} if isinstance(found, str) else found
    if not isinstance(source, dict):
        return None
    path = source.get("path")
    if not isinstance(path, str) or not is_there(there := Path(os.path.normpath(folder / path))):
        return source
    return source | {"path": str(there)}
