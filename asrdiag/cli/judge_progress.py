"""What a user sees while a judge is asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from ..judge.ledger import State
    from ..judge.session import Result

INTERVAL_S = 10.0


class JudgeProgress:
    """Lines now and then, or nothing."""

    def __init__(self, console: "Console", total: int, *, speaks: bool) -> None:
        self._console, self._total, self._speaks = console, total, speaks
        self._began = self._spoke = time.monotonic()

    def note(self, text: str) -> None:
        """Something a user should know."""
        self._console.print(f"asrdiag: {text}", markup=False, soft_wrap=True)

    def told(self, result: "Result", state: "State") -> None:
        """A question came to its end."""
        now = time.monotonic()
        if self._speaks and now - self._spoke >= INTERVAL_S:
            self._spoke = now
            self._console.print(self._line(result, state, now), markup=False, soft_wrap=True)

    def _line(self, result: "Result", state: "State", now: float) -> str:
        done = result.answered + result.failed
        rate = done / max(1e-9, now - self._began)
        eta_s = (self._total - done) / rate
        return f"  {done}/{self._total} judged, {rate:.1f}/s, ETA {eta_s:.0f} s{_also(result, state)}"


class BarProgress(JudgeProgress):
    """A bar on a terminal."""

    def __init__(self, console: "Console", total: int, bar: "Progress", task: "TaskID") -> None:
        super().__init__(console, total, speaks=False)
        self._bar, self._task = bar, task

    def told(self, result: "Result", state: "State") -> None:
        self._bar.update(
            self._task, completed=result.answered + result.failed, detail=_also(result, state).lstrip(", ")
        )


@contextmanager
def make_progress(mode: str | None, total: int) -> Iterator[JudgeProgress]:
    """A display for so many questions."""
    from ..runner.console import StderrConsole

    console = StderrConsole(stderr=True, highlight=False)
    if mode != "rich" and not (mode is None and console.is_terminal):
        yield JudgeProgress(console, total, speaks=mode != "none")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[detail]}")
    with Progress(*columns, TextColumn("ETA"), TimeRemainingColumn(), console=console, transient=True) as bar:
        yield BarProgress(bar.console, total, bar, bar.add_task("judging", total=total, detail=""))


def _also(result: "Result", state: "State") -> str:
    cost = f", {state.cost:.4g} spent" if state.cost else ""
    return f"{cost}, {result.failed} failed" if result.failed else cost
