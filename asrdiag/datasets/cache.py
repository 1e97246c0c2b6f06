"""What was read from a long file, kept so that the next command need not read it again."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

import pyarrow as pa

from .. import __version__
from ..spec import Json
from ..store.atomic import TEMPORARY
from ..store.cache import cache_folder
from ..store.fingerprint import fingerprint
from .utterance_table import Fields, UtteranceTable, write_fields

_LAYOUT = 1
"""Raised whenever what is kept, or how it is read from a corpus, changes between versions."""
SETTLED_NS = 2_000_000_000
"""A file changed less than this ago may change again without its times telling."""
_SHORT_BYTES = 8 * 2**20
"""A shorter file (a manifest of 40,000 rows, say) is read anew: that takes no second."""
_DAY_S = 86_400.0
_UNUSED_S = 30 * _DAY_S


def kept_rows(source: Path, key: Mapping[str, Json], read: Callable[[], Iterable[Fields]]) -> UtteranceTable:
    """The rows that are read from a file, from the cache folder if it is long and they were read before.

    They are kept under a hash of the file's path, size and times, of `key` and of asrdiag's version. What is
    damaged in the cache folder is read anew; where nothing can be kept, the rows are held in memory. Rows
    that no command used for 30 days are removed.

    Args:
        source: the file that all rows depend on, and nothing else.
        key: what the rows depend on besides.
        read: reads them.

    Raises:
        UsageError: whatever `read` raises.
    """
    folder, stamp = cache_folder("rows"), file_stamp(source)
    if folder is None or stamp[0] < _SHORT_BYTES:
        return UtteranceTable.of_fields(read())
    path = [str(source), str(source.absolute())]
    name = fingerprint({"asrdiag": [__version__, _LAYOUT], "path": path, "stamp": stamp, "key": key})
    kept = _kept(folder, name)
    if kept is not None:
        return kept
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = mkstemp(prefix=f".{name}.", suffix=TEMPORARY, dir=folder)
    except OSError:
        return UtteranceTable.of_fields(read())
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123  (it is open already)
            write_fields(stream, read())
        settled = time.time_ns() - max(stamp[1:]) > SETTLED_NS and file_stamp(source) == stamp
        if not settled:
            return UtteranceTable(pa.py_buffer(Path(temporary).read_bytes()))
        place = folder / f"{name}-{_digest(Path(temporary))}.arrow"
        Path(temporary).replace(place)
        remove_unused(folder, "*.arrow")
        return UtteranceTable(place)
    except OSError:  # the disk is full, say
        return UtteranceTable.of_fields(read())
    finally:
        Path(temporary).unlink(missing_ok=True)


def file_stamp(path: Path | bytes) -> list[int]:
    """Size in bytes, and when contents and entry were last changed, in ns.

    Raises:
        OSError: there is no such file.
    """
    status = os.stat(path)  # noqa: PTH116  (of a million files, a Path takes half the time)
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _kept(folder: Path, name: str) -> UtteranceTable | None:
    for place in folder.glob(f"{name}-*.arrow"):
        with suppress(OSError, pa.ArrowInvalid):
            if place.stem == f"{name}-{_digest(place)}":
                os.utime(place)
                return UtteranceTable(place)
        with suppress(OSError):
            place.unlink()
    return None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:32]


def remove_unused(folder: Path, pattern: str) -> None:
    """Remove what no command used for 30 days, and what a killed one left behind."""
    now = time.time()
    for each, age_s in ((pattern, _UNUSED_S), (f".*{TEMPORARY}", _DAY_S)):
        for place in folder.glob(each):
            with suppress(OSError):
                if now - place.stat().st_mtime > age_s:
                    place.unlink()
