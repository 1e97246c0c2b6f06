"""Rows that there are already: of an earlier recipe, or of another tool in the same form."""

from collections.abc import Iterator

from ..candidates import Candidate, Dropped
from ..clips import Place
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
        meta, source = row.meta, row.meta.get("source")
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
            source=source
            if isinstance(source, dict)
            else {"path": source}
            if isinstance(source, str)
            else None,
            meta={key: value for key, value in meta.items() if key not in _OURS},
        )
