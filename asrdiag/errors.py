"""The errors that asrdiag raises on purpose, and the exit status each one means."""

import difflib
from collections.abc import Iterable


class AsrdiagError(Exception):
    """Something went wrong that the message explains in full; shown without a traceback."""

    exit_status = 1


class UsageError(AsrdiagError):
    """The command line, a suite or a manifest cannot be used as it is; nothing was run."""

    exit_status = 2


class SaveError(AsrdiagError):
    """A result could not be written; what was written before is intact."""


class SampleError(AsrdiagError):
    """One clip cannot be processed; the runner records it and goes on."""


class UnknownLanguageError(SampleError):
    """A clip is in a language that the system does not know: nothing that it could be asked."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not among the known ones.

    >>> unknown("engine", "monshine", ["moonshine", "pocketsphinx"])
    "unknown engine 'monshine' (did you mean 'moonshine'?); known: moonshine, pocketsphinx"
    >>> unknown("variable", "HOME", [])
    "unknown variable 'HOME'; there is none"
    """
    known = list(known)
    if not known:
        return f"unknown {kind} {name!r}; there is none"
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"unknown {kind} {name!r}{hint}; known: {', '.join(known)}"
