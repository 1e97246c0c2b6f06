"""`asrdiag`: parses the command line and turns errors into messages and exit statuses.

0 complete; 1 finished with failures beyond the threshold, or a save failed; 2 bad usage or suite, nothing
run; 130 interrupted.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import partial
from io import TextIOWrapper
from types import FrameType
from typing import Any, NoReturn

from .. import __version__
from ..errors import AsrdiagError
from . import (
    calibrate,
    compare,
    datasets,
    engines,
    explore,
    export,
    judge,
    leaderboard,
    listing,
    models,
    report,
    rewards,
    run,
    score,
    simulate,
    train,
    validate,
)
from .output import complain, silence

_VERBS = (
    run,
    validate,
    score,
    leaderboard,
    compare,
    report,
    explore,
    export,
    simulate,
    calibrate,
    judge,
    train,
    datasets,
    models,
    engines,
    rewards,
    listing,
)


class _ExactParser(argparse.ArgumentParser):
    """Takes no abbreviated options: the command that resumes a run is the one given, less `--fresh`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "allow_abbrev": False})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Stop at what this command does not know, with its own usage and not that of `asrdiag`."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._hint(unknown)}")
        return options, unknown

    def _hint(self, unknown: Sequence[str]) -> str:
        known = [name for action in self._actions for name in action.option_strings]
        words = (word.partition("=")[0] for word in unknown if word.startswith("--"))
        close = [name for word in words for name in get_close_matches(word, known, n=1)]
        return f" (did you mean {', '.join(close)}?)" if close else ""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: SUITE"):
            message += " (give it before --system, --dataset and --condition, which take several ids)"
        super().error(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="asrdiag", description="Evaluates and diagnoses speech recognition under adverse acoustics."
    )
    parser.add_argument("--version", action="version", version=f"asrdiag {__version__}")
    verbs = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_ExactParser
    )
    for verb in _VERBS:
        verb.add_parser(verbs)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign gets "?" for it
    before, sys.unraisablehook = sys.unraisablehook, partial(_unraisable, sys.unraisablehook)
    try:
        return int(options.handler(options))
    except AsrdiagError as error:
        _complain(error)
        return error.exit_status
    except (OSError, UnicodeError) as error:
        _complain(error)
        if sys.stdout:
            silence(sys.stdout)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        sys.unraisablehook = before


def _complain(error: BaseException) -> None:
    complain(f"asrdiag: error: {error}")
    for note in getattr(error, "__notes__", ()):
        complain(f"asrdiag: also: {note}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unraisable(
    before: "Callable[[sys.UnraisableHookArgs], object]", ignored: "sys.UnraisableHookArgs"
) -> None:
    """An interruption that came while an object was destroyed, where Python ignores it, comes again."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        before(ignored)
        return
    import _thread
    from threading import Timer

    later = Timer(0.1, _thread.interrupt_main, (signal.SIGTERM,))
    later.daemon = True
    later.start()
