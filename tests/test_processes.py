"""A process that is killed, whatever it is doing, is noticed, and nobody waits for it."""

import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from types import FrameType

import pytest
from running import LONG_S, workers

from asrdiag.processes import Processes, ProcessLost, ProcessSpent, _Process


class Spent(ProcessSpent):
    pass


class Unsendable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(one + two)


def begin(word: str) -> None:
    global _word  # noqa: PLW0603
    _word = word


def begin_badly(word: str) -> None:
    raise ValueError(f"no {word}")


def say(item: str) -> str:
    return f"{_word} {item}"


def number(_: str) -> int:
    return os.getpid()


def masked(_: str) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def fail(kind: str) -> None:
    if kind == "spent":
        raise Spent("no more")
    if kind == "unsendable":
        raise Unsendable(1, 2)
    if kind == "exit":
        sys.exit(0)
    raise KeyError(kind)


def unsendable(_: str) -> Callable[[], None]:
    return lambda: None


def meet(place: Path) -> int:
    """Leave a mark with the number of this process, and stay until there is a file `go`."""
    (place.parent / f"{place.name}.{os.getpid()}").touch()
    while not (place.parent / "go").exists():
        time.sleep(0.01)
    return os.getpid()


def leave_a_child(folder: Path) -> None:
    """A child by fork, which has all files of this process that are not closed in it."""
    if os.fork() == 0:
        while not (folder / "go").exists():
            time.sleep(0.01)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)


def stay(folder: Path) -> None:
    """Keep on in spite of SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / "stays").touch()
    time.sleep(10 * LONG_S)


def send_half(folder: Path) -> None:
    """Send the first bytes of a result, and then die or stay, as the file says."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "line" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    frame.f_locals["line"]._send(struct.pack("!i", 1 << 20) + b"half")
    if (folder / "die").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / "sent").touch()
    time.sleep(10 * LONG_S)


def marks(folder: Path, pattern: str, least: int = 1) -> list[Path]:
    deadline = time.monotonic() + LONG_S
    while len(found := sorted(folder.glob(pattern))) < least and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(found) >= least
    return found


def test_items_are_done_in_order_by_one_process_deaf_to_ctrl_c() -> None:
    team = Processes(1, begin, ("Hello",))
    futures = [team.submit(say, name) for name in ("Ann", "Bob")]
    assert [future.result(LONG_S) for future in futures] == ["Hello Ann", "Hello Bob"]
    process = team.submit(number, "").result(LONG_S)
    assert team.submit(number, "").result(LONG_S) == process
    assert team.submit(masked, "").result(LONG_S)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    team.close(finished=True)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_an_item_waits_for_no_slow_one_while_a_process_is_free(tmp_path: Path) -> None:
    team = Processes(2, begin, ("",))
    slow = [team.submit(meet, tmp_path / name) for name in "ab"]
    quick = [team.submit(number, "") for _ in range(4)]
    [mark, _] = marks(tmp_path, "?.*", 2)
    os.kill(int(mark.suffix[1:]), signal.SIGKILL)
    wait(quick, LONG_S)
    assert {future.result(0) for future in quick}.isdisjoint({int(mark.suffix[1:])})
    assert sum(future.done() for future in slow) == 1  # the one that was killed
    (tmp_path / "go").touch()
    assert sum(isinstance(future.exception(LONG_S), ProcessLost) for future in slow) == 1
    team.close(finished=True)


def test_what_an_item_raises_comes_with_where_it_was_raised() -> None:
    team = Processes(1, begin, ("",))
    process = team.submit(number, "").result(LONG_S)
    error = team.submit(fail, "key").exception(LONG_S)
    assert isinstance(error, KeyError)
    assert "in fail\n    raise KeyError(kind)" in str(error.__cause__)
    error = team.submit(fail, "unsendable").exception(LONG_S)
    assert (type(error), str(error)) == (RuntimeError, "Unsendable: 3")
    assert "lambda" in str(team.submit(unsendable, "").exception(LONG_S))
    assert "lambda" in str(team.submit(lambda _: None, "").exception(LONG_S))
    assert team.submit(number, "").result(LONG_S) == process  # all the same
    assert str(team.submit(fail, "spent").exception(LONG_S)) == "no more"
    second = team.submit(number, "").result(LONG_S)
    assert isinstance(team.submit(fail, "exit").exception(LONG_S), ProcessLost)
    assert len({process, second, team.submit(number, "").result(LONG_S)}) == 3
    team.close(finished=True)


def test_what_the_start_raises_the_item_raises() -> None:
    team = Processes(1, begin_badly, ("word",))
    for _ in range(2):
        assert str(team.submit(say, "").exception(LONG_S)) == "no word"
    team.close(finished=False)


def test_a_process_that_dies_in_the_midst_of_a_result_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "die").touch()
    team = Processes(1, begin, ("Hello",))
    lost = team.submit(send_half, tmp_path)
    assert team.submit(say, "Ann").result(LONG_S) == "Hello Ann"
    assert isinstance(lost.exception(LONG_S), ProcessLost)
    process = team.submit(number, "").result(LONG_S)
    os.kill(process, signal.SIGKILL)  # while it has nothing to do
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert team.submit(say, "Bob").result(LONG_S) == "Hello Bob"
    team.close(finished=True)


def test_a_child_of_a_process_does_not_hide_its_death(tmp_path: Path) -> None:
    team = Processes(1, begin, ("",))
    assert isinstance(team.submit(leave_a_child, tmp_path).exception(LONG_S), ProcessLost)
    (tmp_path / "go").touch()
    team.close(finished=True)


def test_a_process_that_dies_as_it_starts_is_noticed() -> None:
    """It reads its arguments, more than a pipe holds, when it has started."""
    team = Processes(1, begin, ("long" * 1_000_000,))
    before = children()
    future = team.submit(say, "")
    deadline = time.monotonic() + LONG_S
    while not (new := children() - before) and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(new.pop(), signal.SIGKILL)
    assert isinstance(future.exception(LONG_S), ProcessLost)
    team.close(finished=False)


def children() -> set[int]:
    """Those that serve; multiprocessing has a process of its own."""
    return set(workers(os.getpid()))


@pytest.mark.parametrize("do", [send_half, stay])
def test_a_process_that_is_ended_is_gone(
    tmp_path: Path, do: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrdiag.processes._GRACE_S", 0.1)
    team = Processes(1, begin, ("",))
    futures = [team.submit(do, tmp_path), team.submit(do, tmp_path)]
    marks(tmp_path, "s*")
    team.close(finished=False)
    assert isinstance(futures[0].exception(LONG_S), ProcessLost)
    assert futures[1].cancelled()
    assert not children()


def test_a_second_ctrl_c_ends_what_would_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    team = Processes(1, begin, ("",))
    future = team.submit(stay, tmp_path)
    marks(tmp_path, "stays")
    is_alive = _Process.is_alive

    def interrupted(process: _Process) -> bool:
        if threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGINT)
        return is_alive(process)

    monkeypatch.setattr(_Process, "wait", interrupted)
    monkeypatch.setattr(_Process, "is_alive", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            team.close(finished=True)  # it has something to do, and is waited for
        assert isinstance(future.exception(LONG_S), ProcessLost)
    finally:
        signal.signal(signal.SIGINT, before)


def test_those_that_were_never_begun_can_be_ended() -> None:
    for finished in (True, False):
        Processes(3, begin, ("",)).close(finished=finished)
