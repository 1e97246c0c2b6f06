"""Rollout logs from files to findings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import UsageError
from ..metrics.rewards import DGWGPOReward
from ..metrics.rewards.groups import Groups
from ..metrics.rewards.inspection import Inspection, Inspector
from ..metrics.rewards.probing import GREEDY, with_greedy_base
from .reading import BadLine, read_rollouts

KEPT_BAD_LINES = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What rollouts are asked."""

    reward: DGWGPOReward
    use_logged: bool = False
    """Rank by the rewards that were logged."""
    n_cases: int = 10
    fields: Mapping[str, str] = field(default_factory=dict)
    """Names of columns by field."""
    temperatures: Sequence[float] | None = None
    """For each file, that of its groups which state none."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is in some logs."""

    files: Sequence[Path]
    inspection: Inspection
    greedy: Groups | None
    """Groups decoded greedily, where there are others: they are the base, and not in `inspection`."""
    bad_lines: Sequence[BadLine]
    """The first ten."""
    n_bad_lines: int
    n_torn: int
    """Files whose last line is half written: their writer was killed, or is writing."""


def look_into(
    files: Sequence[Path],
    question: Question,
    progress: Callable[[int, int], None] = lambda number, offset: None,
) -> Findings:
    """Read and inspect logs; unknown base error rates are filled in from rollouts at temperature 0.

    Args:
        files: rollout logs.
        question: what to make of them.
        progress: called with the number of the file and the byte that reading has come to.

    Raises:
        UsageError: no file holds a group that can be used, or one cannot be read.
    """
    if question.temperatures is not None and len(question.temperatures) != len(files):
        raise UsageError(
            f"found {len(question.temperatures)} temperatures for {len(files)} files, expected one for each"
        )
    sampled, greedy = (
        Inspector(question.reward, use_logged=question.use_logged, n_cases=question.n_cases) for _ in range(2)
    )
    bad: list[BadLine] = []
    n_bad = n_torn = n_groups = 0
    for number, path in enumerate(files):
        temperature = None if question.temperatures is None else question.temperatures[number]
        for found in read_rollouts(path, question.fields):
            if isinstance(found, BadLine):
                n_torn += found.torn
                n_bad += not found.torn
                if len(bad) < KEPT_BAD_LINES and not found.torn:
                    bad.append(found)
                continue
            group = found.group
            if group.temperature is None and temperature is not None:
                group = replace(group, temperature=temperature)
            inspector = greedy if group.temperature == GREEDY else sampled
            inspector.add(group, f"{found.path}:{found.line}")
            n_groups += 1
            progress(number, found.offset or 0)
    inspections = [each for each in (sampled.result(), greedy.result()) if each.groups.group]
    if not inspections:
        shown = "".join(f"\n{line}" for line in bad[:3])
        what = "no group whose rewards were logged" if n_groups else "no group of rollouts"
        raise UsageError(f"{', '.join(map(str, files))}: found {what}{shown}")
    inspection, base = inspections[0], inspections[-1].groups
    inspection = replace(inspection, groups=with_greedy_base(inspection.groups, base))
    return Findings(files, inspection, base if len(inspections) > 1 else None, bad, n_bad, n_torn)
