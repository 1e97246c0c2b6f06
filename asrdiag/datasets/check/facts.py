"""What was found in audio files, kept so that a second check looks only at what is new or changed."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ... import __version__
from ...audio_header import AudioHeader
from ...spec import Json
from ...store.cache import cache_folder
from ...store.fingerprint import fingerprint
from ..cache import SETTLED_NS, file_stamp, remove_unused
from .audio import AudioFacts, Place

_LAYOUT = 1
"""Raised whenever what is kept, or how audio is looked at, changes between versions."""
_COMMIT_S = 1.0

_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    path BLOB, row INTEGER, col TEXT, bytes INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    frames INTEGER, sample_rate_hz INTEGER, channels INTEGER, encoding TEXT, digest TEXT,
    PRIMARY KEY (path, row, col)
) WITHOUT ROWID
"""
_FIND = (
    "SELECT frames, sample_rate_hz, channels, encoding, digest FROM facts "
    "WHERE path = ? AND row = ? AND col = ? AND bytes = ? AND mtime_ns = ? AND ctime_ns = ?"
)
_KEEP = "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class KnownFacts:
    """The audio files that were looked at before, by path, size and times.

    Only what was read as a whole is kept. What goes wrong with the database is no error: less is known.
    """

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection
        self._committed = time.monotonic()
        self._stamps: dict[bytes, list[int] | None] = {}

    def find(self, places: Iterable[Place]) -> dict[Place, AudioFacts]:
        """Those of the places that are known."""
        found: dict[Place, AudioFacts] = {}
        if self._connection is None:
            return found
        self._stamps.clear()
        with suppress(sqlite3.Error):
            for place in places:
                if (key := self._key(place)) is not None:
                    row = self._connection.execute(_FIND, key).fetchone()
                    if row is not None:
                        found[place] = AudioFacts(AudioHeader(*row[:4]), row[4])
        return found

    def keep(self, found: Mapping[Place, AudioFacts]) -> None:
        """Remember what was found, from the time of the last `find` on."""
        if self._connection is None:
            return
        with suppress(sqlite3.Error):
            self._connection.executemany(_KEEP, self._rows(found))
            if time.monotonic() - self._committed > _COMMIT_S:
                self._connection.commit()
                self._committed = time.monotonic()

    def _rows(self, found: Mapping[Place, AudioFacts]) -> Iterator[tuple[object, ...]]:
        now = time.time_ns()
        for place, facts in found.items():
            key, header = self._key(place), facts.header
            if key is None or header is None or facts.elsewhere:
                continue
            if now - max(key[-2:]) > SETTLED_NS:
                yield (
                    *key,
                    *(header.frames, header.sample_rate_hz, header.channels, header.encoding, facts.digest),
                )

    def _key(self, place: Place) -> "tuple[bytes, int, str, int, int, int] | None":
        path, row, column = place
        if path not in self._stamps:
            try:
                self._stamps[path] = file_stamp(path)
            except OSError:
                self._stamps[path] = None
        stamp = self._stamps[path]
        if stamp is None:
            return None
        size, changed, entry_changed = stamp
        return path, -1 if row is None else row, column, size, changed, entry_changed


@contextmanager
def known_facts(key: Mapping[str, Json]) -> Iterator[KnownFacts]:
    """What is known of the audio of one dataset; at the end it is written down, whatever ended the block."""
    connection = _connected(key)
    try:
        yield KnownFacts(connection)
    finally:
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.commit()
            connection.close()


def _connected(key: Mapping[str, Json]) -> sqlite3.Connection | None:
    folder = cache_folder("audio")
    if folder is None:
        return None
    place = folder / f"{fingerprint({'asrdiag': [__version__, _LAYOUT], 'key': key})}.sqlite"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_unused(folder, "*.sqlite")
        try:
            return _opened(place)
        except sqlite3.OperationalError:  # another check of this dataset is writing
            return None
        except sqlite3.DatabaseError:
            place.unlink(missing_ok=True)
            place.with_name(f"{place.name}-journal").unlink(missing_ok=True)
            return _opened(place)
    except (OSError, sqlite3.Error):
        return None


def _opened(place: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=1.0)
    try:
        # What a crash of the machine takes is looked at again.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_TABLE)
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        connection.commit()
    except sqlite3.Error:
        connection.close()
        raise
    os.utime(place)
    return connection
