"""Folders of recordings: which files there are, of what category, and what is in them."""

import csv
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from ..errors import SampleError, SaveError, UsageError, unknown
from ..spec import Spec, SuitePath
from ..store.atomic import write_text
from ..store.cache import cache_folder

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")

LABELS: Mapping[str, tuple[str, str]] = {
    "meta/esc50.csv": ("filename", "category"),
    "metadata/UrbanSound8K.csv": ("slice_file_name", "class"),
}
"""Tables in a corpus's own layout that say what its files are: the columns of a file's name and its class."""

_SETTLED_NS = 2 * 10**9
"""A file that changed less than two seconds before it was read may change again within one tick of its clock;
its hash is not kept."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of a folder."""

    name: str
    """Relative to the folder, with `/`."""
    category: str
    """The class that the corpus's own table gives, else the folder that the file is in; "" at the top."""
    sha256: str
    """Of the file's bytes."""


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class RecordingsFolder(Spec):
    """`{folder: PATH}`: every wav, flac, ogg, opus and mp3 file below a folder."""

    folder: SuitePath
    categories: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    """Only these, with what lies below them (`noise` has `noise/free-sound`); none given: all."""

    def missing(self) -> str | None:
        """What has to be fetched; `None` if the folder is there."""
        return None if self.folder.is_dir() else f"the folder {self.folder} does not exist"

    def recordings(self, owner: str) -> tuple[Recording, ...]:
        """The recordings of the categories asked for, sorted by name; at least one.

        Raises:
            UsageError: the folder is missing or empty, or has no such category.
        """
        if missing := self.missing():
            raise UsageError(f"{missing}; {owner} takes its recordings from there")
        found = index_folder(self.folder)
        if not found:
            raise UsageError(
                f"the folder {self.folder} of {owner} holds no {', '.join(SUFFIXES)} file; expected at least "
                "one, at any depth"
            )
        for category in self.categories:
            if not any(_within(recording.category, category) for recording in found):
                known = dict.fromkeys(recording.category for recording in found)
                raise UsageError(f"{owner}: {unknown('category', category, known)}")
        return tuple(
            recording
            for recording in found
            if not self.categories or any(_within(recording.category, name) for name in self.categories)
        )


def digest_of(recordings: Iterable[Recording]) -> str:
    """SHA-256 of names and contents; where the folder lies does not matter."""
    total = hashlib.sha256()
    for recording in recordings:
        total.update(f"{recording.sha256}  {recording.name}\n".encode())
    return total.hexdigest()


def require_content(path: Path, sha256: str) -> None:
    """Make sure that a recording is the one that was used before.

    Raises:
        SampleError: it is gone, or another.
    """
    try:
        found = _sha256(path)
    except UsageError as error:
        raise SampleError(str(error)) from error
    if found != sha256:
        raise SampleError(
            f"{path}: found content with the hash {found[:12]}, expected {sha256[:12]}, as recorded"
        )


def index_folder(folder: Path) -> tuple[Recording, ...]:
    """Every recording below a folder, sorted by name; hidden files and folders are left out.

    Contents are hashed once: hashes are kept in the user's cache folder and hold as long as a file's size and
    times stay as they were. Symbolic links are followed.

    Raises:
        UsageError: a file cannot be read.
    """
    started_ns = time.time_ns()
    names = sorted(path.relative_to(folder).as_posix() for path in audio_files(folder))
    known = _read_cache(folder)
    stamps = {name: _stamp(folder / name) for name in names}
    hashes = {name: known[name][1] for name in names if name in known and known[name][0] == stamps[name]}
    unknown_names = [name for name in names if name not in hashes]
    with ThreadPoolExecutor() as pool:
        hashes |= zip(
            unknown_names, pool.map(lambda name: _sha256(folder / name), unknown_names), strict=True
        )
    if unknown_names or len(known) > len(names):
        settled = [name for name in names if max(stamps[name][1:]) < started_ns - _SETTLED_NS]
        _write_cache(folder, {name: (stamps[name], hashes[name]) for name in settled})
    labels = _labels(folder)
    return tuple(
        Recording(name, labels.get(Path(name).name) or Path(name).parent.as_posix().strip("."), hashes[name])
        for name in names
    )


def audio_files(folder: Path, *, but: Path | None = None) -> Iterator[Path]:
    """The audio files below a folder, in an order that depends on their names only.

    Hidden files and folders are left out, and what lies below `but`; symbolic links are followed.
    """
    entered: set[tuple[int, int]] = set() if but is None or not but.is_dir() else {_place(but)}
    for root, below, files in os.walk(folder, followlinks=True):
        place = _place(Path(root))
        below[:] = sorted(name for name in below if not name.startswith("."))
        if place in entered:  # a link to a folder above it or beside it
            below.clear()
            continue
        entered.add(place)
        for name in sorted(files):
            path = Path(root, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and path.is_file():
                yield path


def _place(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _within(category: str, wanted: str) -> bool:
    return f"{category}/".startswith(f"{wanted.strip('/')}/")


def _labels(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for table, (name, label) in LABELS.items():
        path = folder / table
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as stream:
                found |= {
                    row[name]: row[label]
                    for row in csv.DictReader(stream)
                    if row.get(name) and row.get(label)
                }
    return found


_Stamp = Sequence[int]
"""Size in bytes, time of the last change of the contents and of the file's entry, in ns."""


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; expected a recording") from error


def _cache_file(folder: Path) -> Path | None:
    place = cache_folder("recordings")
    return place and place / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]}.json"


def _read_cache(folder: Path) -> dict[str, tuple[_Stamp, str]]:
    """What was hashed before; whatever is wrong with the file, everything is hashed anew."""
    place = _cache_file(folder)
    if place is None:
        return {}
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        return {str(name): (list(map(int, stamp)), str(sha256)) for name, (stamp, sha256) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_cache(folder: Path, entries: Mapping[str, tuple[_Stamp, str]]) -> None:
    place = _cache_file(folder)
    if place is not None:
        with suppress(SaveError):  # then the next command hashes again
            write_text(place, json.dumps(entries))
