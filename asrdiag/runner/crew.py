"""Processes that all do one thing; one that dies costs an item, not the run."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..processes import workers_deaf_to_ctrl_c

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
    died: Callable[[Item, WorkerDied], Result]
    """The result of a single over which a process has died."""


class Crew(Generic[Item, Result]):
    """Gives items to its processes and collects the results, in no fixed order.

    When a process dies, nobody can say over which item: all that were under way are tried again, each single
    part alone, and the one over which a process dies once more gets the result that is for that.
    """

    def __init__(self, work: Work[Item, Result], processes: int, ahead: int) -> None:
        """`ahead`: how many items it takes beyond those that its processes have in hand."""
        self._work, self.processes, self._ahead = work, processes, ahead
        self._running: dict[Future[Result], Item] = {}
        self._suspects: deque[Item] = deque()
        self._alone = False
        """Whether the one item under way is a suspect."""
        self._executor = self._start()

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
        for future in [future for future in self._running if future.done()]:
            item = self._running.pop(future)
            try:
                result = future.result()
            except BrokenProcessPool:
                lost.append(item)
            else:
                yield item, result
        if lost:
            lost += self._running.values()  # these were under way in the same broken pool
            self._running.clear()
            self._restart()
            if self._alone:
                yield lost[0], self._work.died(lost[0], WorkerDied(WorkerDied.__doc__))
            else:
                self._suspects.extend(single for item in lost for single in self._work.singles(item))
        if not self._running:
            self._alone = bool(self._suspects)
            if self._suspects:
                self._submit(self._suspects.popleft())

    def close(self, *, finished: bool) -> None:
        """End the processes; `finished`: in peace, having nothing to do."""
        self._executor.shutdown(wait=finished, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.processes, context, self._work.start, self._work.arguments)

    def _submit(self, item: Item) -> None:
        with workers_deaf_to_ctrl_c():
            try:
                future = self._executor.submit(self._work.do, item)
            except BrokenProcessPool:
                # A process died idle, or since the last look: then `results` finds out what is lost.
                self._restart()
                future = self._executor.submit(self._work.do, item)
        self._running[future] = item

    def _restart(self) -> None:
        # A broken pool has ended its other processes itself.
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._start()
