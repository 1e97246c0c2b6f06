"""Worker processes that can be killed at any moment, leave Ctrl-C to their parent and do not outlive it."""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import connection, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from .interrupts import interrupts_held

Item = TypeVar("Item")
Result = TypeVar("Result")

_GRACE_S = 10.0
"""So long a process may take to end after SIGTERM."""


class ProcessLost(Exception):
    """A process ended while it had this item."""


class ProcessSpent(Exception):
    """Raised by an item after which its process can do no more; another takes its place."""


class Processes:
    """Processes of which each takes the next item when it is free.

    Each has a thread here, and a pipe that nobody else writes to, so that the pipe ends with it. (In a
    `ProcessPoolExecutor`, one that is killed while it sends a result keeps the lock with which all of them
    send, and the thread that hears from them waits for the rest of that result for ever, for which in turn
    the end of the interpreter waits.) A process has one item at a time: so it is known which one was lost.
    """

    def __init__(self, number: int, start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """`start` initialises a process, before its first item; what it raises, the item raises."""
        self._start, self._arguments = start, arguments
        self._threads = ThreadPoolExecutor(number, "process")
        self._of_thread = threading.local()
        self._running: list[_Process] = []
        self._ended = False

    def submit(self, do: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Have an item done by the next process that is free; `do` is a module-level function.

        The future raises what `do` raises, and `ProcessLost` if its process ends before it is done.
        """
        with interrupts_held():
            return self._threads.submit(self._do, do, item)

    def close(self, *, finished: bool) -> None:
        """End the processes, and wait for that; `finished`: in peace, having nothing to do."""
        try:
            if finished:
                for process in self._running:
                    process.let_go()
                for process in self._running:
                    process.wait()
        finally:
            try:
                with interrupts_held():
                    self._ended = True
                    self._threads.shutdown(wait=False, cancel_futures=True)
                    for process in list(self._running):
                        process.end()
            finally:
                _wait_for_end(list(self._running))

    def _do(self, do: Callable[[Item], Result], item: Item) -> Result:
        try:
            return self._process().ask(do, item)
        except (ProcessLost, ProcessSpent):
            self._drop()
            raise

    def _process(self) -> "_Process":
        """This thread's."""
        mine: _Process | None = getattr(self._of_thread, "process", None)
        if mine is not None and mine.is_alive():
            return mine
        if mine is not None:
            self._drop()
        mine = self._of_thread.process = _Process()
        self._running.append(mine)
        if self._ended:  # looked at after it is in the list, so that either this or `close` ends it
            mine.end()
        try:
            mine.ask(self._start, *self._arguments)
        except Exception:
            self._drop()
            raise
        return mine

    def _drop(self) -> None:
        mine: _Process | None = getattr(self._of_thread, "process", None)
        self._of_thread.process = None
        if mine is not None:
            mine.end()
            _wait_for_end([mine])
            self._running.remove(mine)


class _Process:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,))
        # Ctrl-C reaches every process of the terminal; one that is started here is deaf to it. The process
        # that multiprocessing starts for itself comes first: to start it unblocks the signal.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()  # the process has its own by now

    def ask(self, do: Callable[..., Result], *arguments: Any) -> Result:
        """Have something done and wait for what it returns or raises."""
        try:
            self._line.send((do, arguments))
            answer = self._line.recv_bytes()
        except (EOFError, OSError) as error:
            raise ProcessLost(ProcessLost.__doc__) from error
        result, failure, where = ForkingPickler.loads(answer)
        if failure is not None:
            raise failure from _InProcess(f"\n{where}")
        return result  # type: ignore[no-any-return]

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def let_go(self) -> None:
        """Tell it that nothing more comes."""
        self._line.close()

    def wait(self) -> None:
        self._process.join()

    def end(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


class _InProcess(Exception):
    """What a traceback shows of the process in which an error was raised."""


def _wait_for_end(processes: Sequence[_Process]) -> None:
    """Wait for processes that have been told to end; whatever the reason not to wait longer, kill them."""
    deadline = time.monotonic() + _GRACE_S
    try:
        while any(process.is_alive() for process in processes) and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        for process in processes:
            process.kill()


def _serve(line: Connection) -> None:
    """Do what is asked for, until nothing more comes."""
    os.register_at_fork(after_in_child=line.close)  # or the pipe would not end with this process
    _end_with_parent()
    while True:
        try:
            message = line.recv_bytes()
        except (EOFError, OSError):
            return
        answer = _answer(message)
        try:
            line.send_bytes(answer)
        except OSError:
            return


def _answer(message: bytes) -> Any:
    """Result, error and its traceback, pickled."""
    try:
        do, arguments = ForkingPickler.loads(message)
        return ForkingPickler.dumps((do(*arguments), None, ""))
    except Exception as error:  # noqa: BLE001 (raised again in the parent)
        where = traceback.format_exc()
        try:
            answer = ForkingPickler.dumps((None, error, where))
            ForkingPickler.loads(answer)
        except Exception:  # noqa: BLE001 (an error that cannot be sent is told of by another)
            return ForkingPickler.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"), where))
        return answer


def _end_with_parent() -> None:
    """Make this worker process end when its parent does, whatever ends that."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
