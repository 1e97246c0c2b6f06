"""Whether what a run directory says of its cells has the shape that pages rely on."""

import math
from collections.abc import Mapping
from typing import Any

_NAMES = ("system", "dataset", "condition")
_IN_ROWS = frozenset((*_NAMES, "subset", "aggregate", "language", "metric", "normalizer"))
_TEXTS = _IN_ROWS | {"model_id", "model_revision", "factor", "value", "names_by", "semantic_model", "judge"}
_TABLES = frozenset(("key_content", "semantic_by_mode"))
"""Numbers by two names, such as a kind of key content and what became of it."""
_COUNTS = ("n_expected", "n_scored", "n_failed")


def is_cell(cell: object, names: list[str]) -> bool:
    """Whether an entry of `run.json` is of the cell with these three names."""
    return (
        isinstance(cell, dict)
        and [cell.get(name) for name in _NAMES] == names
        and isinstance(cell.get("fingerprint"), str)
        and all(isinstance(cell.get(name, ""), str | None) for name in ("model_id", "model_revision"))
        and {"model_id", "model_revision", "severity", "snr_db"} <= cell.keys()
        and all(is_number(cell[name]) for name in ("severity", "snr_db"))
        and isinstance(cell.get("identity"), dict)
        and _is_mapping(cell.get("normalizers"), str)
        and _is_mapping(cell.get("n_expected"), dict)
        and all(_is_mapping(languages, int) for languages in cell["n_expected"].values())
        and _is_mapping(cell.get("aggregates", {}), list)
    )


def are_rows(rows: object, names: list[str]) -> bool:
    """Whether these are the rows of a summary of the cell with these three names."""
    return isinstance(rows, list) and all(
        isinstance(row, dict)
        and [row.get(name) for name in _NAMES] == names
        and all(isinstance(row.get(name), str) for name in _IN_ROWS)
        and all(isinstance(row.get(name), int) for name in _COUNTS)
        and isinstance(row.get("complete"), bool)
        and _are_values(row)
        for row in rows
    )


def are_groups(groups: object) -> bool:
    """Whether these are the rows of a summary for the values of factors."""
    return isinstance(groups, list) and all(isinstance(row, dict) and _are_values(row) for row in groups)


def _are_values(row: Mapping[str, Any]) -> bool:
    """Whether texts stand where texts belong, and numbers or nothing everywhere else."""
    return all(_is_value(name, value) for name, value in row.items())


def _is_value(name: str, value: object) -> bool:
    if name == "members" and isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    if name in _TABLES and _is_mapping(value, dict):
        return all(is_number(number) for inner in value.values() for number in inner.values())  # type: ignore[attr-defined]
    return (isinstance(value, str) and name in _TEXTS) or (is_number(value) and name not in _IN_ROWS)


def is_number(value: object) -> bool:
    """Whether it is a number that a page can show, or none; JSON knows integers that are no float's match."""
    return value is None or (isinstance(value, int | float) and abs(value) < 1e300 and not math.isnan(value))


def _is_mapping(value: object, kind: type) -> bool:
    return isinstance(value, dict) and all(isinstance(each, kind) for each in value.values())
