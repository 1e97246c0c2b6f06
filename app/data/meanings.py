"""How much of the meaning each answer kept, where a judge was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError
from asrdiag.judge import read_answers

from .runs import OpenRun, Problem


@dataclass(frozen=True, slots=True)
class Meanings:
    """Of one run."""

    cells: Mapping[str, Mapping[str, int]]
    """By the cell's key and the utterance, 0 to 100."""
    problems: tuple[Problem, ...] = ()

    def of(self, cell: str, sample_ids: Any) -> NDArray[np.float32]:
        """For the answers of a cell, in order; NaN where none was judged."""
        known = self.cells.get(cell)
        if not known:
            return np.full(len(sample_ids), np.nan, dtype=np.float32)
        return np.array([known.get(each, np.nan) for each in sample_ids.to_pylist()], dtype=np.float32)


def meanings(run: OpenRun) -> Meanings:
    """Read what the judge with the most answers says of a run."""
    if not (run.path / "judge").is_dir():
        return Meanings({})
    try:
        judged = read_answers(run)
    except (AsrdiagError, OSError, ValueError) as error:
        return Meanings({}, (Problem(str(run.path / "judge"), f"cannot be read ({error})"),))
    found: dict[str, dict[str, int]] = {}
    for (system, dataset, condition, sample), answer in (judged.answers if judged else {}).items():
        if answer.meaning is not None:
            found.setdefault(f"{system}/{dataset}/{condition}", {})[sample] = answer.meaning
    return Meanings(found)
