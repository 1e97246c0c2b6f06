"""What became of the numbers, names and keywords that the diagnosis found in the references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics.diagnosis.function_words import NEGATIONS, languages_of

from .index import Index
from .proportions import wilson
from .words import FEW

_BY = ["kind", "text", "status", "heard"]


def entities_of(table: Any) -> Any:
    """Count the entities that a diagnosis found, by kind, text, what became of them and what was heard.

    Args:
        table: rows of scores with the column `entities`.

    Returns:
        A pyarrow table with the columns `kind`, `text` (in lower case), `status`, `heard`, `times`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = table["entities"].combine_chunks().flatten()
    columns = dict(zip(found.type.names, found.flatten(), strict=True))
    counted = pa.table(
        {
            "kind": columns["kind"],
            "text": pc.utf8_lower(columns["text"]),
            "status": columns["status"],
            "heard": pc.fill_null(columns["heard"], ""),
            "times": pa.array(np.ones(len(found), dtype=np.int64)),
        }
    )
    return _grouped(counted)


def summed_entities(cells: Sequence[Any]) -> Any:
    """The counts of several cells together."""
    import pyarrow as pa

    if not cells:
        text = pa.string()
        names = dict.fromkeys(_BY, text) | {"times": pa.int64()}
        return pa.schema(names.items()).empty_table()
    return _grouped(pa.concat_tables(cells))


def _grouped(table: Any) -> Any:
    found = table.group_by(_BY).aggregate([("times", "sum")])
    return found.rename_columns([*_BY, "times"])


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of some entities: how many there were, and how many were kept, changed and left out."""

    n: int
    kept: int
    changed: int
    lost: int


def by_kind(entities: Any) -> dict[str, Kept]:
    """What became of the numbers, names and keywords; kinds of which there is none are left out."""
    sums: dict[str, dict[str, int]] = {}
    for row in entities.group_by(["kind", "status"]).aggregate([("times", "sum")]).to_pylist():
        sums.setdefault(row["kind"], {})[row["status"]] = row["times_sum"]
    return {
        kind: Kept(sum(of.values()), of.get("kept", 0), of.get("changed", 0), of.get("lost", 0))
        for kind in ("number", "name", "keyword")
        if (of := sums.get(kind))
    }


def by_text(entities: Any, kinds: Sequence[str]) -> Any:
    """Every entity of some kinds, the most often harmed first, as a pyarrow table.

    `heard` is what was heard most often in its place.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows: dict[tuple[str, str], dict[str, int]] = {}
    heard: dict[tuple[str, str], tuple[int, str]] = {}
    chosen = entities.filter(pc.is_in(entities["kind"], pa.array(list(kinds), pa.string())))
    for row in chosen.sort_by([("times", "ascending"), ("heard", "descending")]).to_pylist():
        key = row["kind"], row["text"]
        of = rows.setdefault(key, {"kept": 0, "changed": 0, "lost": 0})
        of[row["status"]] += row["times"]
        if row["status"] == "changed":
            heard[key] = row["times"], row["heard"]
    texts = list(rows)
    counts = np.array([list(of.values()) for of in rows.values()], dtype=np.int64).reshape(-1, 3)
    return recall_table(
        {"kind": [kind for kind, _ in texts], "text": [text for _, text in texts]},
        counts,
        {"heard": [heard.get(key, (0, ""))[1] for key in texts]},
    )


def negations(index: Index, rows: NDArray[np.int64]) -> list[str]:
    """The words that turn a sentence around, in the languages of some answers: those of the diagnosis."""
    languages = index.labels["language"]
    spoken = {languages.names[code] for code in np.unique(languages.codes[rows]) if code >= 0}
    return sorted({word for tag in spoken for part in languages_of(tag) for word in NEGATIONS.get(part, ())})


def recall_table(
    names: Mapping[str, Sequence[str]], counts: NDArray[np.int64], more: Mapping[str, Sequence[str]]
) -> Any:
    """A table of kept, changed and lost, with recall and its interval, the most harmed first."""
    import pyarrow as pa

    of = counts.sum(axis=1)
    low, high = wilson(counts[:, 0], of)
    with np.errstate(divide="ignore", invalid="ignore"):
        pct = 100 * counts[:, 0] / of
    columns: dict[str, Any] = {name: pa.array(list(texts), pa.string()) for name, texts in names.items()}
    columns |= {"said": pa.array(of), "kept": pa.array(counts[:, 0])}
    columns |= {"changed": pa.array(counts[:, 1]), "lost": pa.array(counts[:, 2])}
    for name, values in (("recall_pct", pct), ("low_pct", low), ("high_pct", high)):
        columns[name] = pa.array(np.round(values, 2), mask=np.isnan(values))
    columns["few"] = pa.array(of < FEW)
    columns |= {name: pa.array(list(texts), pa.string()) for name, texts in more.items()}
    table = pa.table(columns)
    order = np.lexsort((np.arange(len(of)), -of, -(of - counts[:, 0])))
    return table.take(pa.array(order))
