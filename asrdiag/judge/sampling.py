"""Which answers are judged where not all are: a sample from strata, the same wherever it is drawn.

Answers stand in each stratum in an order that a hash of their names gives, and the first ones are taken. The
places are given out one after the other (Sainte-Lague's method), so that a larger sample holds every smaller
one.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Any

from ..errors import AsrdiagError, UsageError, unknown
from .population import Answer, Selection

Stratum = tuple[str, ...]

WER_BINS_PCT = (10, 30, 50, 70, 100)


def _bin(answer: Answer) -> str:
    assert answer.error_rate is not None
    below = [limit for limit in WER_BINS_PCT if 100 * answer.error_rate < limit]
    return f"below {below[0]} %" if below else f"{WER_BINS_PCT[-1]} % and more"


DIMENSIONS: Mapping[str, Callable[[Answer], str]] = MappingProxyType(
    {
        "system": lambda answer: answer.system,
        "mode": lambda answer: answer.mode,
        "wer": _bin,
        "dataset": lambda answer: answer.dataset,
        "condition": lambda answer: answer.condition,
        "subset": lambda answer: answer.subset,
        "language": lambda answer: answer.language,
    }
)
"""What answers can be put into strata by."""

DEFAULT = ("system", "mode", "dataset", "condition")


@dataclass(frozen=True, slots=True)
class Sample:
    """How a sample is drawn.

    Raises:
        UsageError: a dimension is unknown or named twice.
    """

    size: int | None = None
    """Answers that a judge is asked about; `None`: all."""
    strata: tuple[str, ...] = DEFAULT
    seed: int = 0
    selection: Selection = field(default_factory=Selection)

    def __post_init__(self) -> None:
        for name in self.strata:
            if name not in DIMENSIONS:
                raise UsageError(unknown("stratum", name, DIMENSIONS))
        if len(set(self.strata)) < len(self.strata):
            raise UsageError(f"a stratum is named twice: {', '.join(self.strata)}")

    def as_record(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "strata": list(self.strata),
            "seed": self.seed,
            "selection": self.selection.as_record(),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Sample":
        """Read back what `as_record` gave.

        Raises:
            AsrdiagError: it is something else.
        """
        try:
            selection = Selection(**{name: tuple(ids) for name, ids in record["selection"].items()})
            return cls(record["size"], tuple(record["strata"]), int(record["seed"]), selection)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AsrdiagError(f"not the record of a sample: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Drawn:
    """Open answers in their strata, and which of them are in the sample."""

    strata: tuple[str, ...]
    """The dimensions that were left."""
    stratum: Sequence[Stratum]
    """Of each answer."""
    chosen: Sequence[bool]
    sizes: Mapping[Stratum, int]


def draw(answers: Sequence[Answer], sample: Sample) -> Drawn:
    """Draw a sample.

    Each stratum gives two answers at least, if it has them, and otherwise as many as its size says. Where
    there are too many strata for that, the last dimension is left out, and so on.

    Raises:
        UsageError: the sample is too small for a single stratum.
    """
    strata = sample.strata
    while True:
        stratum = [tuple(DIMENSIONS[name](answer) for name in strata) for answer in answers]
        sizes = Counter(stratum)
        if sample.size is None or sum(min(2, size) for size in sizes.values()) <= sample.size:
            break
        if not strata:
            raise UsageError(f"found a sample of {sample.size}, expected 2 or more")
        strata = strata[:-1]
    if sample.size is None:
        return Drawn(strata, stratum, [True] * len(answers), sizes)
    seats = allocate(sizes, sample.size)
    order = sorted(range(len(answers)), key=lambda place: _rank(answers[place], sample.seed))
    left, chosen = Counter(seats), [False] * len(answers)
    for place in order:
        if left[stratum[place]]:
            left[stratum[place]] -= 1
            chosen[place] = True
    return Drawn(strata, stratum, chosen, sizes)


def allocate(sizes: Mapping[Stratum, int], total: int) -> dict[Stratum, int]:
    """How many of each stratum; none ever gets fewer for a larger total.

    >>> allocate({("a",): 100, ("b",): 10, ("c",): 1}, 11)
    {('a',): 8, ('b',): 2, ('c',): 1}
    """
    seats = {stratum: min(2, size) for stratum, size in sizes.items()}
    heap: list[tuple[float, Stratum]] = []

    def wait(stratum: Stratum) -> None:
        if seats[stratum] < sizes[stratum]:
            heappush(heap, (-sizes[stratum] / (2 * seats[stratum] + 1), stratum))

    for stratum in sizes:
        wait(stratum)
    for _ in range(total - sum(seats.values())):
        if not heap:
            break
        _, stratum = heappop(heap)
        seats[stratum] += 1
        wait(stratum)
    return seats


def _rank(answer: Answer, seed: int) -> bytes:
    return sha256(f"{seed} {answer.cell} {answer.sample_id}".encode("utf-8", "replace")).digest()
