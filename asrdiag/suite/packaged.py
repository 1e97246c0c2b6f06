"""The suites and definitions that come with asrdiag, by name."""

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from ..errors import UsageError, unknown
from .document import Document, read_document

_NAME = re.compile(r"(?:suites/)?([A-Za-z0-9][A-Za-z0-9._-]*?)(?:\.yaml)?")


def packaged_file(reference: str) -> Path | None:
    """The file that a name means: `adverse`, `adverse.yaml` and `suites/adverse.yaml` are one."""
    match = _NAME.fullmatch(reference)
    path = _folder() / f"{match[1]}.yaml" if match else None
    return path if path and path.is_file() else None


def packaged_documents() -> Iterator[Document]:
    """Every file that comes with asrdiag, suites and definitions, by name."""
    for path in sorted(_folder().glob("*.yaml"), key=lambda path: path.stem):
        yield read_document(path)


def packaged_suites() -> dict[str, Path]:
    """The suites that come with asrdiag, by name. Files without a name hold definitions and are no suites."""
    return {found.path.stem: found.path for found in packaged_documents() if "name" in found.data}


def find_suite(reference: str) -> Path:
    """The file that a command line's SUITE means: a path, or the name of a packaged suite.

    Raises:
        UsageError: there is no such file and no such name.
    """
    path = Path(reference)
    if path.exists() and not path.is_dir():
        return path
    if packaged := packaged_file(reference):  # whether or not there is a folder of that name, of a corpus say
        return packaged
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected a suite file")
    raise UsageError(
        f"{unknown('packaged suite', reference, packaged_suites())}; nor is there a file of that name"
    )


def _folder() -> Path:
    return Path(str(resources.files("asrdiag.suites")))
