"""The answers that pass the filters, as a file: what the table shows, in its order, with the texts."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .index import LABELS, NUMBERS, CaseKey, Index
from .notes import Note
from .offsets import AllOffsets
from .runs import OpenRun
from .tokens import read_part

MOST_ROWS = 100_000
"""Rows that a page gives; `asrdiag export` gives all."""
MOST_CLIPS = 500
"""Cases of which a page gives the audio."""

_TOKENS = ("reference_tokens", "hypothesis_tokens", "alignment", "evidence")
_RECORDED = ("reference_raw", "hypothesis_raw", "error", "factors", "degradation")
_WHOLE = frozenset(NUMBERS) - {"error_rate_pct", "duration_s", "rtfx"}
COLUMNS = (
    *("sample_id", *LABELS, *NUMBERS, "evidence", "tag", "note"),
    *("reference", "hypothesis"),
)
"""Of the CSV."""
AUDIO = ("audio_heard", "audio_recorded")
"""Further columns of a CSV with audio beside it: names of files, empty where there is none."""
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  (the wide signs begin formulas, too)


@dataclass(frozen=True, slots=True)
class Cases:
    """Answers to be written: rows of an index, in order."""

    runs: Mapping[str, OpenRun]
    index: Index
    rows: NDArray[np.int64]
    notes: Mapping[CaseKey, Note] = field(default_factory=dict)


Row = dict[str, Any]


def save_csv(stream: IO[bytes], cases: Cases) -> None:
    """Write answers as CSV in UTF-8: `COLUMNS`, one line each after the names.

    A text that a spreadsheet would take for a formula has an apostrophe before it. An answer that never came
    has an `error_stage`; an empty one has none.

    Raises:
        AsrdiagError: scores cannot be read, or have changed since the index was read.
    """
    stream.write(csv_line(COLUMNS))
    write_ordered(cases, [stream], lambda place, key, row: [csv_row(row)])


def save_jsonl(stream: IO[bytes], cases: Cases) -> None:
    """Write answers as JSON Lines, with tokens, alignment, raw texts, factors and what was done to the audio.

    Raises:
        AsrdiagError: scores cannot be read, or have changed since the index was read.
    """
    write_ordered(cases, [stream], lambda place, key, row: [json_line(row)])


def csv_row(row: Row, columns: Sequence[str] = COLUMNS) -> bytes:
    """A row of a CSV."""
    texts = {"reference": row["reference_raw"], "hypothesis": row["hypothesis_raw"]}
    return csv_line([(row | texts)[name] for name in columns])


def csv_line(values: Sequence[object]) -> bytes:
    """Values as a line of CSV; `None` is empty.

    >>> csv_line(["=1+1", None, 0.5, "a,b"])
    b'\\'=1+1,,0.5,"a,b"\\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        [inert(value) if isinstance(value, str) else value for value in values]
    )
    return text.getvalue().encode("utf-8", "replace")


def json_line(row: Row) -> bytes:
    """A row as a line of JSON; a number that JSON has not is `null`.

    >>> json_line({"snr_db": math.inf, "severity": 0.5})
    b'{"snr_db": null, "severity": 0.5}\\n'
    """
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:  # NaN, which Python reads in a record though JSON has none
        text = json.dumps(_finite(row), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> inert("@SUM(A1)"), inert("no - not now")
    ("'@SUM(A1)", 'no - not now')
    """
    return f"'{text}" if text[:1] in _FORMULA and text else text


def write_ordered(
    cases: Cases,
    streams: Sequence[IO[bytes]],
    render: Callable[[int, CaseKey, Row], Sequence[bytes]],
) -> None:
    """Write answers in their order, though the cells are read one after the other, each once.

    What is rendered waits in files, so that a million answers need no more memory than one cell.

    Args:
        cases: what is written.
        streams: where to.
        render: given a place, the case and its row, makes a line for each of the streams.

    Raises:
        AsrdiagError: scores cannot be read, or have changed.
    """
    places: NDArray[np.int64] = np.zeros((len(cases.rows), len(streams), 2), dtype=np.int64)
    with TemporaryFile() as spool:
        at = 0
        for place, key, row in _by_cell(cases):
            for which, line in enumerate(render(place, key, row)):
                places[place, which] = at, len(line)
                at += spool.write(line)
        for which, stream in enumerate(streams):
            for start, length in places[:, which].tolist():
                spool.seek(start)
                stream.write(spool.read(length))


def _by_cell(cases: Cases) -> Iterator[tuple[int, CaseKey, Row]]:
    offsets = AllOffsets()
    for name, key, places in _parts(cases):
        run = cases.runs[name]
        rows = cases.rows[places]
        scores = read_part(run, cases.index, rows, _TOKENS).to_pylist()
        samples = offsets.of(run.samples(key))
        for place, index_row, score in zip(places.tolist(), rows.tolist(), scores, strict=True):
            case = cases.index.key(index_row)
            try:
                record = samples.record(case.sample_id) or {}
            except (OSError, ValueError):
                record = {}  # the scores are there; the texts are empty, as on the page
            yield place, case, _row(cases, index_row, case, score, record)


def _parts(cases: Cases) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """The cells that the rows are in, with the places of each one's rows."""
    cells = sorted(cases.index.cells.items(), key=lambda each: each[1].start)
    cells = [each for each in cells if len(each[1])]
    starts = np.array([rows.start for _, rows in cells], dtype=np.int64)
    which = np.searchsorted(starts, cases.rows, side="right") - 1
    for place in np.unique(which).tolist():
        (name, key), _ = cells[place]
        yield name, key, np.flatnonzero(which == place)


def _row(cases: Cases, at: int, key: CaseKey, score: Mapping[str, Any], record: Mapping[str, Any]) -> Row:
    row: Row = {"sample_id": key.sample_id}
    for name in LABELS:
        label = cases.index.labels[name]
        code = int(label.codes[at])
        row[name] = None if code < 0 else label.names[code]
    for name in NUMBERS:
        value = float(cases.index.numbers[name][at])
        row[name] = None if np.isnan(value) else int(value) if name in _WHOLE else round(value, 4)
    note = cases.notes.get(key, Note("", ""))
    row |= {name: score[name] for name in _TOKENS}
    row |= {name: record.get(name) for name in _RECORDED}
    return row | {
        "tag": note.tag,
        "note": note.text,
        "source": record.get("source"),
        "audio": record.get("audio"),
    }
