"""Where progress is shown."""

import os
import sys

from rich.console import Console


class StderrConsole(Console):
    """Writes to standard error, whether or not anybody reads it."""

    def on_broken_pipe(self) -> None:
        """The work goes on when nobody watches it."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
