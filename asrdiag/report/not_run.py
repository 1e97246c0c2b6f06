"""What a report has no results of: datasets that cannot be run, and cells that were not run yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .rows import Row

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class NotRun:
    """Datasets with what to do about them, as pairs, and the keys of cells that are still to be run."""

    datasets: tuple[tuple[str, str], ...]
    waiting: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """One line for each dataset and one on where published ones come from, and one for all cells.

        >>> for line in NotRun((("chime4", "set CHIME4_ROOT"),), ("a/b/c",)).lines():
        ...     print(line)
        chime4: not run: set CHIME4_ROOT
        `asrdiag datasets show NAME` says where to get a published dataset
        not run yet: a/b/c
        """
        yield from (f"{dataset}: not run: {reason}" for dataset, reason in self.datasets)
        if self.datasets:
            yield "`asrdiag datasets show NAME` says where to get a published dataset"
        if self.waiting:
            left = len(self.waiting) - _SHOWN
            more = f" and {left} more" if left > 0 else ""
            yield f"not run yet: {', '.join(self.waiting[:_SHOWN])}{more}"


def not_run(rows: Iterable[Row]) -> NotRun:
    """Gather it from the leaderboard's rows."""
    datasets: dict[tuple[str, str], None] = {}
    waiting: list[str] = []
    for row in rows:
        note = row.get("note") or ""
        if note.startswith("not run: "):
            datasets[row["dataset"], note.removeprefix("not run: ")] = None
        elif note == "not run yet":
            waiting.append("/".join(row[name] for name in ("system", "dataset", "condition")))
    return NotRun(tuple(datasets), tuple(waiting))
