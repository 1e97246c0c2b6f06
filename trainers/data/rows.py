"""Files of training rows: streamed, or read at random without holding them; JSONL and Parquet alike.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "train.jsonl").write_text(
...     '{"audios": ["a.wav"], "solution": "go", "base_wer": 0.5}\\nno row\\n', encoding="utf-8"
... )
>>> with RowFile(folder / "train.jsonl") as rows:
...     print(len(rows), rows[0].solution, rows.base_wer, dict(rows.refused))
1 go [0.5] {'not_json': 1}
"""

import hashlib
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, overload

import numpy as np
import numpy.typing as npt

from asrdiag.datasets.repeats import Repeats
from asrdiag.errors import UsageError
from asrdiag.store.saving import saving

from .clips import Limits
from .line import RowRefused, TrainingRow, parse_line, require_language, row_of
from .tables import lines_of_table

_SHOWN = 1000
_TABLES = (".parquet",)
SUFFIXES = (".jsonl", *_TABLES)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not used."""

    where: str
    """`train.jsonl:12`; in a table the row, counted from 1."""
    id: str | None
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which rows are taken."""

    limits: Limits | None = None
    languages: Sequence[str] | None = None
    default_language: str = "en"


def read_rows(
    path: Path,
    *,
    limits: Limits | None = None,
    languages: Sequence[str] | None = None,
    default_language: str = "en",
) -> Iterator[TrainingRow | Refusal]:
    """Every row of a file, in its order, and in the place of one that cannot be used why.

    Whether ids are unique is not looked at, nor is any audio.

    Args:
        path: `.jsonl`, or `.parquet`.
        limits: refuse rows that say they are longer or shorter.
        languages: refuse rows in others.
        default_language: of rows that name none.

    Raises:
        UsageError: there is no such file, or it is of another kind.
    """
    with _opened(path) as stream:
        for number, _, line in _lines(stream):
            yield _read(line, path.absolute(), number, _Wanted(limits, languages, default_language))


class RowFile(Sequence[TrainingRow]):
    """The usable rows of a file, read at random; a context manager around their use.

    Every line is read and checked once, in the beginning. Then 29 bytes a row are held, and lines are read
    where they are: so a file may be of any size. A table is spelt out as lines in an unnamed temporary file.
    An instance that is sent to another process opens the file there.

    Raises:
        UsageError: there is no such file, or it is of another kind.
    """

    def __init__(
        self, path: Path, *, limits: Limits | None = None, languages: Sequence[str] | None = None
    ) -> None:
        self._stream: IO[bytes] | None = None
        self.path = path.absolute()
        self.refused: Counter[str] = Counter()
        """How many rows cannot be used, by reason."""
        self.refusals: tuple[Refusal, ...] = ()
        """The first 1,000 of them."""
        self._index(_Wanted(limits, languages))

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, index: int) -> TrainingRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TrainingRow]: ...
    def __getitem__(self, index: int | slice) -> TrainingRow | Sequence[TrainingRow]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"row {index} of {len(self)} in {self.path}")
        descriptor = self._open().fileno()
        offset, number = self._offsets[index], self._numbers[index]
        line = bytearray()
        # By position and not by seeking: threads, and processes forked off, share where a file is.
        while b"\n" not in line[-_CHUNK:]:
            part = os.pread(descriptor, _CHUNK, offset + len(line))
            if not part:
                break
            line += part
        row = _read(bytes(line.partition(b"\n")[0]), self.path, number, _Wanted())
        if isinstance(row, Refusal):
            raise UsageError(f"{row}; the file has changed since it was opened")
        return row

    def __iter__(self) -> Iterator[TrainingRow]:
        return (self[index] for index in range(len(self)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # a copy in a worker process has nobody else to do it

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_stream": None}

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def where(self, index: int) -> str:
        """File and line of a row; in a table its number, counted from 1."""
        return f"{self.path}:{self._numbers[index]}"

    def require_usable(self, max_share: float = 0.0) -> None:
        """Refuse a file of which too many rows cannot be used, or none can.

        Raises:
            UsageError: more than this share of its rows cannot be; the message names the first.
        """
        bad, total = sum(self.refused.values()), sum(self.refused.values()) + len(self)
        if not total:
            raise UsageError(f"{self.path}: found no rows, expected at least one")
        if len(self) and bad <= max_share * total:
            return
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.refused.most_common())
        first = "\n".join(str(refusal) for refusal in self.refusals[:5])
        raise UsageError(f"{self.path}: {bad} of {total} rows cannot be used ({reasons}):\n{first}")

    def _index(self, wanted: _Wanted) -> None:
        self._offsets, self._numbers = array("Q"), array("Q")
        columns = {name: array("f") for name in ("base_wer", "duration_s", "severity")}
        clean = bytearray()
        refusals: list[Refusal] = []
        ids, digest = Repeats(), hashlib.sha256()
        for number, offset, line in _lines(self._open()):
            digest.update(line)
            row = _read(line, self.path, number, wanted)
            if isinstance(row, Refusal):
                self.refused[row.reason] += 1
                refusals += [row] if len(refusals) < _SHOWN else []
                continue
            self._offsets.append(offset)
            self._numbers.append(number)
            for name, values in columns.items():
                value = getattr(row, name)
                values.append(float("nan") if value is None else value)
            clean.append(row.clean)
            ids.add(row.id.encode("utf-8", "surrogatepass"))
        kept = np.ones(len(ids), dtype=bool)
        for first, *again in ids.groups():
            for position in again:
                kept[position] = False
                refusals += [self._repeated(position, first)] if len(refusals) < _SHOWN else []
                self.refused["duplicate_id"] += 1
        self.refusals, self.sha256 = tuple(refusals), digest.hexdigest()
        self.base_wer: npt.NDArray[np.float32] = _as_column(columns["base_wer"], kept)
        """Of each row; NaN where it is not known."""
        self.duration_s: npt.NDArray[np.float32] = _as_column(columns["duration_s"], kept)
        """In seconds; NaN where it is not known."""
        self.severity: npt.NDArray[np.float32] = _as_column(columns["severity"], kept)
        """From 0 to 1; NaN where there is none."""
        self._offsets = array("Q", np.array(self._offsets)[kept].tobytes())
        self._numbers = array("Q", np.array(self._numbers)[kept].tobytes())
        self.clean: npt.NDArray[np.bool_] = np.frombuffer(bytes(clean), dtype=bool)[kept]
        """Whether nothing was done to it."""

    def _repeated(self, position: int, first: int) -> Refusal:
        row_id = self[position].id
        detail = f"found the id {row_id!r} again, first on line {self._numbers[first]}; expected each once"
        return Refusal(self.where(position), row_id, "duplicate_id", detail)

    def _open(self) -> IO[bytes]:
        if self._stream is None:
            self._stream = _opened(self.path)
        return self._stream


_CHUNK = 8192


def _as_column(values: "array[float]", kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    return np.frombuffer(values.tobytes(), dtype=np.float32)[kept]


def _read(line: bytes, path: Path, number: int, wanted: _Wanted) -> TrainingRow | Refusal:
    try:
        record = parse_line(line)
        row = row_of(record, path.parent, f"{path.stem}-{number}", default_language=wanted.default_language)
        if wanted.languages is not None:
            require_language(row.language, row.solution, wanted.languages)
        limits = wanted.limits
        if limits is not None and row.duration_s is not None and row.duration_s > limits.max_duration_s:
            found = f"found {row.duration_s:.1f} s, expected at most {limits.max_duration_s:g} s"
            raise RowRefused("too_long", found, row.id)
    except RowRefused as error:
        return Refusal(f"{path}:{number}", error.row_id, error.reason, error.detail)
    return row


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The number, the offset and the content of each line that is not blank."""
    offset = 0
    stream.seek(0)
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield number, offset, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        offset += len(line)


def _opened(path: Path) -> IO[bytes]:
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: found the suffix {path.suffix!r}, expected one of: {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UsageError(f"there is no file of rows {path}")
    if path.suffix.lower() not in _TABLES:
        return path.open("rb")
    with saving(Path(tempfile.gettempdir())):
        lines: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (its life is that of whoever asked)
        try:
            for line in lines_of_table(path):
                lines.write(line)
            lines.seek(0)
        except BaseException:
            with suppress(OSError):
                lines.close()
            raise
    return lines
