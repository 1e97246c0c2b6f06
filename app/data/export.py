"""The answers that pass the filters, as a file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .index import LABELS, NUMBERS, Index


def to_csv(index: Index, rows: NDArray[np.int64]) -> bytes:
    """The columns of some answers as CSV in UTF-8, in the order of the rows; empty where there is none."""
    import io

    import pyarrow as pa
    from pyarrow import csv

    columns: dict[str, Any] = {"sample_id": index.sample_ids.take(pa.array(rows))}
    for name in LABELS:
        found = index.labels[name]
        codes = pa.array(found.codes[rows].astype(np.int32), mask=found.codes[rows] < 0)
        columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(found.names, pa.string())).cast(
            pa.string()
        )
    for name in NUMBERS:
        values = index.numbers[name][rows]
        rounded = np.round(values.astype(np.float64), 4)
        columns[name] = pa.array(rounded, mask=np.isnan(values))
    stream = io.BytesIO()
    csv.write_csv(pa.table(columns), stream, csv.WriteOptions(quoting_style="needed"))
    return stream.getvalue()
