"""The processes that take one system's clips from their files to their records."""

from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Protocol, Self

from ..interrupts import wait_for_any
from .clip import Job, Outcome, Task
from .crew import Crew, Work
from .transcribing import Usage
from .worker import Done, died, run_task, start_worker


class Pool(Protocol):
    """Runs batches; used as a context manager, at the end of which its processes are gone."""

    usage: dict[int, Usage]
    """By process, what those with a recogniser in them have used so far."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """Results as they come, in no fixed order; of a batch over which a process died, clip by clip.

        Raises:
            AsrdiagError: the system cannot be opened.
            SaveError: degraded audio could not be kept.
        """
        ...


class WorkerPool:
    """Processes that each have a recogniser and do all that there is to do for a clip."""

    def __init__(self, job: Job, workers: int) -> None:
        self.usage: dict[int, Usage] = {}

        def bury(task: Task, error: Exception) -> Done:
            return Done([died(job, task, error)], None)

        work = Work(start_worker, (job,), run_task, singles, bury)
        self._crew: Crew[Task, Done] = Crew(work, workers, ahead=workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crew.close(finished=error is None)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """See `Pool.run`."""
        waiting = iter(tasks)
        while True:
            for task in islice(waiting, self._crew.room):
                self._crew.take(task)
            if not self._crew.load:
                return
            wait_for_any(self._crew.futures)
            for task, done in self._crew.results():
                if done.usage is not None:
                    self.usage[done.usage.process] = done.usage
                yield task, done.outcomes


def singles(task: Task) -> Iterator[Task]:
    """A batch's clips, each as a batch of its own."""
    for position in task.positions:
        yield Task(task.cell, task.dataset, task.condition, (position,))
