"""Reading a file of hypotheses, whatever wrote it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import SampleError, UsageError
from ..spec import Json
from ..transcripts.columns import AUDIO, HYPOTHESES, IDS, PLAIN, Columns
from ..transcripts.formats import SUFFIXES, read_transcripts
from ..transcripts.rows import Row
from .base import Failed, Transcript

FORMATS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{name: (name, (*HYPOTHESES, *PLAIN)) for name in ("jsonl", "csv", "tsv", "trn", "kaldi")},
    "nemo": ("jsonl", ("pred_text",)),
    "vitw": ("jsonl", ("prediction",)),
}
"""By name: the reader, and where the hypothesis may stand."""
_MANIFEST = {"audio_filepath", "duration", "text"}
_AUDIO_SUFFIX = re.compile(r"\.(?:wav|flac|mp3|ogg|opus|m4a|aac|sph|webm)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A row of the file: what it goes by, and what was heard."""

    where: str
    """`file:line`."""
    line: int
    names: tuple[str, ...]
    """Its ids and the paths of its audio, in the order in which they count; at least one."""
    offset_s: float | None
    """Where it begins in the audio file, if the row says so."""
    text: str | None
    """`None`: the file says that there is no answer."""

    def answer(self, sample_id: str) -> Transcript | Failed:
        """Its hypothesis as a system's answer; null is none."""
        place: dict[str, Json] = {"file": Path(self.where.rpartition(":")[0]).name, "line": self.line}
        if self.text is None:
            return Failed(SampleError(f"{sample_id}: {self.where}: the hypothesis is null"), place)
        return Transcript(self.text, place)


@dataclass(frozen=True, slots=True)
class Predictions:
    """A file, the column that the hypotheses were taken from, and its rows."""

    path: Path
    column: str
    rows: tuple[Prediction, ...]


def read_predictions(path: Path, format: str | None, column: str | None) -> Predictions:
    """Read a file whole.

    Args:
        path: the file.
        format: one of `FORMATS`; `None`: by the suffix, and a file called `text` is Kaldi's.
        column: where the hypotheses stand; `None`: under the first of the usual names.

    Raises:
        UsageError: the file cannot be read, no format is told, or it has no ids or no hypotheses; messages
            name file and line.
    """
    told = format or SUFFIXES.get(path.suffix.lower()) or ("kaldi" if path.name == "text" else "")
    if told not in FORMATS:
        found = f"the format {told}" if told else f"the suffix {path.suffix!r}"
        raise UsageError(f"{path}: found {found}, expected `format:` with one of: {', '.join(FORMATS)}")
    reader, usual = FORMATS[told]
    columns = Columns(path, read_transcripts(path, reader).rows)
    text = columns.has([column.lower()] if column else usual)
    if text is None:
        where = "that name" if column else f"one of: {', '.join(usual)}"
        raise UsageError(
            f"{path}: found no {column or 'hypothesis'}, only: {', '.join(columns.names)}; expected it under "
            f"{where}"
        )
    if text == "text" and column is None and _MANIFEST.issubset(columns.names):
        raise UsageError(
            f"{path}: found a NeMo manifest without pred_text; its `text` is usually the reference. If it is "
            "the hypothesis, say `column: text`"
        )
    ids = [name for name in IDS if name in columns.names and name != text]
    if not ids:
        raise UsageError(
            f"{path}: found no id, only: {', '.join(columns.names)}; expected one of: {', '.join(IDS)}"
        )
    return Predictions(path, text, tuple(_prediction(columns, row, ids, text) for row in columns.rows))


def parts_of(path: str) -> tuple[str, ...]:
    """A path from its end, without the suffix of an audio file.

    >>> parts_of("corpus/noise/a.wav"), parts_of("a.b")
    (('a', 'noise', 'corpus'), ('a.b',))
    """
    return tuple(reversed([part for part in re.split(r"[/\\]", _AUDIO_SUFFIX.sub("", path)) if part]))


def _prediction(columns: Columns, row: Row, ids: list[str], text: str) -> Prediction:
    cells = (row.cells.get(name) for name in ids)
    names = tuple(
        str(cell).strip() for cell in cells if isinstance(cell, str | int) and not isinstance(cell, bool)
    )
    names = tuple(name for name in names if parts_of(name))
    if not names:
        raise UsageError(f"{columns.where(row)}: found no id, expected one under: {', '.join(ids)}")
    return Prediction(
        columns.where(row), row.line, names, _offset_s(columns, row), columns.hypothesis(row, text)
    )


def _offset_s(columns: Columns, row: Row) -> float | None:
    offset = row.cells.get("offset")
    if offset in (None, "") or not row.cells.keys() & set(AUDIO):
        return None
    try:
        return float(str(offset))
    except ValueError:
        raise UsageError(
            f"{columns.where(row)}: found offset {offset!r:.60}, expected a number of seconds"
        ) from None
