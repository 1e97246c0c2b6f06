"""Standard output: lines and the leaderboard's tables."""

import os
import sys
from typing import Any


def out(text: str) -> None:
    """Write a line to standard output.

    When nobody reads it any more (`asrdiag run ... | head`) the command goes on in silence: its work and its
    exit status do not depend on the reader.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence()


def silence() -> None:
    """Send what is still to be printed nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(rows: list[dict[str, Any]]) -> None:
    """Print leaderboard rows as tables that fit the terminal."""
    from rich.console import Console

    from ..report.table import render

    console = Console(file=sys.stdout, highlight=False)
    with console.capture() as captured:
        console.print(render(rows, console))
    out(captured.get().removesuffix("\n"))
