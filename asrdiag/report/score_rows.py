"""A cell's scores as they are on disk, clip by clip."""

from collections.abc import Iterator
from typing import Any

from ..errors import AsrdiagError
from ..metrics import Counts
from ..store.folder import RunFolder

_NUMBERS = ("correct", "substitutions_soft", "substitutions_hard", "deletions", "insertions", "lcs")
_LABELS = ("sample_id", "unit", "language", "speaker", "normalizer")


def score_rows(folder: RunFolder, key: str) -> Iterator[dict[str, Any]]:
    """A cell's scores, clip by clip: its labels and `counts`, which is `None` if it was not answered.

    Raises:
        AsrdiagError: the scores cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder.scores(key)
    try:
        rows = pq.read_table(path, columns=[*_LABELS, *_NUMBERS]).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(f"{path}: cannot be read; `asrdiag score` makes it anew ({error})") from error
    for row in rows:
        numbers = {name: row[name] for name in _NUMBERS}
        answered = row["correct"] is not None
        counts = Counts(unit=row["unit"], **numbers) if answered else None
        yield {name: row[name] for name in _LABELS} | {"counts": counts}
