"""Your own data: a manifest that lists audio files and their transcripts."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..errors import UsageError
from ..spec import SuitePath
from .base import DatasetSpec, Utterance
from .manifest_rows import Row, read_jsonl
from .manifest_table import read_table

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

    def utterances(self) -> tuple[Utterance, ...]:
        """Every row, in the order of the file.

        That the audio files exist is not checked here: a missing one is an error of its sample.

        Raises:
            UsageError: the manifest is missing or not as documented; the message names file and line.
        """
        if reason := self.missing():
            raise UsageError(f"{self.id}: {reason}")
        read = read_jsonl if self.path.suffix.lower() == ".jsonl" else read_table
        uses: Counter[str] = Counter()
        unnamed: list[tuple[int, str]] = []
        lines: list[int] = []
        utterances: list[Utterance] = []
        for line, row in read(self.path):
            uses[row.audio] += 1
            if row.id is None:
                unnamed.append((len(utterances), row.audio))
            lines.append(line)
            utterances.append(self._utterance(row))
        if not utterances:
            raise UsageError(f"{self.path}: found no rows, expected at least one utterance")
        for position, audio in unnamed:
            sample_id = _default_id(audio, utterances[position].offset_s, shared=uses[audio] > 1)
            utterances[position] = replace(utterances[position], sample_id=sample_id)
        self._check_ids(utterances, lines)
        return tuple(utterances)

    def _utterance(self, row: Row) -> Utterance:
        return Utterance(
            sample_id=row.id or "",
            audio_path=self.path.parent / row.audio,
            reference=row.text,
            language=row.language or self.language,
            offset_s=row.offset or 0.0,
            duration_s=row.duration,
            subset=row.subset or "",
            speaker=row.speaker,
            factors=row.plain_factors(),
        )

    def _check_ids(self, utterances: Sequence[Utterance], lines: Sequence[int]) -> None:
        first: dict[str, int] = {}
        for utterance, line in zip(utterances, lines, strict=True):
            sample_id, where = utterance.sample_id, f"{self.path}:{line}"
            if not sample_id or _CONTROL.search(sample_id):
                raise UsageError(
                    f"{where}: found the id {sample_id!r}, expected text without control characters"
                )
            if first.setdefault(sample_id, line) != line:
                raise UsageError(
                    f"{where}: found the id {sample_id!r} again, first on line {first[sample_id]}; "
                    "it must be unique"
                )


def _default_id(audio: str, offset_s: float, *, shared: bool) -> str:
    stem = audio.removesuffix(Path(audio).suffix)
    return f"{stem}@{offset_s:.15g}" if shared else stem


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
