"""The leaderboard on standard output."""

import sys
from typing import Any

from rich.console import Console

from ..report.table import render


def show(rows: list[dict[str, Any]]) -> None:
    """Print leaderboard rows as tables that fit the terminal."""
    console = Console(file=sys.stdout, highlight=False)
    console.print(render(rows, console))
