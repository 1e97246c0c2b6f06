"""Ctrl-C and SIGTERM at moments when they cost nothing."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_S = 0.1


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Signals that come in here are delivered at the end; only in the main thread, which alone gets any.

    A KeyboardInterrupt in the midst of taking a lock, as most methods of a future do, leaves it taken for
    ever (https://github.com/python/cpython/issues/74174).
    """
    # What is ignored, or ends the process without a word to Python, needs no holding.
    before = {number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))}
    if not before or threading.current_thread() is not threading.main_thread():
        yield
        return
    hold = _Hold(before)
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    finally:
        hold.over = True
        for number, handler in before.items():
            signal.signal(number, handler)
        for came in dict.fromkeys(hold.came):
            signal.raise_signal(came)


class _Hold:
    """A signal handler. One left behind by an interrupt in the midst of a change passes signals on."""

    def __init__(self, before: dict[signal.Signals, Callable[[int, FrameType | None], Any]]) -> None:
        self._before = before
        self.came: list[int] = []
        self.over = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.over:
            self._before[signal.Signals(number)](number, frame)
        else:
            self.came.append(number)


def wait_for_any(futures: Iterable[Future[Any]]) -> None:
    """Wait until one of the futures is done; there must be one."""
    waiting = set(futures)
    done: set[Future[Any]] = set()
    while not done:
        with interrupts_held():
            done, _ = wait(waiting, _LOOK_S, FIRST_COMPLETED)
