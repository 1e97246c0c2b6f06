"""Processes that all do one thing; one that dies costs an item, not the run."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..interrupts import interrupts_held
from ..processes import Processes, ProcessLost
from .lost_device import DeviceLost

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerDied(Exception):
    """The worker process ended while it had this clip (a crash in native code, or the system killed it)."""


@dataclass(frozen=True, slots=True)
class Work(Generic[Item, Result]):
    """What a crew does; the functions of its processes are module-level ones."""

    start: Callable[..., None]
    """Initialises a process."""
    arguments: tuple[Any, ...]
    do: Callable[[Item], Result]
    singles: Callable[[Item], Iterable[Item]]
    """The parts of an item, so that the one over which processes die can be found."""
    died: Callable[[Item, Exception], Result]
    """The result of a single over which a process has died: `WorkerDied`, or ended: `DeviceLost`."""


class Crew(Generic[Item, Result]):
    """Gives items to its processes and collects the results, in no fixed order.

    When a process dies, each single part of the item that it had is tried again, alone (it may have been
    memory that was short), and the one over which a process dies once more gets the result that is for that.
    A process that has lost its device is as good as dead, and ended.
    """

    def __init__(self, work: Work[Item, Result], processes: int, ahead: int) -> None:
        """`ahead`: how many items it takes beyond those that its processes have in hand."""
        self._work, self.processes, self._ahead = work, processes, ahead
        self._team = Processes(processes, work.start, work.arguments)
        self._running: dict[Future[Result], Item] = {}
        self._suspects: deque[Item] = deque()
        self._alone = False
        """Whether the one item under way is a suspect."""

    @property
    def futures(self) -> Iterable[Future[Result]]:
        """What is under way."""
        return self._running

    @property
    def load(self) -> int:
        """How many items it has."""
        return len(self._running) + len(self._suspects)

    @property
    def room(self) -> int:
        """How many more items it takes."""
        if self._suspects or self._alone:
            return 0
        return self.processes + self._ahead - len(self._running)

    def take(self, item: Item) -> None:
        """Begin an item; only while there is room."""
        self._submit(item)

    def results(self) -> Iterator[tuple[Item, Result]]:
        """What has been done by now; whatever the work raised is raised.

        A crew of which this is not called stands still.
        """
        lost: list[Item] = []
        cause: Exception = WorkerDied(WorkerDied.__doc__)
        with interrupts_held():
            done = [future for future in self._running if future.done()]
        for future in done:
            item = self._running.pop(future)
            try:
                with interrupts_held():
                    result = future.result()
            except (ProcessLost, DeviceLost) as error:
                lost.append(item)
                if isinstance(error, DeviceLost):
                    cause = error
            else:
                yield item, result
        if lost and self._alone:
            yield lost[0], self._work.died(lost[0], cause)
        else:
            self._suspects.extend(single for item in lost for single in self._work.singles(item))
        if not self._running:
            self._alone = bool(self._suspects)
            if self._suspects:
                self._submit(self._suspects.popleft())

    def close(self, *, finished: bool) -> None:
        """End the processes; `finished`: in peace, having nothing to do."""
        self._team.close(finished=finished)

    def _submit(self, item: Item) -> None:
        self._running[self._team.submit(self._work.do, item)] = item
