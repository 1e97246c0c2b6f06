"""The answers that pass the filters with their audio, as one file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from asrdiag.errors import SampleError

from .export import AUDIO, COLUMNS, Cases, Row, csv_line, csv_row, json_line, write_ordered
from .index import CaseKey
from .sound import Refused, Sound, flac_of, heard, rate_of, recorded, samples_of

_LONGEST = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""What no file may be called on Windows."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What became of the audio."""

    n_clips: int
    missing: Mapping[str, int]
    """Why versions of clips are not there, and how many."""


def save_zip(stream: IO[bytes], cases: Cases) -> Archived:
    """Write answers as `cases.csv` and `cases.jsonl`, and what was heard and recorded as FLAC below `audio/`.

    Each clip is there once, whoever answered it: `audio/<dataset>/<condition>/<sample>.flac` as it was heard,
    `audio/<dataset>/recordings/<sample>.flac` as it was recorded where the two differ. Characters that some
    system does not allow in names of files are replaced.

    Args:
        stream: where to; it need not be seekable.
        cases: what is written.

    Raises:
        AsrdiagError: scores cannot be read, or have changed since the index was read.
    """
    columns = (*COLUMNS, *AUDIO)
    with ZipFile(stream, "w") as archive, TemporaryFile() as table, TemporaryFile() as lines:
        clips = _Clips(archive)

        def render(place: int, key: CaseKey, row: Row) -> tuple[bytes, bytes]:
            row |= clips.of(cases, key, row)
            return csv_row(row, columns), json_line(row)

        table.write(csv_line(columns))
        write_ordered(cases, [table, lines], render)
        for name, spool in (("cases.csv", table), ("cases.jsonl", lines)):
            spool.seek(0)
            with archive.open(_entry(name, ZIP_DEFLATED), "w", force_zip64=True) as entry:
                while part := spool.read(1 << 20):
                    entry.write(part)
    return Archived(clips.n, clips.missing)


@dataclass(slots=True)
class _Clips:
    archive: ZipFile
    n: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    _names: dict[tuple[Sound, int], str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def of(self, cases: Cases, key: CaseKey, row: Mapping[str, Any]) -> dict[str, str]:
        """The names of the files with what was heard and what was recorded; "" where there is none."""
        run, rate = cases.runs[key.run], rate_of(row)
        found = dict.fromkeys(AUDIO, "")
        found[AUDIO[0]] = self._add(
            heard(run, key.dataset, row), rate, (key.dataset, key.condition, key.sample_id)
        )
        if row.get("degradation"):
            names = (key.dataset, "recordings", key.sample_id)
            found[AUDIO[1]] = self._add(recorded(run, key.dataset, row), rate, names)
        return found

    def _add(self, sound: Sound | Refused, rate: int, names: tuple[str, ...]) -> str:
        if isinstance(sound, Refused):
            return self._missed(sound.why)
        if (sound, rate) in self._names:
            return self._names[sound, rate]
        try:
            content = _flac(sound, rate)
        except (OSError, SampleError) as error:
            return self._missed(str(error))
        name = self._free("/".join(("audio", *map(safe_name, names))))
        self.archive.writestr(_entry(name, ZIP_STORED), content)
        self._names[sound, rate] = name
        self.n += 1
        return name

    def _missed(self, why: str) -> str:
        self.missing[why] = self.missing.get(why, 0) + 1
        return ""

    def _free(self, name: str) -> str:
        free, number = name, 1
        while free.lower() in self._taken:  # not all systems tell capitals apart
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free.lower())
        return f"{free}.flac"


def _flac(sound: Sound, rate: int) -> bytes:
    whole = sound.offset_s == 0 and sound.duration_s is None and sound.row is None
    if whole and sound.path.suffix == ".flac":
        return sound.path.read_bytes()
    return flac_of(samples_of(sound, rate), rate)


def safe_name(text: str) -> str:
    """A part of a path made from any text: letters, digits, `.`, `_` and `-`, not too long, never `..`.

    >>> [safe_name(text) for text in ("a/../b c", "..", "con", "Ünï-1", "")]
    ['a_.._b_c', '_.', '_con', 'Ünï-1', '_']
    """
    kept = "".join(each if each.isalnum() or each in "._-" else "_" for each in text[:_LONGEST])
    if not kept or kept.startswith(".") or _RESERVED.fullmatch(kept.partition(".")[0]):
        return f"_{kept[1:] if kept.startswith('.') else kept}"
    return kept


def _entry(name: str, compression: int) -> ZipInfo:
    """An entry without a time, so that the same cases make the same file."""
    entry = ZipInfo(name)
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry
