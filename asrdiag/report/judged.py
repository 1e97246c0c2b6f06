"""What a judge's answers add to a leaderboard, read from the summaries that `asrdiag judge` keeps."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import AsrdiagError
from ..store.folder import RunFolder

MEASURES = {
    "judge_hallucination_rate_pct": "hallucination",
    "judge_missed_rate_pct": "missed",
    "judge_meaning": "meaning",
    "judge_key_error_rate_pct": "key_error",
}
"""Columns, and what they show of an estimate."""


def row_identity(row: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a row of a cell from its others."""
    return {name: row[name] for name in ("subset", "aggregate", "language", "metric")}


class JudgedColumns:
    """The columns of one judge, that with the most answers, for a run's rows.

    Raises:
        AsrdiagError: a summary is damaged.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._cells: Mapping[str, Any] = {}
        self._name, most = "", 0
        for path in sorted(folder.path.glob("judge/*/summary.json")):
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                if found["n_answers"] > most:
                    most, self._name, self._cells = found["n_answers"], str(found["name"]), found["cells"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise AsrdiagError(
                    f"{path}: damaged ({error!r}); remove it, and `asrdiag judge report` makes it anew"
                ) from error

    def of(self, summary: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """What to add to a row of a cell's summary: nothing where the cell's scores are others by now."""
        cell = self._cells.get(summary["cell"])
        if cell is None or cell["made_from"] != summary["made_from"]:
            return {}
        for found in cell["rows"]:
            if row_identity(found) == row_identity(row):
                return {"judge": self._name, **{name: found[name] for name in ("n_judged", *MEASURES)}}
        return {}


def mean_judged(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The means of the columns over rows; nothing where one has none, or another judge's.

    >>> rows = [{"judge": "j", "n_judged": 4, **dict.fromkeys(MEASURES, value)} for value in (10.0, 20.0)]
    >>> mean_judged(rows)["judge_meaning"], mean_judged([*rows, {}])
    (15.0, {})
    """
    judges = {member.get("judge") for member in members}
    if len(judges) != 1 or None in judges:
        return {}
    means = {name: sum(member[name] for member in members) / len(members) for name in MEASURES}
    return {"judge": members[0]["judge"], "n_judged": sum(member["n_judged"] for member in members), **means}
