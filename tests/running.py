"""A command that runs: what it has done so far, its processes, and their end."""

import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

LONG_S = 300.0
"""Until a test gives up what stands still: on a busy machine everything takes its time."""


def children(pid: int) -> list[int]:
    """Processes that a process, by whichever of its threads, has started and not yet seen the end of."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            found += map(int, (thread / "children").read_text().split())
    return found


def workers(pid: int) -> list[int]:
    """Of these, those that multiprocessing has started to work."""
    found = []
    for child in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def wait_until(reached: Callable[[], bool], meanwhile: Callable[[], bool] = lambda: True) -> None:
    """Wait for what will be, as long as something else is."""
    deadline = time.monotonic() + LONG_S
    while not reached():
        assert time.monotonic() < deadline, "stands still"
        assert meanwhile() or reached(), "ended before"
        time.sleep(0.02)


def wait_until_gone(processes: Iterable[int]) -> None:
    """Wait for the end of processes."""
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))


def wait_for_samples(run: Path, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until a run has written so many samples."""

    def written() -> int:
        return sum(path.read_bytes().count(b"\n") for path in run.glob("cells/*/*/*/samples.jsonl"))

    wait_until(lambda: written() >= number, meanwhile=lambda: process.poll() is None)
