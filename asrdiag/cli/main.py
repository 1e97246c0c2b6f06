"""`asrdiag`: parses the command line and turns errors into messages and exit statuses.

0 complete; 1 finished with failures beyond the threshold, or a save failed; 2 bad usage or suite, nothing
run; 130 interrupted.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from .. import __version__
from ..errors import AsrdiagError
from . import leaderboard, listing, run, score, validate

_VERBS = (run, validate, score, leaderboard, listing)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="asrdiag", description="Evaluates and diagnoses speech recognition under adverse acoustics."
    )
    parser.add_argument("--version", action="version", version=f"asrdiag {__version__}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for verb in _VERBS:
        verb.add_parser(verbs)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = int(options.handler(options))
        sys.stdout.flush()
    except AsrdiagError as error:
        _complain(error)
        return error.exit_status
    except BrokenPipeError:  # the reader of our output has gone; that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _complain(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _complain(error: BaseException) -> None:
    sys.stderr.write(f"asrdiag: error: {error}\n")
    for note in getattr(error, "__notes__", ()):
        sys.stderr.write(f"asrdiag: also: {note}\n")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
