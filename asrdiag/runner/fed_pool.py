"""Accelerators and hosted systems, fed by processes that read and degrade clips ahead of them."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import Any, Self

from ..interrupts import interrupts_held, wait_for_any
from .callers import Callers
from .clip import ClipInProgress, Job, Outcome, Task
from .crew import Crew, Work
from .feeding import Batch, Heard, prepare, recognize, single_clips, start_preparing, start_recognizing
from .pool import singles
from .transcribing import Usage

READY = 4
"""So many prepared batches wait for a device, besides that in its process and the next one there."""
RECORDERS = 4
"""Threads that score clips and keep their audio. They compress it with the interpreter's lock released."""


class FedPool:
    """Keeps accelerators busy: a batch is always prepared before a device is done with the one before it."""

    def __init__(self, job: Job, workers: int, devices: Sequence[str]) -> None:
        """`workers` processes prepare clips; each of the devices has a process of its own.

        Without a device the system is a hosted one, which threads of this process call.
        """
        self.usage: dict[int, Usage] = {}
        self._job = job

        def unprepared(task: Task, error: Exception) -> list[ClipInProgress]:
            clip = ClipInProgress(job, task, task.positions[0])
            clip.fail("load", error)
            return [clip]

        def unheard(batch: Batch, error: Exception) -> Heard:
            batch.clips[0].fail("transcribe", error)
            return Heard(batch.clips, None)

        preparing = Work(start_preparing, (job,), prepare, singles, unprepared)
        self._preparers: Crew[Task, list[ClipInProgress]] = Crew(preparing, workers, ahead=workers)
        self._recognizers: list[Crew[Batch, Heard] | Callers] = [
            Crew(Work(start_recognizing, (job, device), recognize, single_clips, unheard), 1, ahead=1)
            for device in devices
        ] or [Callers(job, job.engine.callers())]
        self._crews: tuple[Crew[Any, Any] | Callers, ...] = (self._preparers, *self._recognizers)
        self._ready: deque[Batch] = deque()
        self._recorders = ThreadPoolExecutor(RECORDERS)
        self._recording: dict[Future[list[Outcome]], Task] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as closing:  # an interrupt of one does not leave out the others
            closing.callback(self._recorders.shutdown, wait=True, cancel_futures=True)
            for crew in self._crews:
                closing.callback(crew.close, finished=error is None)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """See `Pool.run`."""
        waiting = iter(tasks)
        while True:
            for task in islice(waiting, self._appetite()):
                self._preparers.take(task)
            self._feed()
            futures: list[Future[Any]] = [*self._recording]
            for crew in self._crews:
                futures += crew.futures
            if not futures:
                return
            wait_for_any(futures)
            yield from self._recorded()
            for task, clips in self._preparers.results():
                self._sort(task, clips)
            for crew in self._recognizers:
                for batch, heard in crew.results():
                    self._take_down(batch, heard)

    def _appetite(self) -> int:
        """How many more batches to prepare: what waits here stays bounded."""
        most = self._preparers.processes + READY * len(self._recognizers)
        return max(0, min(self._preparers.room, most - self._preparers.load - len(self._ready)))

    def _feed(self) -> None:
        while self._ready:
            crew = min(self._recognizers, key=lambda crew: (crew.room <= 0, crew.load))
            if crew.room <= 0:
                return
            crew.take(self._ready.popleft())

    def _sort(self, task: Task, clips: list[ClipInProgress]) -> None:
        """Pass on what is prepared, and record what failed on the way."""
        for clip in clips:
            clip.join(self._job)
        prepared = tuple(clip for clip in clips if clip.is_prepared)
        if prepared:
            self._ready.append(Batch(task, prepared))
        if failed := [clip for clip in clips if not clip.is_prepared]:
            self._record(task, failed)

    def _take_down(self, batch: Batch, heard: Heard) -> None:
        for clip, answered in zip(batch.clips, heard.clips, strict=True):
            answered.join(self._job)
            answered.clip = clip.clip
        if heard.usage is not None:
            self.usage[heard.usage.process] = heard.usage
        self._record(batch.task, heard.clips)

    def _record(self, task: Task, clips: Sequence[ClipInProgress]) -> None:
        with interrupts_held():
            future = self._recorders.submit(lambda: [clip.finish() for clip in clips])
        self._recording[future] = task

    def _recorded(self) -> Iterator[tuple[Task, list[Outcome]]]:
        with interrupts_held():
            done = [(future, future.result()) for future in self._recording if future.done()]
        for future, outcomes in done:
            yield self._recording.pop(future), outcomes
