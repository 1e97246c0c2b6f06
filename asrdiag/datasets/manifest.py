"""Your own data: a manifest that lists audio files and their transcripts."""

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from ..errors import UsageError
from ..spec import SuitePath
from .base import DatasetSpec, Utterance
from .cache import kept_rows
from .manifest_rows import Row, read_jsonl
from .manifest_table import read_table
from .repeats import Repeats
from .utterance_table import Fields, UtteranceTable, factors_as_json, utterance_of

SUFFIXES = (".jsonl", ".csv", ".tsv")


def _readable(path: Path) -> Path:
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"found the suffix {path.suffix!r}, expected one of: {', '.join(SUFFIXES)}")
    return path


class ManifestSpec(DatasetSpec):
    """Utterances from a JSONL, CSV or TSV file; the suffix decides how it is read."""

    loader: Literal["manifest"]
    path: Annotated[SuitePath, AfterValidator(_readable)]
    language: Annotated[str, Field(min_length=1)] = "en"
    """Of the rows that name none."""

    def missing(self) -> str | None:
        return None if self.path.is_file() else f"there is no manifest {self.path}"

    def utterances(self) -> UtteranceTable:
        """Every row, in the order of the file.

        That the audio files exist is not checked here: a missing one is an error of its sample.

        Raises:
            UsageError: the manifest is missing or not as documented; the message names file and line.
        """
        self._require_file()
        table = kept_rows(self.path, {"loader": self.loader, "language": self.language}, self._fields)
        if not table:
            raise UsageError(f"{self.path}: found no rows, expected at least one utterance")
        if repeated := table.repeated_ids():
            first, again = min(
                (pair for group in repeated for pair in pairwise(group)), key=lambda pair: pair[1]
            )
            raise UsageError(self._repeated(table[first].sample_id, first, again))
        return table

    def stream(self) -> Iterator[tuple[int, Utterance]]:
        """Each row with its line, read as it is asked for; whether ids are unique is not looked at.

        The file is read ahead once where a row has no id, to tell which audio files are named twice.

        Raises:
            UsageError: as for `utterances`.
        """
        self._require_file()
        for line, fields in self._rows():
            yield line, utterance_of(fields)

    def _require_file(self) -> None:
        if reason := self.missing():
            raise UsageError(f"{self.id}: {reason}")

    def _repeated(self, sample_id: str, first: int, again: int) -> str:
        lines = [line for position, (line, _) in enumerate(self._read()) if position in (first, again)]
        return (
            f"{self.path}:{lines[-1]}: found the id {sample_id!r} again, first on line {lines[0]}; "
            "it must be unique"
        )

    def _fields(self) -> Iterator[Fields]:
        return (fields for _, fields in self._rows())

    def _rows(self) -> Iterator[tuple[int, Fields]]:
        shared: npt.NDArray[np.bool_] | None = None
        folder = f"{self.path.parent}{os.sep}"
        for position, (line, row) in enumerate(self._read()):
            if row.id is None and shared is None:
                shared = self._shared()
            sample_id = row.id
            if sample_id is None:
                sample_id = _default_id(row, shared=shared is not None and bool(shared[position]))
            if not sample_id or _CONTROL.search(sample_id):
                found = f"{self.path}:{line}: found the id {sample_id!r}"
                raise UsageError(f"{found}, expected text without control characters")
            yield (
                line,
                (
                    sample_id,
                    row.audio if row.audio.startswith(os.sep) else folder + row.audio,
                    row.text,
                    row.language or self.language,
                    row.offset or 0.0,
                    row.duration,
                    row.subset or "",
                    row.speaker,
                    factors_as_json(row.plain_factors()) if row.factors else None,
                    None,
                    "audio",
                ),
            )

    def _shared(self) -> npt.NDArray[np.bool_]:
        """Whether the audio file of each row is that of another row too."""
        repeats = Repeats()
        for _, row in self._read():
            repeats.add(row.audio.encode())
        return repeats.mask()

    def _read(self) -> Iterator[tuple[int, Row]]:
        return (read_jsonl if self.path.suffix.lower() == ".jsonl" else read_table)(self.path)


def _default_id(row: Row, *, shared: bool) -> str:
    stem = row.audio.removesuffix(Path(row.audio).suffix)
    return f"{stem}@{row.offset or 0.0:.15g}" if shared else stem


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
