"""Similarities of meaning added up to what a row of a table says, and the run's `semantic.csv`."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..metrics import MODES, MacroRate, bootstrap_interval, macro_rate, mean_rate
from ..metrics.diagnosis import Mode
from .speaker_blocks import joint_blocks, speaker_blocks

SIMILARITY = "semantic_similarity"
SEMANTIC_COLUMNS = (
    *("run_id", "system", "dataset", "subset", "aggregate", "condition", "language"),
    *("failure_mode", "n", SIMILARITY, "semantic_model"),
)

_STEPS = 10_000
"""Intervals are made from whole numbers: how far a similarity is from 1, in so many steps."""
_LARGEST_SUM = 2**31 - 1


@dataclass(slots=True)
class Similarities:
    """Similarities of answers to references that have words, with who spoke and how they failed."""

    values: list[float] = field(default_factory=list)
    speakers: list[str | None] = field(default_factory=list)
    modes: list[Mode] = field(default_factory=list)
    n_lacking: int = 0
    """Answers whose similarity is not known: not measured, or in another language than the model's."""

    def add(self, value: float | None, speaker: str | None, mode: Mode) -> None:
        """Count one answer."""
        if value is None:
            self.n_lacking += 1
            return
        self.values.append(value)
        self.speakers.append(speaker)
        self.modes.append(mode)

    def __add__(self, other: "Similarities") -> "Similarities":
        return Similarities(
            self.values + other.values,
            self.speakers + other.speakers,
            self.modes + other.modes,
            self.n_lacking + other.n_lacking,
        )

    @property
    def mean(self) -> float | None:
        """The mean over all answers; `None` if that of one is not known, for a mean over some is another."""
        return math.fsum(self.values) / len(self.values) if self.values and not self.n_lacking else None

    def columns(self) -> dict[str, Any]:
        """The columns of a row that these are the answers of; none where there is no mean."""
        mean = self.mean
        if mean is None:
            return {}
        steps = _steps(len(self.values))
        interval = bootstrap_interval(
            _distances(self.values, steps), [1] * len(self.values), blocks=speaker_blocks(self.speakers)
        )
        by_mode: dict[Mode, list[float]] = {}
        for mode, value in zip(self.modes, self.values, strict=True):
            by_mode.setdefault(mode, []).append(value)
        return {
            SIMILARITY: mean,
            "semantic_ci_low": 1 - interval.high / steps if interval else None,
            "semantic_ci_high": 1 - interval.low / steps if interval else None,
            "semantic_by_mode": {
                mode: {"n": len(by_mode[mode]), "mean": math.fsum(by_mode[mode]) / len(by_mode[mode])}
                for mode in MODES
                if mode in by_mode
            },
        }


def macro_similarity(parts: Sequence[Similarities]) -> dict[str, Any]:
    """The columns of a macro row: the mean of the subsets' means; none where a subset has no mean."""
    means = [part.mean for part in parts]
    if None in means:
        return {}
    values = [value for part in parts for value in part.values]
    steps = _steps(len(values))
    found = macro_rate(
        _distances(values, steps),
        [1] * len(values),
        [index for index, part in enumerate(parts) for _ in part.values],
        blocks=joint_blocks([part.speakers for part in parts]),
    )
    assert found is not None  # every part has a mean, so it has an answer
    return _of_rate(math.fsum(mean for mean in means if mean is not None) / len(means), found, steps) | {
        "semantic_standard_error": None if found.standard_error is None else found.standard_error / steps,
        "semantic_degrees_of_freedom": found.degrees_of_freedom,
        "semantic_n_units": found.units,
    }


def mean_similarity(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of the mean of several macro rows; none where one has none, or is from another model."""
    models = {row.get("semantic_model") for row in members}
    if len(models) > 1 or any(row.get(SIMILARITY) is None for row in members):
        return {}
    rates = [
        MacroRate(
            1 - row[SIMILARITY],
            None,
            row["semantic_standard_error"],
            row["semantic_degrees_of_freedom"],
            row["semantic_n_units"],
        )
        for row in members
    ]
    found = mean_rate(rates)
    assert found is not None
    return _of_rate(1 - found.rate, found, 1) | {"semantic_model": models.pop()}


def semantic_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of `semantic.csv`: for each measured row of the leaderboard all answers, then each mode."""
    for row in rows:
        by_mode = row.get("semantic_by_mode")
        if not by_mode:
            continue
        of_row = {name: row.get(name) for name in SEMANTIC_COLUMNS}
        yield of_row | {"failure_mode": "", "n": sum(found["n"] for found in by_mode.values())}
        for mode, found in by_mode.items():
            yield of_row | {"failure_mode": mode, "n": found["n"], SIMILARITY: found["mean"]}


def _of_rate(mean: float, found: MacroRate, steps: int) -> dict[str, Any]:
    interval = found.interval
    return {
        SIMILARITY: mean,
        "semantic_ci_low": 1 - interval.high / steps if interval else None,
        "semantic_ci_high": 1 - interval.low / steps if interval else None,
    }


def _steps(count: int) -> int:
    return min(_STEPS, _LARGEST_SUM // (2 * count))


def _distances(values: Iterable[float], steps: int) -> list[int]:
    return [round((1 - value) * steps) for value in values]
