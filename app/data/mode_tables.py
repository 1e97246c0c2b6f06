"""How answers fail, as tables to be taken away: lists of rows, and CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from asrdiag.metrics import MODES

from .export import csv_line
from .modes import System

Row = dict[str, Any]


def share_rows(systems: Mapping[str, System]) -> list[Row]:
    """The share of every mode, by system; systems by what they are called."""
    return [
        {
            **{"system": name, "run": system.run, "mode": mode},
            **{"answers": system.shares[mode].hits, "of": system.shares[mode].of},
            "share_pct": _rounded(system.shares[mode].pct),
            **{"low_pct": system.shares[mode].low_pct, "high_pct": system.shares[mode].high_pct},
        }
        for name, system in systems.items()
        for mode in MODES
    ]


def count_rows(systems: Mapping[str, System]) -> list[Row]:
    """How many answers are in every mode, by system and condition."""
    return [
        {
            **{"system": name, "run": system.run, "condition": condition},
            **dict(zip(MODES, counts.tolist(), strict=True)),
        }
        for name, system in systems.items()
        for condition, counts in system.counts.items()
    ]


def rate_rows(systems: Mapping[str, System]) -> list[Row]:
    """Omission and hallucination over tokens and over answers, by system and unit."""
    rows: list[Row] = []
    for name, system in systems.items():
        for rates in system.rates:
            row: Row = {"system": name, "run": system.run, "answers": rates.n, "unit": rates.unit}
            row["token_omission_pct"] = _rounded(rates.omission_pct)
            row["token_hallucination_pct"] = _rounded(rates.hallucination_pct)
            for rate, share in rates.shares.items():
                row[f"{rate}_pct"] = _rounded(share.pct)
                row[f"{rate}_low_pct"], row[f"{rate}_high_pct"] = share.low_pct, share.high_pct
            rows.append(row)
    return rows


def to_csv(rows: Sequence[Row]) -> bytes:
    """Rows of the same columns as CSV in UTF-8.

    >>> to_csv([{"system": "=a", "share_pct": None}])
    b"system,share_pct\\n'=a,\\n"
    """
    names = list(rows[0]) if rows else []
    return b"".join([csv_line(names), *(csv_line([row[name] for name in names]) for row in rows)])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
