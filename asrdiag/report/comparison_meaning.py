"""Two systems compared by meaning: key content, semantic similarity, and what a judge says."""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.statistics.influence import t_quantile
from ..store.folder import RunFolder
from .score_columns import read_columns

MEASURES: Mapping[str, str] = {
    "key_errors": "key errors",
    "similarity": "similarity",
    "meaning": "meaning",
}
"""By the beginning of their columns, as tables call them."""

_STORED = {"key_errors": "key_errors", "similarity": "semantic_similarity"}

Values = dict[str, float | None]
"""Of one answer, by measure; `None` where it is not known."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """Reads what is known of answers' meaning."""

    folder: RunFolder
    judged: Mapping[tuple[str, str, str, str], float]
    """What a judge found preserved, 0 to 100, by system, dataset, condition and utterance; only of cells
    that are judged whole: what a sample and the rules happen to tell of both systems stands for nothing."""

    @classmethod
    def of(cls, folder: RunFolder, cells: Collection[str]) -> "Meanings":
        """Those of some cells (`system/dataset/condition`); the judge with the most answers counts.

        Raises:
            AsrdiagError: a judge's files are damaged.
        """
        if not (folder.path / "judge").is_dir():
            return cls(folder, {})
        from ..judge import read_answers

        if (found := read_answers(folder, cells=cells)) is None:
            return cls(folder, {})
        parts = {answer.cell for answer in found.population.answers if answer.place not in found.answers}
        return cls(
            folder,
            {
                place: each.meaning
                for place, each in found.answers.items()
                if each.meaning is not None and "/".join(place[:3]) not in parts
            },
        )

    def cell(self, key: str) -> dict[str, Values]:
        """Of the answers of a cell (`system/dataset/condition`), by utterance."""
        system, dataset, condition = key.split("/")
        table = read_columns(self.folder, key, ["sample_id", *_STORED.values()])
        found: dict[str, Values] = {}
        for row in table.to_pylist() if table is not None else ():
            sample_id = row["sample_id"]
            found[sample_id] = {name: row.get(column) for name, column in _STORED.items()}
            found[sample_id]["meaning"] = self.judged.get((system, dataset, condition, sample_id))
        return found


def meaning_columns(
    first: Sequence[Values], second: Sequence[Values], units: Sequence[Hashable], level: float
) -> dict[str, Any]:
    """The columns of a pair of systems, over the answers for which both are known.

    The interval of a difference of means is Student's t over units, whose answers may depend on each other
    (linearised: Cochran 1977, section 6).

    Args:
        first: of one system's answers.
        second: of the other's, to the same clips.
        units: of each clip, the speaker or the clip itself.
        level: of the intervals.

    >>> one, other = [{"similarity": 0.5}, {"similarity": 0.9}], [{"similarity": 0.6}, {"similarity": None}]
    >>> found = meaning_columns(one, other, ["a", "b"], 0.95)
    >>> found["similarity_n"], round(found["similarity_difference"], 3), found["similarity_low"]
    (1, -0.1, None)
    """
    row: dict[str, Any] = {}
    for name in MEASURES:
        both = [
            (a, b, unit)
            for one, other, unit in zip(first, second, units, strict=True)
            if (a := one.get(name)) is not None and (b := other.get(name)) is not None
        ]
        if not both:
            continue
        sides = np.array([(a, b) for a, b, _ in both], dtype=np.float64)
        gaps = sides[:, 0] - sides[:, 1]
        low, high = _interval(gaps, [unit for *_, unit in both], level)
        row |= {
            f"{name}_n": len(both),
            f"{name}_a": math.fsum(sides[:, 0]) / len(both),
            f"{name}_b": math.fsum(sides[:, 1]) / len(both),
            f"{name}_difference": float(gaps.mean()),
            f"{name}_low": low,
            f"{name}_high": high,
        }
    return row


def _interval(
    gaps: "np.ndarray[tuple[int], np.dtype[np.float64]]", units: Sequence[Hashable], level: float
) -> tuple[float | None, float | None]:
    _, numbers = np.unique([repr(unit) for unit in units], return_inverse=True)
    n_units = int(numbers.max()) + 1
    if n_units < 2:
        return None, None
    mean = float(gaps.mean())
    residuals = np.bincount(numbers, weights=gaps - mean, minlength=n_units)
    error = math.sqrt(n_units / (n_units - 1) * float((residuals**2).sum())) / len(gaps)
    reach = t_quantile(level, n_units) * error
    return mean - reach, mean + reach
