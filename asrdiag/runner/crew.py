"""Processes that all do one thing; one that dies costs an item, not the run."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..processes import workers_deaf_to_ctrl_c
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

    When a process dies, nobody can say over which item: all that were under way are tried again, each single
    part alone, and the one over which a process dies once more gets the result that is for that. A process
    that has lost its device is as good as dead, and ended.
    """

    def __init__(self, work: Work[Item, Result], processes: int, ahead: int) -> None:
        """`ahead`: how many items it takes beyond those that its processes have in hand."""
        self._work, self.processes, self._ahead = work, processes, ahead
        self._executor = self._start()
        self._running: dict[Future[Result], tuple[Item, ProcessPoolExecutor]] = {}
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
        broken: list[ProcessPoolExecutor] = []
        cause: Exception = WorkerDied(WorkerDied.__doc__)
        for future in [future for future in self._running if future.done()]:
            item, executor = self._running.pop(future)
            try:
                result = future.result()
            except (BrokenProcessPool, DeviceLost) as error:
                lost.append(item)
                broken.append(executor)
                if isinstance(error, DeviceLost):
                    cause = error
                    _end(error.process)
            else:
                yield item, result
        for executor in broken:
            lost += self._under_way(executor)
        if self._executor in broken:
            self._restart()
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
        self._running[future] = item, self._executor

    def _under_way(self, executor: ProcessPoolExecutor) -> list[Item]:
        """Take back what a pool had that is broken."""
        futures = [future for future, (_, its) in self._running.items() if its is executor]
        return [self._running.pop(future)[0] for future in futures]

    def _restart(self) -> None:
        # A broken pool has ended its other processes itself.
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._start()


def _end(number: int) -> None:
    """End a process of ours; its pool takes that as a death."""
    for process in multiprocessing.active_children():
        if process.pid == number:
            process.kill()
