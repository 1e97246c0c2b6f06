"""Transcript files with an utterance's id and then its text on each line."""

from collections.abc import Iterator
from pathlib import Path

from .manifest_rows import read_lines


def read_id_lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """The line number, id and text of each line; blank lines are passed over, a text may be empty.

    Raises:
        OSError: the file cannot be read.
        UsageError: a line is not UTF-8.
    """
    for number, line in read_lines(path):
        sample_id, _, text = line.strip().partition(" ")
        if sample_id:
            yield number, sample_id, text.strip()
