"""Plain progress lines: how far, how fast, how long still, how well."""

import io
from typing import Any

from rich.console import Console

from asrdiag.runner.cells import CellState
from asrdiag.runner.display import PlainDisplay, conclude, summarize


class Clock:
    """Time that passes when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeCell:
    key = "sys/set/clean"

    class dataset:
        n_selected = 8


def state(**changes: Any) -> CellState:
    made = CellState(FakeCell(), {}, (0, 1, 2, 3, 4, 5, 6, 7), {}, 0)  # type: ignore[arg-type]
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_plain_lines_come_now_and_then_with_rate_and_eta() -> None:
    clock, stream = Clock(), io.StringIO()
    display = PlainDisplay(Console(file=stream, width=200), interval_s=10, clock=clock)
    cell = state()
    display.begin([cell])
    for done in range(1, 5):
        clock.now += 5
        cell.done = cell.seen = done
        cell.errors, cell.tokens, cell.audio_s, cell.transcribe_s = done, 10 * done, 6.0 * done, 2.0 * done
        display.advanced(cell)
    # 4 of 8 clips in 20 s: 0.2 clips/s, 4 clips left take 20 s; 1 error in 10 words; 3 s of audio a second.
    assert stream.getvalue().splitlines() == [
        "  sys/set/clean  2/8  error rate 10.0 %, RTFx 3.0  |  2/8 clips, 0.2 clips/s, ETA 30 s",
        "  sys/set/clean  4/8  error rate 10.0 %, RTFx 3.0  |  4/8 clips, 0.2 clips/s, ETA 20 s",
    ]


def test_after_a_resume_the_running_rate_is_called_what_it_is() -> None:
    cell = state(done=6, seen=2, errors=5, tokens=10)
    assert summarize(cell) == "sys/set/clean  6/8  error rate of the new clips 50.0 %"


def test_the_last_line_of_a_cell_is_about_all_its_utterances() -> None:
    cell = state(done=8, seen=2, errors=5, tokens=10, failed=1)
    rows = [{"aggregate": "", "metric": "wer", "error_rate_pct": 12.34}]
    assert conclude(cell, rows) == "sys/set/clean  8/8  WER 12.3 %, 1 failed"
    assert conclude(cell, [{"aggregate": "", "metric": "wer"}]) == "sys/set/clean  8/8, 1 failed"
