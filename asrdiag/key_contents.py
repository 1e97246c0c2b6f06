"""What key content adds to `scores.parquet`."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from .metrics import KeyContent, KeyItem

_TEXTS = frozenset({"kind", "status", "reference", "hypothesis"})


def key_arrays(contents: Sequence[KeyContent | None], pa: Any) -> dict[str, Any]:
    """The columns of some answers, as Arrow arrays; null for one that is not there.

    `key_items` are the items, `key_flags` what is wrong with them, the worst first. The others count:
    what was said, what was recognised, what was kept, and the places at which something is wrong.

    Args:
        contents: the key content of each answer.
        pa: pyarrow.
    """
    items = [item for each in contents if each is not None for item in each.items]
    lengths = [None if each is None else len(each.items) for each in contents]
    totals = [None if each is None else each.total for each in contents]
    return {
        "key_items": _lists(items, lengths, pa),
        "key_flags": pa.array([each and each.flags for each in contents], pa.list_(pa.string())),
        **{
            f"key_{name}": pa.array([each and getattr(each, name) for each in totals], pa.int64())
            for name in ("reference", "hypothesis", "kept", "errors")
        },
    }


def _lists(items: Sequence[KeyItem], lengths: Sequence[int | None], pa: Any) -> Any:
    # Column by column: a dictionary for each item would take ten times as long.
    columns = list(zip(*items, strict=True)) or [()] * len(KeyItem._fields)
    types = [pa.string() if name in _TEXTS else pa.int64() for name in KeyItem._fields]
    arrays = [pa.array(column, of) for column, of in zip(columns, types, strict=True)]
    # An offset that is null makes the list null that begins there.
    ends = accumulate((length or 0 for length in lengths), initial=0)
    offsets = [None if length is None else end for length, end in zip((*lengths, 0), ends, strict=True)]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(arrays, KeyItem._fields)
    )
