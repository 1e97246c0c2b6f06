"""What a training wrote down of its steps, in the file beside its rollout log."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "steps.jsonl"

Values = NDArray[np.float64]


def _percent(name: str) -> Callable[[Mapping[str, Any]], float]:
    return lambda step: 100 * _number(step.get(name))


COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "reward": lambda step: _number(step.get("reward")),
    "wer": lambda step: 100 * _number(_inside(step.get("components"), "wer")),
    "empty": _percent("empty"),
    "repetition": _percent("repetition"),
    "kl": lambda step: _number(step.get("kl")),
}
"""Out of a line: the mean reward, percents of what was sampled, and the distance from the reference model."""


@dataclass(frozen=True, slots=True)
class TrainingSteps:
    """The steps of a training in their order; arrays of shape [steps]."""

    after: NDArray[np.int64]
    """How many steps the policy had learnt from before: what groups of a rollout log have as `step`."""
    columns: Mapping[str, Values]
    """By the names of `COLUMNS`; NaN where a step does not say."""

    def __len__(self) -> int:
        return len(self.after)


def steps_file(files: Sequence[Path]) -> Path | None:
    """The file of steps beside a log's files; `None` if there is none, or they lie in several folders."""
    folders = {file.absolute().parent for file in files}
    found = [folder / NAME for folder in folders if (folder / NAME).is_file()]
    return found[0] if len(folders) == len(found) == 1 else None


def read_steps(path: Path) -> TrainingSteps | None:
    """What can be read of a file of steps; `None` if it has none of the numbers.

    Lines that are no steps are left out: a training may be writing, and others give files that name too. Of
    several lines for one step the last counts.

    Raises:
        OSError: it cannot be read.
    """
    steps: dict[int, Mapping[str, Any]] = {}
    with path.open("rb") as stream:
        for line in stream:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict) and type(number := found.get("step")) is int and 0 < number < 1 << 53:
                steps[number] = found
    order = sorted(steps)
    columns = {
        name: np.array([of(steps[number]) for number in order], dtype=np.float64)
        for name, of in COLUMNS.items()
    }
    if not any(np.isfinite(each).any() for each in columns.values()):
        return None
    return TrainingSteps(np.array(order, dtype=np.int64) - 1, columns)


def running_mean(values: Values, span: int) -> Values:
    """The mean of each value and those before it, `span` in all, of those that are known.

    >>> running_mean(np.array([1.0, 3.0, np.nan, 5.0]), 2)
    array([1., 2., 3., 5.])
    """
    known = np.isfinite(values)
    sums, counts = np.cumsum(np.where(known, values, 0.0)), np.cumsum(known)
    before = np.maximum(np.arange(len(values)) - span, -1)
    total = sums - np.where(before >= 0, sums[before], 0.0)
    count = counts - np.where(before >= 0, counts[before], 0)
    found: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return found


def _inside(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _number(found: Any) -> float:
    """NaN for everything that is no number."""
    if type(found) not in (int, float) or not -1e300 < found < 1e300:
        return math.nan
    return float(found)
