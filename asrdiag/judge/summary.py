"""What a leaderboard shows of a judge: four numbers for each row, kept with what they were made from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..metrics import ERROR_RATES
from ..report.judged import MEASURES, mean_judged, row_identity
from ..store.atomic import write_json
from ..store.folder import RunFolder
from .estimates import Estimate, Estimator
from .folder import JudgeFolder, judge_ids
from .reading import read_answers

Places = Mapping[tuple[str, str, str], list[int]]
"""Answers of a cell by subset, language and metric."""


def summarize(folder: RunFolder) -> None:
    """Write what each judge's answers come to, for the scores as they are now.

    Raises:
        AsrdiagError: a file is damaged.
        SaveError: a summary could not be written.
    """
    run = folder.read_run()
    for judge in judge_ids(folder):
        judged = read_answers(folder, judge)
        assert judged is not None
        estimator = Estimator(judged)
        of_cell: dict[str, dict[tuple[str, str, str], list[int]]] = {}
        for place, answer in enumerate(judged.population.answers):
            where = answer.subset, answer.language, ERROR_RATES[answer.unit]
            of_cell.setdefault(answer.cell, {}).setdefault(where, []).append(place)
        cells = {}
        for summary in folder.summaries():
            if places := of_cell.get(summary["cell"]):
                aggregates = run["cells"][summary["cell"]].get("aggregates", {})
                rows = list(_rows(summary["rows"], places, aggregates, estimator))
                cells[summary["cell"]] = {"made_from": summary["made_from"], "rows": rows}
        found = {"schema": 1, "judge": judge, "name": judged.name, "n_answers": len(judged.state.answers)}
        write_json(JudgeFolder(folder, judge).summary, {**found, "cells": cells})


def _rows(
    rows: Sequence[Mapping[str, Any]],
    places: Places,
    aggregates: Mapping[str, Sequence[str]],
    estimator: Estimator,
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["aggregate"] == "macro":
            found = mean_judged([_columns(estimator.of(_of(places, row, [name]))) for name in row["members"]])
        elif row["aggregate"]:
            found = _columns(estimator.of(_of(places, row, aggregates.get(row["subset"]))))
        else:
            here = places.get((row["subset"], row["language"], row["metric"]), [])
            found = _columns(estimator.of(here))
        if found:
            yield {**row_identity(row), **found}


def _of(places: Places, row: Mapping[str, Any], subsets: Iterable[str] | None) -> list[int]:
    """The answers of some subsets, or of all, that are counted in a row's metric."""
    wanted = None if subsets is None else set(subsets)
    return [
        place
        for (subset, _, metric), found in places.items()
        if metric == row["metric"] and (wanted is None or subset in wanted)
        for place in found
    ]


def _columns(found: Estimate | None) -> dict[str, Any]:
    if found is None:
        return {}
    values = {column: getattr(found, part).value for column, part in MEASURES.items()}
    shown = {column: value if column == "judge_meaning" else 100 * value for column, value in values.items()}
    return {"judge": "", "n_judged": found.n_judged, **shown}
