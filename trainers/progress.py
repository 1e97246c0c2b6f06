"""What a user sees while something is trained: one rich display, plain lines, or nothing."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asrdiag.runner.console import StderrConsole

Mode = Literal["rich", "plain", "none"]


class TrainDisplay:
    """Says what the user should know, and nothing of how far it is."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self.total = self.done = 0
        self._here, self._started, self._unit = 0, clock(), "steps"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def note(self, text: str) -> None:
        """Something the user should know."""
        self._console.print(text, markup=False, soft_wrap=True)

    def begin(self, total: int, done: int = 0, unit: str = "steps") -> None:
        """How many steps there are to be, and how many were done before."""
        self.total, self.done, self._unit = total, done, unit
        self._here, self._started = 0, self._clock()

    def advance(self, where: str, steps: int = 1) -> None:
        """Some more steps were done; `where` says in which phase and with what loss."""
        self.done += steps
        self._here += steps

    def pace(self) -> str:
        """How fast this session is; "" at its beginning.

        >>> display = TrainDisplay(Console(), iter([0.0, 0.0, 10.0]).__next__)
        >>> display.begin(total=500)
        >>> display.advance("joint", steps=20)
        >>> display.pace()
        '2.00 steps/s'
        """
        elapsed = self._clock() - self._started
        return f"{self._here / elapsed:.2f} {self._unit}/s" if self._here and elapsed > 0 else ""


class PlainTrainDisplay(TrainDisplay):
    """A line every ten seconds."""

    _interval_s = 10.0
    _spoke_at = 0.0

    def begin(self, total: int, done: int = 0, unit: str = "steps") -> None:
        super().begin(total, done, unit)
        self._spoke_at = self._clock()

    def advance(self, where: str, steps: int = 1) -> None:
        super().advance(where, steps)
        now = self._clock()
        if now - self._spoke_at >= self._interval_s:
            self._spoke_at = now
            left_s = (self.total - self.done) * (now - self._started) / self._here
            self.note(f"  {self.done}/{self.total} {self._unit}, {where}, {self.pace()}, ETA {left_s:.0f} s")


class RichTrainDisplay(TrainDisplay):
    """A bar."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
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

    def begin(self, total: int, done: int = 0, unit: str = "steps") -> None:
        super().begin(total, done, unit)
        for old in self._progress.task_ids:
            self._progress.remove_task(old)
        self._bar = self._progress.add_task("", total=total, completed=done, detail=unit)

    def advance(self, where: str, steps: int = 1) -> None:
        super().advance(where, steps)
        self._progress.update(self._bar, completed=self.done, detail=f"{self._unit}  {where}, {self.pace()}")


def make_display(mode: Mode | None) -> TrainDisplay:
    """The display for a mode; without one, rich on a terminal and plain lines elsewhere."""
    console = StderrConsole(stderr=True, highlight=False)
    if mode == "none":
        return TrainDisplay(console)
    if mode == "rich" or (mode is None and console.is_terminal):
        return RichTrainDisplay(console)
    return PlainTrainDisplay(console)
