"""All candidates, in a database on disk: a million need no more memory than a thousand."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any

from asrdiag.errors import SaveError
from asrdiag.store.saving import disk_is_full

from .candidates import Candidate, Dropped
from .clips import Place
from .grading import Grade

_TABLES = """
CREATE TABLE IF NOT EXISTS done(step TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS candidates(
  n INTEGER PRIMARY KEY, input INTEGER, id TEXT, origin TEXT,
  path TEXT, offset_s REAL, stretch_s REAL, place_row INTEGER, place_column TEXT, remake TEXT,
  solution TEXT, language TEXT, prediction TEXT, normalizer TEXT, unit TEXT,
  base_wer REAL, bin INTEGER, text_id TEXT, duration_s REAL,
  scenario TEXT, severity REAL, condition TEXT, seed TEXT, speaker TEXT, source TEXT, meta TEXT,
  expected_sha256 TEXT, sha256 TEXT, source_sha256 TEXT,
  checked INTEGER NOT NULL DEFAULT 0, reason TEXT, detail TEXT,
  rank INTEGER, component INTEGER, part TEXT, chosen INTEGER NOT NULL DEFAULT 0, stratum TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS by_id ON candidates(id) WHERE reason IS NULL;
CREATE INDEX IF NOT EXISTS to_check ON candidates(n) WHERE checked = 0 AND reason IS NULL;
"""
_COLUMNS = (
    *("input", "id", "origin", "path", "offset_s", "stretch_s", "place_row", "place_column", "remake"),
    *("solution", "language", "prediction", "normalizer", "unit", "base_wer", "bin", "text_id"),
    *("duration_s", "scenario", "severity", "condition", "seed", "speaker", "source", "meta"),
    *("expected_sha256", "source_sha256", "reason", "detail", "rank"),
)


@dataclass(frozen=True, slots=True)
class Clip:
    """The audio of a candidate that is still to be looked at."""

    n: int
    place: Place
    remake: Mapping[str, Any] | None
    expected_sha256: str | None


class Pool:
    """The candidates of a recipe; a context manager around their use.

    What is committed survives `kill -9`; what is not is done again.

    Raises:
        SaveError: the database cannot be written, or read again.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self._seed = path, seed
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path, isolation_level=None)
            with ExitStack() as failed:
                failed.callback(self.db.close)
                self.db.execute("PRAGMA journal_mode = WAL")
                self.db.execute("PRAGMA synchronous = NORMAL")
                self.db.execute("PRAGMA temp_store = FILE")
                self.db.execute("PRAGMA cache_size = -64000")
                self.db.executescript(_TABLES)
                failed.pop_all()
        except (sqlite3.Error, OSError) as error:
            raise SaveError(f"{path}: could not be opened: {_told(error, path)}") from error

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.db.close()
        if isinstance(error, sqlite3.Error):
            raise self._failed(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is written, or nothing.

        Raises:
            SaveError: the disk is full, say.
        """
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield self.db
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise self._failed(error) from error
        except BaseException:
            self._roll_back()
            raise

    def done(self, step: str) -> Any:
        """What a step that was completed left as its result; `None` if it was not."""
        row = self.db.execute("SELECT value FROM done WHERE step = ?", (step,)).fetchone()
        return None if row is None else json.loads(row[0])

    def mark(self, step: str, value: Any) -> None:
        """Enter a step as completed; within `writing`."""
        self.db.execute("INSERT OR REPLACE INTO done VALUES(?, ?)", (step, json.dumps(value)))

    def add(self, number: int, graded: Iterable[tuple[Candidate | Dropped, Grade | None]]) -> None:
        """Enter candidates of an input; within `writing`. The second of an id is dropped."""
        marks = ", ".join("?" * len(_COLUMNS))
        insert = f"INSERT INTO candidates({', '.join(_COLUMNS)}) VALUES({marks}) ON CONFLICT DO NOTHING"
        for candidate, grade in graded:
            row = self._row(number, candidate, grade)
            if not self.db.execute(insert, row).rowcount:
                first = self.db.execute(
                    "SELECT origin FROM candidates WHERE id = ? AND reason IS NULL", (candidate.id,)
                ).fetchone()
                detail = f"found the id {candidate.id!r} again, first in {first[0]}; expected each once"
                again = Dropped(candidate.where, candidate.id, "duplicate_id", detail)
                self.db.execute(insert, self._dropped(number, again))

    def to_check(self, after: int, limit: int) -> list[Clip]:
        """The next candidates whose audio was not looked at yet."""
        rows = self.db.execute(
            "SELECT n, path, offset_s, stretch_s, place_row, place_column, remake, expected_sha256 "
            "FROM candidates WHERE checked = 0 AND reason IS NULL AND n > ? ORDER BY n LIMIT ?",
            (after, limit),
        )
        return [
            Clip(n, Place(Path(path), *place), None if remake is None else json.loads(remake), expected)
            for n, path, *place, remake, expected in rows
        ]

    def drop(self, n: int, reason: str, detail: str) -> None:
        """Drop a candidate; within `writing`."""
        self.db.execute(
            "UPDATE candidates SET reason = ?, detail = ?, checked = 1 WHERE n = ?",
            (reason, _utf8(detail), n),
        )

    def grade(self, n: int, prediction: str | None, grade: Grade) -> None:
        """Enter how a candidate was graded; within `writing`."""
        self.db.execute(
            "UPDATE candidates SET prediction = ?, base_wer = ?, bin = ?, reason = ?, detail = ? WHERE n = ?",
            (prediction, grade.base_wer, grade.bin, grade.reason, grade.detail, n),
        )

    def add_source(
        self, number: int, row_id: str, source: Mapping[str, Any], condition: str | None, seed: int | None
    ) -> None:
        """Enter what a candidate of an input was made of; within `writing`."""
        with suppress(UnicodeEncodeError):  # halves of characters: then it is not known
            self.db.execute(
                "UPDATE candidates SET source = ?, source_sha256 = ?, condition = ?, seed = ? "
                "WHERE id = ? AND input = ? AND reason IS NULL",
                (_json(source), _sha256_of(source), condition, _json(seed), row_id, number),
            )

    def count(self, where: str = "1", values: Sequence[object] = ()) -> int:
        """How many candidates fulfil a condition in SQL, which is never a user's text."""
        found = self.db.execute(f"SELECT COUNT(*) FROM candidates WHERE {where}", values).fetchone()  # noqa: S608
        return int(found[0])

    def _row(self, number: int, one: Candidate | Dropped, grade: Grade | None) -> tuple[object, ...]:
        if isinstance(one, Dropped):
            return self._dropped(number, one)
        try:
            row = self._candidate(number, one, grade)
            for value in row:
                if isinstance(value, str):
                    value.encode()
        except UnicodeEncodeError as error:
            found = f"found {error.object[error.start]!r} in it, which is half a character; expected UTF-8"
            return self._dropped(number, Dropped(one.where, one.id, "bad_value", found))
        except ValueError:  # of JSON
            found = "found NaN or infinity in what is known of it (meta), expected finite numbers"
            return self._dropped(number, Dropped(one.where, one.id, "bad_value", found))
        return row

    def _candidate(self, number: int, one: Candidate, grade: Grade | None) -> tuple[object, ...]:
        place, source = one.place, one.source
        grade = grade or Grade()
        return (
            *(number, one.id, one.where, os.fspath(place.path), place.offset_s, place.duration_s),
            *(place.row, place.column, _json(one.remake), one.solution, one.language, one.prediction),
            *(grade.normalizer, grade.unit, grade.base_wer, grade.bin, grade.text_id, one.duration_s),
            *(one.scenario, one.severity, one.condition, _json(one.seed), one.speaker, _json(source)),
            *(_json(one.meta or None), one.sha256, _sha256_of(source)),
            *(grade.reason, grade.detail, self._rank(one.id)),
        )

    def _dropped(self, number: int, one: Dropped) -> tuple[object, ...]:
        values = dict.fromkeys(_COLUMNS) | {
            "input": number,
            "id": None if one.id is None else _utf8(one.id),
            "origin": _utf8(one.where),
            "reason": one.reason,
            "detail": _utf8(one.detail),
        }
        return tuple(values.values())

    def _rank(self, row_id: str) -> int:
        """The place of a row in an order that is as good as drawn, and the same wherever it is made."""
        digest = blake2b(f"{self._seed}:{row_id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1

    def _roll_back(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def _failed(self, error: sqlite3.Error) -> SaveError:
        return SaveError(f"{self.path}: could not be written: {_told(error, self.path)}")


def _told(error: Exception, path: Path) -> str:
    """What went wrong; SQLite calls a full disk an I/O error too."""
    return os.strerror(errno.ENOSPC) if disk_is_full(path) else str(error)


def _json(value: object) -> str | None:
    """As text; so a seed may be of any size. NaN and infinities are refused: no file of rows has them."""
    return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _sha256_of(source: Mapping[str, Any] | None) -> str | None:
    found = source.get("sha256") if source else None
    return found if isinstance(found, str) else None


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
