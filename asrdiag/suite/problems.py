"""What is wrong with a suite, each thing with its place, told in one error."""

from collections.abc import Iterable
from typing import NamedTuple

from ..errors import UsageError
from .document import Document, Location


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    document: Document
    location: Location
    text: str


def refuse(problems: Iterable[Problem], what: str = "suite") -> None:
    """Raise an error with a line for each problem; file by file, and in a file by line.

    Args:
        problems: the problems.
        what: the files are, said of a problem that no key of theirs has.

    Raises:
        UsageError: there is any.
    """
    found = list(problems)
    files = list(dict.fromkeys(problem.document.path for problem in found))
    found.sort(key=lambda problem: (files.index(problem.document.path), _line(problem), problem.location[:1]))
    if found:
        raise UsageError("\n".join(_told(problem, what) for problem in found))


def place(document: Document, location: Location) -> str:
    """The file and line of a value."""
    return f"{document.path}:{document.line(location)}"


def _told(problem: Problem, what: str) -> str:
    document, location, text = problem
    return f"{place(document, location)}: {_dotted(location) or what}: {text}"


def _line(problem: Problem) -> int:
    return problem.document.line(problem.location)


def _dotted(location: Location) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".")
