"""Ctrl-C that costs nothing."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from .ledger import Ledger


class _Interrupted(Protocol):
    interrupted: bool


class Work(Protocol):
    """What is going on."""

    @property
    def under_way(self) -> int:
        """Questions that are asked right now."""

    @property
    def result(self) -> _Interrupted:
        """Is told of the interruption."""


class Interruptible:
    """Turns the first SIGINT or SIGTERM into an end of sending, and the second into a KeyboardInterrupt."""

    def __init__(self, ledger: Ledger, work: Work, note: Callable[[str], None]) -> None:
        self._ledger, self._work, self._note = ledger, work, note
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not the main thread
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                self._loop.add_signal_handler(number, self._signalled)
                self._before[number] = before

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, before)

    def _signalled(self) -> None:
        if self._work.result.interrupted and self._task is not None:
            self._task.cancel()
            return
        self._ledger.stop("interrupted")
        self._work.result.interrupted = True
        if count := self._work.under_way:
            self._note(
                f"interrupted: waiting for {count} questions that are under way and may be paid for; "
                "interrupt again to give them up"
            )
