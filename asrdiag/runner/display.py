"""What a user sees while a run goes on: one rich display, plain lines, or nothing."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from .cells import CellState

Mode = Literal["rich", "plain", "none"]


class Display(ABC):
    """Told of everything that happens; used as a context manager around a session's work."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    @abstractmethod
    def note(self, text: str) -> None:
        """Something the user should know; may be called before the session's work begins."""

    @abstractmethod
    def begin(self, states: list[CellState]) -> None:
        """The cells of the session, some of them done already."""

    @abstractmethod
    def advanced(self, state: CellState) -> None:
        """One more clip of a cell has been tried."""

    @abstractmethod
    def finished(self, state: CellState) -> None:
        """A cell is done and scored."""


def make_display(mode: Mode | None) -> Display:
    """The display for a mode; without one, rich on a terminal and plain lines elsewhere."""
    console = Console(stderr=True, highlight=False)
    if mode == "none":
        return SilentDisplay()
    if mode == "rich" or (mode is None and console.is_terminal):
        return RichDisplay(console)
    return PlainDisplay(console)


class SilentDisplay(Display):
    """Shows nothing, save what the user should know."""

    def note(self, text: str) -> None:
        Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)

    def begin(self, states: list[CellState]) -> None:
        return

    def advanced(self, state: CellState) -> None:
        return

    def finished(self, state: CellState) -> None:
        return


class PlainDisplay(Display):
    """A line for each finished cell, and one now and then in between."""

    def __init__(
        self, console: Console, interval_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console, self._interval_s, self._clock = console, interval_s, clock
        self._pace = _Pace(clock)
        self._spoke_at = clock()

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def begin(self, states: list[CellState]) -> None:
        self._pace.begin(states)
        self._spoke_at = self._clock()

    def advanced(self, state: CellState) -> None:
        self._pace.advance()
        if self._clock() - self._spoke_at >= self._interval_s:
            self._spoke_at = self._clock()
            self.note(f"  {summarize(state)}  |  {self._pace}")

    def finished(self, state: CellState) -> None:
        self.note(summarize(state))


class RichDisplay(Display):
    """A bar for the run and one for each cell under way; finished cells scroll up as lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Speed(),
            TextColumn("{task.fields[detail]}", markup=False),
            TextColumn("ETA"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, soft_wrap=True)

    def begin(self, states: list[CellState]) -> None:
        pending = sum(len(state.pending) for state in states)
        self._run = self._progress.add_task("all cells", total=pending, detail="")

    def advanced(self, state: CellState) -> None:
        if state.key not in self._bars:
            self._bars[state.key] = self._progress.add_task(
                state.key, total=state.total, completed=state.done - 1, detail=""
            )
        self._progress.update(self._bars[state.key], completed=state.done, detail=_detail(state))
        self._progress.advance(self._run)

    def finished(self, state: CellState) -> None:
        if state.key in self._bars:
            self._progress.remove_task(self._bars.pop(state.key))
        self.note(summarize(state))


class _Speed(ProgressColumn):
    """Clips per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} clips/s" if task.speed else "", style="dim")


class _Pace:
    """How fast the whole session goes and when it will be done."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pending = self._done = 0
        self._started = clock()

    def begin(self, states: list[CellState]) -> None:
        self._pending = sum(len(state.pending) for state in states)
        self._started = self._clock()

    def advance(self) -> None:
        self._done += 1

    def __str__(self) -> str:
        elapsed = self._clock() - self._started
        rate = self._done / elapsed if elapsed > 0 else 0.0
        left = self._pending - self._done
        eta = f"ETA {left / rate:.0f} s" if rate else "ETA unknown"
        return f"{self._done}/{self._pending} clips, {rate:.1f} clips/s, {eta}"


def summarize(state: CellState) -> str:
    """One line on a cell: how far it is and how it does."""
    answer = f"{state.key}  {state.done}/{state.total}"
    if not state.seen:
        return f"{answer}  done before"
    detail = _detail(state)
    return f"{answer}  {detail}" if detail else answer


def _detail(state: CellState) -> str:
    parts = []
    if state.error_rate_pct is not None:
        parts.append(f"error rate {state.error_rate_pct:.1f} %")
    if state.rtfx is not None:
        parts.append(f"RTFx {state.rtfx:.1f}")
    if state.failed:
        parts.append(f"{state.failed} failed")
    return ", ".join(parts)
