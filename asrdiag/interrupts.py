"""Ctrl-C and SIGTERM at moments when they cost nothing."""

import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_S = 0.1


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Signals that come in here are delivered at the end; only in the main thread, which alone gets any.

    A KeyboardInterrupt in the midst of taking a lock, as most methods of a future do, leaves it taken for
    ever (https://github.com/python/cpython/issues/74174).
    """
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    if threading.current_thread() is not threading.main_thread() or None in handlers.values():
        yield
        return
    came: list[int] = []
    for held in handlers:
        signal.signal(held, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for held, handler in handlers.items():
            signal.signal(held, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)


def wait_for_any(futures: Iterable[Future[Any]]) -> None:
    """Wait until one of the futures is done; there must be one."""
    waiting = set(futures)
    done: set[Future[Any]] = set()
    while not done:
        with interrupts_held():
            done, _ = wait(waiting, _LOOK_S, FIRST_COMPLETED)
