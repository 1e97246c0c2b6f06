"""Worker processes on this machine."""

import os
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from ..interrupts import interrupts_held, wait_for_any
from ..processes import WorkerProcess, close, end_with_parent
from .line import Crew
from .work import Job, Result, Stretch, WorkerLost, make_alone, run_stretch


@dataclass(frozen=True, slots=True)
class Begun:
    """A stretch that a process has been given."""

    future: Future[Result]
    worker: WorkerProcess


class LocalCrew(Crew[Begun]):
    """Processes, of which each that is lost is replaced."""

    def __init__(self, job: Job, workers: int | None) -> None:
        super().__init__(job, workers or len(os.sched_getaffinity(0)))
        self._team = [self._start() for _ in range(self.workers)]
        self._begun: list[Begun] = []
        self._lost: list[WorkerProcess] = []

    def submit(self, stretch: Stretch) -> Begun:
        with interrupts_held():
            self._begun = [begun for begun in self._begun if not begun.future.done()]
        busy = [begun.worker for begun in self._begun]
        worker = min(self._team, key=busy.count)
        try:
            future = worker.submit(_run, stretch)
        except BrokenProcessPool:  # it was lost while it waited for work
            worker = self._replace(worker)
            future = worker.submit(_run, stretch)
        self._begun.append(Begun(future, worker))
        return self._begun[-1]

    def result(self, handle: Begun) -> Result:
        wait_for_any([handle.future])
        try:
            with interrupts_held():
                return handle.future.result()
        except BrokenProcessPool as error:
            self._lost.append(handle.worker)
            raise WorkerLost from error

    def is_lost(self, handle: Begun) -> bool:
        return handle.worker in self._lost

    def kills(self, number: int) -> bool:
        alone = self._start()
        attempt = alone.submit(_alone, number)
        try:
            wait_for_any([attempt])
            return isinstance(attempt.exception(), BrokenProcessPool)
        finally:
            alone.end()

    def recover(self) -> None:
        for worker in self._lost:
            if worker in self._team:
                self._replace(worker)
        self._lost = []

    def close(self, *, finished: bool) -> None:
        close(self._team, finished=finished)

    def _start(self) -> WorkerProcess:
        return WorkerProcess(_start, (self.job,))

    def _replace(self, worker: WorkerProcess) -> WorkerProcess:
        worker.end()
        new = self._team[self._team.index(worker)] = self._start()
        return new


_job: Job | None = None


def _start(job: Job) -> None:
    end_with_parent()
    global _job  # noqa: PLW0603  (the one way to give a process something to keep)
    _job = job


def _run(stretch: Stretch) -> Result:
    assert _job is not None
    return run_stretch(_job, stretch)


def _alone(number: int) -> None:
    assert _job is not None
    make_alone(_job, number)
