"""Stretches through a number of processes, and their results in order."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Generic, Self, TypeVar

from ..errors import AsrdiagError
from .work import Job, Result, Stretch, WorkerLost, under_way

_GIVE_UP = 3

Handle = TypeVar("Handle")


class Crew(ABC, Generic[Handle]):
    """The processes that do the work, on this machine or elsewhere; used as a context manager.

    Another process takes the place of one that is lost.
    """

    def __init__(self, job: Job, workers: int) -> None:
        self.job, self.workers = job, workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(finished=error is None)

    @abstractmethod
    def submit(self, stretch: Stretch) -> Handle:
        """Begin a stretch."""

    @abstractmethod
    def result(self, handle: Handle) -> Result:
        """Wait for it.

        Raises:
            WorkerLost: its process ended.
        """

    @abstractmethod
    def is_lost(self, handle: Handle) -> bool:
        """Whether its process ended; asked when one has been lost."""

    @abstractmethod
    def kills(self, number: int) -> bool:
        """Whether a clip ends the process that is to make it, tried in one of its own."""

    @abstractmethod
    def close(self, *, finished: bool) -> None:
        """Let everybody go; if there is work left, at once."""


def run_line(crew: Crew[Handle], stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, Result]]:
    """The results of all stretches, in order; a few are under way at a time.

    When a process is lost, the clip that it had is tried alone. If that loses a process again, the clip is
    recorded as failed, and the stretch is begun anew either way.

    Raises:
        AsrdiagError: processes are lost again and again and no clip is to blame.
    """
    waiting = iter(stretches)
    begun: deque[tuple[Stretch, Handle]] = deque()
    losses = 0
    while True:
        while len(begun) < 2 * crew.workers + 2 and (stretch := next(waiting, None)) is not None:
            begun.append((stretch, crew.submit(stretch)))
        if not begun:
            return
        stretch, handle = begun[0]
        try:
            result = crew.result(handle)
        except WorkerLost as error:
            losses += 1
            if losses > _GIVE_UP:
                raise AsrdiagError(
                    f"worker processes ended {losses} times and no single clip is to blame; if memory is "
                    "short, use fewer --workers"
                ) from error
            lost = [crew.is_lost(handle) for _, handle in begun]
            blamed = [
                _blame(crew, stretch) if gone else stretch
                for (stretch, _), gone in zip(begun, lost, strict=True)
            ]
            if any(len(new.killers) > len(old.killers) for new, (old, _) in zip(blamed, begun, strict=True)):
                losses = 0
            begun = deque(
                (stretch, crew.submit(stretch) if gone else handle)
                for stretch, (_, handle), gone in zip(blamed, begun, lost, strict=True)
            )
            continue
        begun.popleft()
        losses = 0
        yield stretch, result


def _blame(crew: Crew[Handle], stretch: Stretch) -> Stretch:
    number = under_way(crew.job.work, stretch)
    if number is None or number in stretch.killers or not crew.kills(number):
        return stretch
    return replace(stretch, killers=(*stretch.killers, number))
