"""Tab-separated tables of corpora, in which quotation marks are ordinary characters."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UsageError
from .manifest_rows import read_lines


def read_tsv(
    path: Path, *, columns: Sequence[str] = (), required: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row by column name, with its line number; blank lines are passed over.

    Args:
        path: the table.
        columns: the names of the columns, where the file has no header.
        required: columns that the header must have.

    Raises:
        OSError: the file cannot be read.
        UsageError: a required column is missing, a row has more or fewer fields than there are columns, or a
            line is not UTF-8.
    """
    names = list(columns)
    for number, line in read_lines(path):
        cells = line.rstrip("\r\n").split("\t")
        if cells == [""]:
            continue
        if not names:
            names = cells
            for name in required:
                if name not in names:
                    found = ", ".join(names)
                    raise UsageError(f"{path}:{number}: found no column {name!r}, only: {found}")
            continue
        if len(cells) != len(names):
            raise UsageError(f"{path}:{number}: found {len(cells)} fields, expected {len(names)}")
        yield number, dict(zip(names, cells, strict=True))
