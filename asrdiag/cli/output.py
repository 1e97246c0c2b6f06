"""Standard output and standard error: lines and tables."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from io import StringIO, TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ..report.contents import Contents


def out(text: str) -> None:
    """Write a line to standard output.

    When nobody reads it any more (`asrdiag run ... | head`) the command goes on in silence: its work and its
    exit status do not depend on the reader.
    """
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Write a line to standard error, in the same way."""
    _write(sys.stderr, text)


def out_data(text: str) -> None:
    """Write JSON or CSV to standard output: in UTF-8 whatever the locale is, so that no letter is lost."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    out(text.removesuffix("\n"))


def silence(stream: TextIO) -> None:
    """Send what is still to be written to a stream nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show(rows: list[dict[str, Any]]) -> None:
    """Print leaderboard rows as tables that fit the terminal."""
    from ..report.table import render

    _show(lambda console: render(rows, console))


def show_comparisons(rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> None:
    """Print comparisons of systems as tables that fit the terminal."""
    from ..report.comparison_table import render_comparisons

    _show(lambda console: render_comparisons(rows, notes, console))


def as_text(make: "Callable[[Console], RenderableType]", width: int | None = None) -> str:
    """What a terminal would show, without blanks at the ends of lines.

    Args:
        make: given the console, makes what is shown on it.
        width: of the lines, in plain text; `None` for those of standard output, in its colours.
    """
    from rich.console import Console

    file = sys.stdout if width is None else StringIO()
    console = Console(file=file, width=width, highlight=False)
    with console.capture() as captured:
        console.print(make(console))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().split("\n")).removesuffix("\n")


def show_calibration(rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> None:
    """Print error rates against severity."""
    from ..report.calibration_table import render_calibration

    _show(lambda _: render_calibration(rows, notes))


def show_contents(contents: "Contents") -> None:
    """Print a report's error rates and changes as tables that fit the terminal."""
    from ..report.contents_table import render_contents

    _show(lambda console: render_contents(contents, console))


def show_grades(counted: Mapping[str, Mapping[str | None, int]], grades: Sequence[str]) -> None:
    """Print how many samples have which grade."""
    from ..report.calibration_table import render_grades

    _show(lambda _: render_grades(counted, grades))


def _show(make: "Callable[[Console], RenderableType]") -> None:
    out(as_text(make).removesuffix("\n"))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before we began
        return
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        silence(stream)
