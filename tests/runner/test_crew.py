"""A crew whose process dies between two looks at it: nothing that came after the death is taken for lost."""

import os
import signal
import time
from concurrent.futures import wait
from pathlib import Path

from running import LONG_S, wait_until

from asrdiag.runner.crew import Crew, Work


def begin(folder: Path) -> None:
    global _folder  # noqa: PLW0603
    _folder = folder


def do(item: str) -> int:
    """Writes down that it was done, and by which process."""
    with (_folder / item).open("a") as stream:
        stream.write(f"{os.getpid()}\n")
    while item == "slow" and not (_folder / "go").exists():
        time.sleep(0.01)
    return os.getpid()


def processes(folder: Path, item: str) -> list[int]:
    path = folder / item
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_what_was_given_to_the_new_process_stays_there(tmp_path: Path) -> None:
    work = Work(begin, (tmp_path,), do, lambda item: [item], lambda item, error: -1)
    crew: Crew[str, int] = Crew(work, 1, ahead=1)
    crew.take("slow")
    wait_until(lambda: bool(processes(tmp_path, "slow")))
    first = processes(tmp_path, "slow")
    os.kill(first[0], signal.SIGKILL)
    wait(crew.futures, timeout=LONG_S)  # it is known by now, and nobody has looked
    crew.take("new")  # goes to a new process
    (tmp_path / "go").touch()
    results: dict[str, int] = {}
    while crew.load:
        wait(crew.futures, timeout=LONG_S)
        results |= dict(crew.results())
    crew.close(finished=True)
    assert results.keys() == {"slow", "new"}
    [second] = processes(tmp_path, "new")  # once, by one process
    assert results == {"slow": second, "new": second}
    assert processes(tmp_path, "slow") == [first[0], second]
