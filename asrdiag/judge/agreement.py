"""How far two opinions on the same answers agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..metrics.statistics import cohens_kappa


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two opinions on one question; what the second one is compared with is the first one."""

    question: str
    first: str
    second: str
    n: int
    labels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    """Answers by the first one's label (rows) and the second one's (columns)."""
    agreement: float | None
    kappa: float | None
    """`None` where it is not defined: there are no answers, or both give all the same label."""
    low: float | None
    high: float | None

    def as_record(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MeaningAgreement:
    """Two opinions on how much of the meaning was kept, from 0 to 100."""

    first: str
    second: str
    n: int
    mean_difference: float | None
    """Of the second one from the first one; positive: the second one is kinder."""
    mean_absolute_difference: float | None
    correlation: float | None
    """Spearman's; `None` for fewer than three answers, and where one side has only one value."""

    def as_record(self) -> dict[str, Any]:
        return asdict(self)


def compare_labels(
    question: str,
    first: tuple[str, Sequence[str]],
    second: tuple[str, Sequence[str]],
    labels: Sequence[str] = (),
) -> Agreement:
    """Compare two opinions.

    Args:
        question: what they are about.
        first: who, and the label of each answer.
        second: likewise, in the same order.
        labels: the labels in the order in which they are shown; those that come up otherwise stand behind.

    >>> found = compare_labels("missed", ("people", ["yes", "no", "no"]), ("judge", ["yes", "yes", "no"]))
    >>> found.labels, found.table, round(found.kappa, 3)
    (('yes', 'no'), ((1, 0), (1, 1)), 0.4)
    """
    counted = Counter(zip(first[1], second[1], strict=True))
    shown = [label for label in labels if any(label in pair for pair in counted)]
    shown = list(dict.fromkeys([*shown, *(label for pair in counted for label in pair)]))
    table = tuple(tuple(counted[row, column] for column in shown) for row in shown)
    kappa = cohens_kappa(list(first[1]), list(second[1]))
    n = counted.total()
    return Agreement(
        question,
        first[0],
        second[0],
        n,
        tuple(shown),
        table,
        sum(counted[label, label] for label in shown) / n if n else None,
        kappa.value if kappa else None,
        kappa.low if kappa else None,
        kappa.high if kappa else None,
    )


def compare_meaning(
    first: tuple[str, Sequence[float]], second: tuple[str, Sequence[float]]
) -> MeaningAgreement:
    """Compare two opinions on meaning.

    >>> found = compare_meaning(("people", [90, 50, 10]), ("judge", [100, 60, 5]))
    >>> found.mean_difference, round(found.mean_absolute_difference, 3), found.correlation
    (5.0, 8.333, 1.0)
    """
    pairs = list(zip(first[1], second[1], strict=True))
    differences = [later - earlier for earlier, later in pairs]
    n = len(pairs)
    varied = n > 2 and all(len({pair[side] for pair in pairs}) > 1 for side in (0, 1))
    return MeaningAgreement(
        first[0],
        second[0],
        n,
        sum(differences) / n if n else None,
        sum(map(abs, differences)) / n if n else None,
        _spearman([pair[0] for pair in pairs], [pair[1] for pair in pairs]) if varied else None,
    )


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    import numpy as np
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
