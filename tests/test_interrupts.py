"""Ctrl-C and SIGTERM come when they can do no harm, and come."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from asrdiag.interrupts import interrupts_held, wait_for_any


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """As in a terminal, however the tests were started."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_held_to_the_end_of_the_outermost_block(number: int) -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        with interrupts_held():
            os.kill(os.getpid(), number)
            reached.append("inner")
        reached.append("outer")
    assert reached == ["inner", "outer"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_an_error_in_the_block_does_not_swallow_the_signal() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError


def test_other_threads_are_as_they_were() -> None:
    handlers = []

    def look() -> None:
        with interrupts_held():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


def test_waiting_is_interrupted_and_leaves_the_futures_usable() -> None:
    first: Future[int] = Future()
    second: Future[int] = Future()
    with pytest.raises(KeyboardInterrupt):
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        wait_for_any([first, second])
    threading.Timer(0.2, second.set_result, (7,)).start()  # would stand still if a lock were still taken
    wait_for_any([first, second])
    assert (first.done(), second.result(timeout=0)) == (False, 7)
