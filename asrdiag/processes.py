"""Worker processes that can be killed at any moment, leave Ctrl-C to their parent and do not outlive it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import connection, parent_process
from typing import Any, TypeVar

from .interrupts import interrupts_held

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerProcess:
    """A process that does one thing after another: a pool of one.

    In a pool of several, one that is killed while it sends a result keeps the lock with which all of them
    send, and the thread that hears from them waits for the rest of that result for ever, for which in turn
    the end of the interpreter waits. Here nobody but the process can write to its pipe, so that the pipe ends
    with it.
    """

    def __init__(self, start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """`start` initialises the process, which begins with the first item."""
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), start, arguments)

    def submit(self, do: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Begin an item as soon as those before it are done.

        Raises:
            BrokenProcessPool: the process has died, which all that it had will raise too.
        """
        with interrupts_held():
            # Ctrl-C reaches every process of the terminal; one that is started in here is deaf to it.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                future = self._pool.submit(do, item)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            # The process has its own by now; there is no public way to this.
            self._pool._result_queue._writer.close()  # type: ignore[attr-defined]
            return future

    def end(self) -> None:
        """End it at once."""
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()

    def finish(self) -> None:
        """Let it end when it has done all that it has, and wait for that."""
        self._pool.shutdown(wait=True)


def close(workers: Sequence[WorkerProcess], *, finished: bool) -> None:
    """End processes: in peace and all at the same time if they have finished, else at once."""
    if finished:
        with ThreadPoolExecutor(len(workers)) as closing:
            list(closing.map(WorkerProcess.finish, workers))
    else:
        for worker in workers:
            worker.end()


def end_with_parent() -> None:
    """Make this worker process end when its parent does, whatever ends that."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
