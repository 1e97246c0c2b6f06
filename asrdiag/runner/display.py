"""What a user sees while a run goes on: one rich display, plain lines, or nothing."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
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
from rich.table import Column
from rich.text import Text

from ..report.rows import Row
from .cells import CellState
from .console import StderrConsole

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
    def finished(self, state: CellState, rows: Sequence[Row]) -> None:
        """A cell is done and scored; `rows` are those of its summary."""


def make_display(mode: Mode | None) -> Display:
    """The display for a mode; without one, rich on a terminal and plain lines elsewhere."""
    console = StderrConsole(stderr=True, highlight=False)
    if mode == "none":
        return SilentDisplay(console)
    if mode == "rich" or (mode is None and console.is_terminal):
        return RichDisplay(console)
    return PlainDisplay(console)


class SilentDisplay(Display):
    """Shows nothing, save what the user should know."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def begin(self, states: list[CellState]) -> None:
        return

    def advanced(self, state: CellState) -> None:
        return

    def finished(self, state: CellState, rows: Sequence[Row]) -> None:
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

    def finished(self, state: CellState, rows: Sequence[Row]) -> None:
        if state.seen:
            self.note(conclude(state, rows))


class RichDisplay(Display):
    """A bar for the run and one for each cell under way; finished cells scroll up as lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        wide = console.width >= 110
        bar = [BarColumn(bar_width=24)] if wide else []
        speed = [_Speed()] if wide else []
        whole = Column(no_wrap=True, overflow="ellipsis")
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
            *bar,
            MofNCompleteColumn(table_column=whole),
            *speed,
            TextColumn("{task.fields[detail]}", markup=False, table_column=whole),
            TextColumn("ETA"),
            TimeRemainingColumn(elapsed_when_finished=True, table_column=whole),
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

    def finished(self, state: CellState, rows: Sequence[Row]) -> None:
        if state.key in self._bars:
            self._progress.remove_task(self._bars.pop(state.key))
        if state.seen:
            self.note(conclude(state, rows))


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


def conclude(state: CellState, rows: Sequence[Row]) -> str:
    """One line on a cell that is done: its error rates, over all its utterances."""
    shown = [row for row in rows if row["aggregate"] == "pooled" and not row["subset"]] or rows
    rates = [
        f"{row['metric'].upper()} {row['error_rate_pct']:.1f} %"
        for row in shown
        if row.get("error_rate_pct") is not None
    ]
    return ", ".join([f"{state.key}  {state.done}/{state.total}  {' '.join(rates)}".rstrip(), *_pace(state)])


def summarize(state: CellState) -> str:
    """One line on a cell under way."""
    return f"{state.key}  {state.done}/{state.total}  {_detail(state)}".rstrip()


def _detail(state: CellState) -> str:
    parts = []
    if state.error_rate_pct is not None:
        what = "error rate" if state.seen == state.done else "error rate of the new clips"
        parts.append(f"{what} {state.error_rate_pct:.1f} %")
    return ", ".join([*parts, *_pace(state)])


def _pace(state: CellState) -> list[str]:
    parts = [] if state.rtfx is None else [f"RTFx {state.rtfx:.1f}"]
    return [*parts, f"{state.failed} failed"] if state.failed else parts
