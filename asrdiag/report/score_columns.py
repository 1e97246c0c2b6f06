"""Columns of a cell's scores."""

from collections.abc import Sequence
from typing import Any

from ..store.folder import RunFolder


def read_columns(folder: RunFolder, key: str, columns: Sequence[str]) -> Any:
    """Columns of a cell's scores as an Arrow table; `None` if they cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(folder.scores(key), columns=list(columns))
    except (OSError, pa.ArrowException):
        return None
    # Columns that are not there are passed over in silence.
    return found if set(found.column_names) == set(columns) else None
