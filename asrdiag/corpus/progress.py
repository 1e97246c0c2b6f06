"""What a user sees while a corpus is made: one rich display, plain lines, or nothing."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..runner.console import StderrConsole

Mode = Literal["rich", "plain", "none"]


class CorpusDisplay:
    """Says what the user should know, and nothing of how far it is."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self.total = self.done = self.failed = 0
        self._here, self._audio_s, self._started = 0, 0.0, clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def note(self, text: str) -> None:
        """Something the user should know."""
        self._console.print(text, markup=False, soft_wrap=True)

    def begin(self, total: int, done: int, failed: int) -> None:
        """How many clips there are to be, and how many were tried before."""
        self.total, self.done, self.failed = total, done, failed
        self._started = self._clock()

    def advance(self, tried: int, failed: int, audio_s: float) -> None:
        """Some more clips were tried."""
        self.done += tried
        self.failed += failed
        self._here += tried
        self._audio_s += audio_s

    def pace(self) -> str:
        """How fast this session is; "" at its beginning.

        >>> display = CorpusDisplay(Console(), iter([0.0, 0.0, 10.0]).__next__)
        >>> display.begin(total=5000, done=0, failed=0)
        >>> display.advance(tried=3000, failed=0, audio_s=14400.0)
        >>> display.pace()
        '300.0 clips/s, 0.400 h of audio/s'
        """
        elapsed = self._clock() - self._started
        if not self._here or elapsed <= 0:
            return ""
        return f"{self._here / elapsed:.1f} clips/s, {self._audio_s / 3600 / elapsed:.3f} h of audio/s"

    def _failures(self) -> str:
        return f", {self.failed} failed" if self.failed else ""


class PlainCorpusDisplay(CorpusDisplay):
    """A line every ten seconds."""

    _interval_s = 10.0
    _spoke_at = 0.0

    def begin(self, total: int, done: int, failed: int) -> None:
        super().begin(total, done, failed)
        self._spoke_at = self._clock()

    def advance(self, tried: int, failed: int, audio_s: float) -> None:
        super().advance(tried, failed, audio_s)
        now = self._clock()
        if now - self._spoke_at >= self._interval_s:
            self._spoke_at = now
            left_s = (self.total - self.done) * (now - self._started) / self._here
            line = f"{self.done}/{self.total} clips{self._failures()}, {self.pace()}, ETA {left_s:.0f} s"
            self.note(f"  {line}")


class RichCorpusDisplay(CorpusDisplay):
    """A bar."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("clips  {task.fields[detail]}", markup=False),
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

    def begin(self, total: int, done: int, failed: int) -> None:
        super().begin(total, done, failed)
        self._bar = self._progress.add_task("", total=total, completed=done, detail="")

    def advance(self, tried: int, failed: int, audio_s: float) -> None:
        super().advance(tried, failed, audio_s)
        self._progress.update(self._bar, completed=self.done, detail=self.pace() + self._failures())


def make_display(mode: Mode | None) -> CorpusDisplay:
    """The display for a mode; without one, rich on a terminal and plain lines elsewhere."""
    console = StderrConsole(stderr=True, highlight=False)
    if mode == "none":
        return CorpusDisplay(console)
    if mode == "rich" or (mode is None and console.is_terminal):
        return RichCorpusDisplay(console)
    return PlainCorpusDisplay(console)
