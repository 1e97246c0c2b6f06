"""What a user sees while the router learns: one rich display, plain lines, or nothing."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asrdiag.runner.console import StderrConsole

Mode = Literal["rich", "plain", "none"]


class Display:
    """Says what the user should know, and nothing of how far it is."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self.total = self.done = 0
        self.unit = ""
        self._here, self._started = 0, clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def note(self, text: str) -> None:
        """Something the user should know."""
        self._console.print(text, markup=False, soft_wrap=True)

    def begin(self, total: int, done: int, unit: str) -> None:
        """A stretch of work: how much it is, and how much was done before."""
        self.total, self.done, self.unit = total, done, unit
        self._here, self._started = 0, self._clock()

    def advance(self, more: int, detail: str = "") -> None:
        """Some more of it was done."""
        self.done += more
        self._here += more

    def pace(self) -> str:
        """How fast this session is; "" at its beginning.

        >>> display = Display(Console(), iter([0.0, 0.0, 10.0]).__next__)
        >>> display.begin(total=500, done=100, unit="steps")
        >>> display.advance(50)
        >>> display.pace()
        '5.0 steps/s, ETA 70 s'
        """
        elapsed = self._clock() - self._started
        if not self._here or elapsed <= 0:
            return ""
        left_s = (self.total - self.done) * elapsed / self._here
        return f"{self._here / elapsed:.1f} {self.unit}/s, ETA {left_s:.0f} s"


class PlainDisplay(Display):
    """A line every ten seconds."""

    _interval_s = 10.0
    _spoke_at = 0.0

    def begin(self, total: int, done: int, unit: str) -> None:
        super().begin(total, done, unit)
        self._spoke_at = self._clock()

    def advance(self, more: int, detail: str = "") -> None:
        super().advance(more)
        now = self._clock()
        if now - self._spoke_at >= self._interval_s:
            self._spoke_at = now
            said = ", ".join(filter(None, (f"{self.done}/{self.total} {self.unit}", detail, self.pace())))
            self.note(f"  {said}")


class RichDisplay(Display):
    """A bar for each stretch of work."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}  {task.fields[detail]}", markup=False),
            TextColumn("ETA"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, total: int, done: int, unit: str) -> None:
        super().begin(total, done, unit)
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._bar = self._progress.add_task("", total=total, completed=done, detail="", unit=unit)

    def advance(self, more: int, detail: str = "") -> None:
        super().advance(more)
        rate = self.pace().partition(",")[0]
        self._progress.update(self._bar, completed=self.done, detail="  ".join(filter(None, (detail, rate))))


def make_display(mode: Mode | None) -> Display:
    """The display for a mode; without one, rich on a terminal and plain lines elsewhere."""
    console = StderrConsole(stderr=True, highlight=False)
    if mode == "none":
        return Display(console)
    if mode == "rich" or (mode is None and console.is_terminal):
        return RichDisplay(console)
    return PlainDisplay(console)
