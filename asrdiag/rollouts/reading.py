"""Rollout logs read group by group: ours, and rows that other tools wrote."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import AsrdiagError, UsageError
from ..metrics.rewards.rollouts import RolloutGroup
from .fields import Columns, Row, rows_of_table

HELD_ROWS = 65_536
"""Rows of unfinished groups that are held: so far apart may the rows of a group lie."""

_SUFFIXES = (".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A group, and where it is: the file, the number of its (first) line, and that line's first byte.

    In a Parquet file `line` counts rows, from 1 on, and `offset` is `None`.
    """

    group: RolloutGroup
    path: Path
    line: int
    offset: int | None
    alone: bool = False
    """Whether the line holds the group and nothing else, so that `read_group` finds it."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used; `torn` if it is the last one, which its writer was killed over."""

    path: Path
    line: int
    reason: str
    torn: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


DEMO = "demo"
"""The name of the packaged log: Moonshine Tiny's answers to the embedded corpus in noise."""


def find_logs(paths: Iterable[Path]) -> list[Path]:
    """The files that paths stand for: of a folder its `.jsonl` and `.parquet` files, by name, 9 before 10.

    `demo` is the packaged log, unless there is a file of that name.

    Raises:
        UsageError: there is no such file, or none in a folder.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if path.exists():
                found.append(path)
            elif str(path) == DEMO:
                found.append(Path(__file__).with_name("demo.jsonl"))
            else:
                raise UsageError(f"{path}: no such file; expected a rollout log, a folder of them, or {DEMO}")
            continue
        inside = [each for each in path.iterdir() if each.suffix in _SUFFIXES and each.is_file()]
        if not inside:
            raise UsageError(f"{path}: found no file that ends in {' or '.join(_SUFFIXES)}")
        found += sorted(inside, key=lambda each: (len(each.name), each.name))
    return found


def read_rollouts(
    path: Path, given: Mapping[str, str] = MappingProxyType({})
) -> Iterator[FoundGroup | BadLine]:
    """The groups of a log in the order in which they are complete, and the lines that cannot be used.

    Lines may hold a group each, as `RolloutLog` writes them; a rollout each; or a table of rollouts. Rows are
    put together to groups by their group's id, or else by prompt, utterance and reference; and by step and
    temperature. At most 65,536 rows of unfinished groups are held.

    Args:
        path: JSON Lines; or Parquet if it ends in `.parquet`.
        given: names of columns by field, for rows (`Columns`).

    Raises:
        UsageError: the file cannot be read at all, or a field in `given` is unknown.
    """
    columns = Columns(given)
    gathering = _Gathering(path)
    lines = _parquet(path) if path.suffix == ".parquet" else _json_lines(path)
    for line in lines:
        if isinstance(line, BadLine):
            yield line
            continue
        try:
            if "rollouts" in line.record:
                group = RolloutGroup.from_record(line.record)
                yield FoundGroup(group, path, line.number, line.offset, alone=line.offset is not None)
                continue
            table = columns.is_table(line.record)
            records = rows_of_table(line.record) if table else [line.record]
        except ValueError as error:
            yield BadLine(path, line.number, str(error))
            continue
        for record in records:
            try:
                yield from gathering.add(columns.row(record), line)
            except ValueError as error:
                yield BadLine(path, line.number, str(error))
    yield from gathering.rest()


def read_group(path: Path, offset: int) -> RolloutGroup:
    """The group in the line of a log that begins at a byte, `FoundGroup.offset`.

    Raises:
        AsrdiagError: there is none; the log is not as it was when the offset was found.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        try:
            return RolloutGroup.from_record(json.loads(stream.readline()))
        except (ValueError, AttributeError) as error:
            raise AsrdiagError(
                f"{path}: no group begins at byte {offset} ({error}); was it changed?"
            ) from error


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    offset: int | None
    record: dict[str, Any]


def _json_lines(path: Path) -> Iterator[_Line | BadLine]:
    offset = 0
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    with stream:
        for number, line in enumerate(stream, start=1):
            begin, offset = offset, offset + len(line)
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
                shown = line[:60].decode(errors="replace").strip()
                message = f"found {shown!r}, expected a JSON object ({reason})"
                yield BadLine(path, number, message, torn=not line.endswith(b"\n"))
                continue
            if isinstance(record, dict):
                yield _Line(number, begin, record)
            else:
                yield BadLine(path, number, f"found {type(record).__name__}, expected a JSON object")


def _parquet(path: Path) -> Iterator[_Line]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                for record in batch.to_pylist():
                    number += 1
                    yield _Line(number, None, record)
    except (OSError, ArrowException) as error:
        raise UsageError(f"{path}: cannot be read as Parquet: {error}") from error


class _Gathering:
    """Puts rows together to groups."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: OrderedDict[tuple[object, ...], list[tuple[Row, _Line]]] = OrderedDict()
        self._n_rows = 0
        self._closed: set[int] = set()

    def add(self, row: Row, line: _Line) -> Iterator[FoundGroup]:
        """Take in a row; gives the groups that are not waited for any longer.

        Raises:
            ValueError: its group was given away already, or has another reference.
        """
        key = row.key
        if hash(key) in self._closed:
            raise ValueError(
                f"found a rollout of the group {row.name or row.group.reference!r:.60}, whose "
                f"others lie more than {HELD_ROWS} rows before; expected the rows of a group together"
            )
        rows = self._open.setdefault(key, [])
        if rows and (first := rows[0][0].group.reference) != row.group.reference:
            raise ValueError(
                f"the reference of group {row.name!r} is {row.group.reference!r:.60}, but on line "
                f"{rows[0][1].number} it is {first!r:.60}"
            )
        rows.append((row, line))
        self._open.move_to_end(key)
        self._n_rows += 1
        while self._n_rows > HELD_ROWS and len(self._open) > 1:
            yield self._close()

    def rest(self) -> Iterator[FoundGroup]:
        """The groups still held."""
        while self._open:
            yield self._close()

    def _close(self) -> FoundGroup:
        key, rows = self._open.popitem(last=False)
        self._closed.add(hash(key))
        self._n_rows -= len(rows)
        row, line = rows[0]
        group = replace(
            row.group,
            group=row.name or f"line {line.number}",
            rollouts=tuple(rollout for each, _ in rows for rollout in each.group.rollouts),
        )
        return FoundGroup(group, self._path, line.number, line.offset)
