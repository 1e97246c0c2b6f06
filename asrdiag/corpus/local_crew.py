"""Worker processes on this machine."""

import os
from concurrent.futures import Future

from ..interrupts import interrupts_held, wait_for_any
from ..processes import Processes, ProcessLost
from .line import Crew
from .work import Job, Result, Stretch, WorkerLost, make_alone, run_stretch


class LocalCrew(Crew[Future[Result]]):
    """Processes, of which each that is lost is replaced."""

    def __init__(self, job: Job, workers: int | None) -> None:
        super().__init__(job, workers or len(os.sched_getaffinity(0)))
        self._team = Processes(self.workers, _start, (job,))

    def submit(self, stretch: Stretch) -> Future[Result]:
        return self._team.submit(_run, stretch)

    def result(self, handle: Future[Result]) -> Result:
        wait_for_any([handle])
        try:
            with interrupts_held():
                return handle.result()
        except ProcessLost as error:
            raise WorkerLost from error

    def is_lost(self, handle: Future[Result]) -> bool:
        with interrupts_held():
            return handle.done() and isinstance(handle.exception(), ProcessLost)

    def kills(self, number: int) -> bool:
        alone = Processes(1, _start, (self.job,))
        try:
            attempt = alone.submit(_alone, number)
            wait_for_any([attempt])
            with interrupts_held():
                return isinstance(attempt.exception(), ProcessLost)
        finally:
            alone.close(finished=False)

    def close(self, *, finished: bool) -> None:
        self._team.close(finished=finished)


_job: Job | None = None


def _start(job: Job) -> None:
    global _job  # noqa: PLW0603  (the one way to give a process something to keep)
    _job = job


def _run(stretch: Stretch) -> Result:
    assert _job is not None
    return run_stretch(_job, stretch)


def _alone(number: int) -> None:
    assert _job is not None
    make_alone(_job, number)
