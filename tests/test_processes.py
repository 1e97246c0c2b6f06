"""A process that is killed, whatever it is doing, is noticed, and nobody waits for it."""

import os
import signal
import struct
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import FrameType

import pytest

from asrdiag.processes import WorkerProcess, close


def begin(word: str) -> None:
    global _word  # noqa: PLW0603
    _word = word


def say(item: str) -> str:
    return f"{_word} {item}"


def number(_: str) -> int:
    return os.getpid()


def masked(_: str) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def send_half(folder: Path) -> None:
    """Send the first bytes of a result, and then die or stay, as the file says."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    frame.f_locals["result_queue"]._writer._send(struct.pack("!i", 1 << 20) + b"half")
    if (folder / "die").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / "sent").touch()
    time.sleep(600)


def test_items_are_done_in_order_by_one_process_deaf_to_ctrl_c() -> None:
    worker = WorkerProcess(begin, ("Hello",))
    futures = [worker.submit(say, name) for name in ("Ann", "Bob")]
    assert [future.result(timeout=60) for future in futures] == ["Hello Ann", "Hello Bob"]
    assert worker.submit(number, "").result(timeout=60) == worker.submit(number, "").result(timeout=60)
    assert worker.submit(masked, "").result(timeout=60)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    close([worker], finished=True)


def test_a_process_that_dies_in_the_midst_of_a_result_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "die").touch()
    worker = WorkerProcess(begin, ("",))
    lost = [worker.submit(send_half, tmp_path), worker.submit(say, "never")]
    for future in lost:
        assert isinstance(future.exception(timeout=60), BrokenProcessPool)
    with pytest.raises(BrokenProcessPool):
        worker.submit(say, "more")
    close([worker], finished=True)


def test_a_process_that_is_ended_in_the_midst_of_a_result_is_not_waited_for(tmp_path: Path) -> None:
    worker = WorkerProcess(begin, ("",))
    future = worker.submit(send_half, tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "sent").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    close([worker], finished=False)
    assert isinstance(future.exception(timeout=60), BrokenProcessPool)


def test_one_that_was_never_begun_can_be_ended() -> None:
    for finished in (True, False):
        close([WorkerProcess(begin, ("",))], finished=finished)
