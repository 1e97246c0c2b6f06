"""Threads of this process that wait for a hosted recogniser's answers, beside which `Crew` has processes."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from ..interrupts import interrupts_held
from .clip import Job
from .feeding import Batch, Heard
from .transcribing import Transcriber


class Callers:
    """Call one recogniser with several batches at a time; a slow one keeps a thread from the others, no more.

    It is opened here, once in a session, so what it counts (requests, money) is true for all of the session,
    whatever happens to the processes that prepare its clips.
    """

    def __init__(self, job: Job, threads: int) -> None:
        self._job, self._threads = job, threads
        self._executor = ThreadPoolExecutor(threads, "caller")
        self._opening = Lock()
        self._transcriber: Transcriber | None = None
        self._running: dict[Future[Transcriber], Batch] = {}

    @property
    def futures(self) -> Iterable[Future[Transcriber]]:
        """What is under way."""
        return self._running

    @property
    def load(self) -> int:
        """How many batches it has."""
        return len(self._running)

    @property
    def room(self) -> int:
        """How many more it takes."""
        return self._threads - len(self._running)

    def take(self, batch: Batch) -> None:
        """Begin a batch; only while there is room."""
        with interrupts_held():
            self._running[self._executor.submit(self._recognize, batch)] = batch

    def results(self) -> Iterator[tuple[Batch, Heard]]:
        """What has been done by now.

        Raises:
            AsrdiagError: the system cannot be opened.
        """
        with interrupts_held():
            done = [future for future in self._running if future.done()]
        for future in done:
            batch = self._running.pop(future)
            with interrupts_held():
                transcriber = future.result()
            yield batch, Heard(batch.clips, transcriber.usage())

    def close(self, *, finished: bool) -> None:
        """End the threads, and what they wait for; `finished`: there is nothing."""
        self._executor.shutdown(wait=finished, cancel_futures=True)
        if self._transcriber is not None:
            self._transcriber.close()
        self._executor.shutdown(wait=True)

    def _recognize(self, batch: Batch) -> Transcriber:
        with self._opening:
            if self._transcriber is None:
                self._transcriber = Transcriber(self._job, self._job.device)
        self._transcriber.transcribe(batch.clips)
        return self._transcriber
