"""Which column of a Hugging Face dataset is the audio, which the text, and what cells mean."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError, unknown

TEXTS = (
    "text",
    "transcription",
    "transcript",
    "sentence",
    "normalized_text",
    "raw_text",
    "raw_transcription",
)
"""Names under which what was said usually stands."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file."""

    where: str
    """The file, in messages."""
    names: Collection[str]
    described: str
    """All columns, with their types where they have some."""

    def choose(self, key: str, given: str | None, fitting: Iterable[str], preferred: Iterable[str]) -> str:
        """The column given, or else the one that fits.

        Args:
            key: what a suite says it by.
            given: what it says.
            fitting: the columns that could be it, by their type.
            preferred: names of which the only one among those fitting is taken.

        Raises:
            UsageError: the column given does not exist or has another type; none fits, or more than one.
        """
        fitting = list(fitting)
        if given is not None:
            if given in fitting:
                return given
            found = f"unfit column {given!r}" if given in self.names else unknown("column", given, fitting)
            raise UsageError(f"{self.where}: {key}: {found}; all columns: {self.described}")
        candidates = [name for name in preferred if name in fitting] or fitting
        if len(candidates) == 1:
            return candidates[0]
        found = (
            f"{len(candidates)} columns that may be it ({', '.join(candidates)})" if candidates else "none"
        )
        raise UsageError(f"{self.where}: {key}: found {found}, expected one; all columns: {self.described}")

    def require(self, names: Iterable[str]) -> None:
        """Refuse a column that the file does not have.

        Raises:
            UsageError: there is one among the names.
        """
        for name in names:
            if name not in self.names:
                raise UsageError(f"{self.where}: {unknown('column', name, self.names)}")


def label_of(value: Any, where: str, column: str) -> str | None:
    """A cell that names something, as text; `None` if it is empty.

    Raises:
        UsageError: it is neither text nor a whole number.
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int):
        return str(value)
    raise UsageError(f"{where}: {column}: found {value!r:.80}, expected text or a whole number")


def factor_of(value: Any, where: str, column: str) -> str | float | None:
    """A cell as the value of a factor; `None` if it is empty, infinite or not a number.

    Raises:
        UsageError: it is a list, an object or the like.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str):
        return value or None
    raise UsageError(f"{where}: {column}: found {value!r:.80}, expected text, a number or a truth value")
