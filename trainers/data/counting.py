"""How many rows there are of what, for `data.json` and the table on the terminal."""

from typing import Any

from .choosing import Chosen
from .pool import Pool
from .recipe import DataRecipe
from .selecting import severity_range


def counts(pool: Pool, recipe: DataRecipe) -> list[dict[str, Any]]:
    """Rows and seconds of audio by part, bin, scenario, range of severity and language."""
    edges = recipe.select.severity_edges
    pool.db.create_function(
        "severity_range", 1, lambda m: None if m is None else severity_range(m, edges), deterministic=True
    )
    rows = pool.db.execute(
        "SELECT part, bin, scenario, severity_range(severity) AS level, language, COUNT(*), "
        "SUM(duration_s), SUM(base_wer) FROM candidates WHERE chosen = 1 "
        "GROUP BY part, bin, scenario, level, language ORDER BY part, bin, scenario, level, language"
    )
    names = recipe.bin_names()
    return [
        {
            "part": part,
            "bin": names[bin_],
            "scenario": scenario,
            "severity": level,
            "language": language,
            "rows": count,
            "audio_s": round(seconds or 0.0, 3),
            "mean_base_wer": round(wer / count, 6),
        }
        for part, bin_, scenario, level, language, count, seconds, wer in rows
    ]


def dropped(pool: Pool) -> dict[str, int]:
    """Clips that become no row, by reason, the most frequent first."""
    return dict(
        pool.db.execute(
            "SELECT reason, COUNT(*) AS number FROM candidates WHERE reason IS NOT NULL "
            "GROUP BY reason ORDER BY number DESC, reason"
        ).fetchall()
    )


def selection_record(chosen: Chosen, recipe: DataRecipe) -> dict[str, Any]:
    """What was wanted, there and taken of the training part."""
    names = recipe.bin_names()
    return {
        "cells": [
            {
                "bin": names[bin_],
                "stratum": stratum,
                "available": quota.available,
                "wanted": quota.wanted,
                "taken": quota.taken,
                "short": quota.short,
            }
            for (bin_, stratum), quota in chosen.cells.items()
        ],
        "clean": {
            "available": chosen.clean.available,
            "wanted": chosen.clean.wanted,
            "taken": chosen.clean.taken,
            "short": chosen.clean.short,
        },
    }
