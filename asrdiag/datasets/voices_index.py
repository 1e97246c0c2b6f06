"""The rows of an index of VOiCES and the names of its recordings; `voices` shows both."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..delimited import read_records
from ..errors import UsageError
from .base import Utterance
from .corpus import Problem
from .manifest_rows import read_lines

SPEECH, SOURCE = "distant-16k/speech", "source-16k"
"""Where recordings and what was played lie, below the root."""

_COLUMNS = ("filename", "query_name", "gender", "transcript")
_NAME = re.compile(
    r"Lab41-SRI-VOiCES-(?P<room>rm\d)-(?P<distractor>[a-z]{4})-"
    r"(?P<source_id>(?P<speaker>sp\d{4})-ch\d{6}-sg\d{4})-"
    r"mc(?P<microphone>\d\d)-[a-z]{3}-(?P<position>[a-z\d]{3})-dg(?P<degrees>\d{3})"
)


@dataclass(frozen=True, slots=True)
class Recording:
    """A row of the index."""

    where: str
    """File and line."""
    split: str
    name: str
    """Of the file, without folder and suffix."""
    room: str
    distractor: str
    source_id: str
    """Speaker, chapter and segment: `sp5622-ch041172-sg0001`."""
    speaker: str
    microphone: int
    position: str
    degrees: int
    gender: str
    transcript: str

    @property
    def filename(self) -> str:
        """Where the recording lies below the root."""
        folder = f"{SPEECH}/{self.split}/{self.room}/{self.distractor}/{self.speaker}"
        return f"{folder}/{self.name}.wav"

    @property
    def source_filename(self) -> str:
        """Where what was played lies below the root."""
        return f"{SOURCE}/{self.split}/{self.speaker}/{_source_name(self)}.wav"

    def utterance(self, root: Path) -> Utterance:
        """What was recorded."""
        return Utterance(
            sample_id=self.name,
            audio_path=root / self.filename,
            reference=self.transcript,
            subset=f"{self.room}_{self.distractor}_{self.position}",
            speaker=self.speaker,
            factors={
                "room": self.room,
                "distractor": self.distractor,
                "position": self.position,
                "microphone": f"mc{self.microphone:02d}",
                "degrees": float(self.degrees),
                "gender": self.gender,
                "source_id": self.source_id,
            },
        )

    def source_utterance(self, root: Path) -> Utterance:
        """What was played."""
        return Utterance(
            sample_id=_source_name(self),
            audio_path=root / self.source_filename,
            reference=self.transcript,
            subset="source",
            speaker=self.speaker,
            factors={"gender": self.gender, "source_id": self.source_id},
        )


def _source_name(recording: Recording) -> str:
    return f"Lab41-SRI-VOiCES-src-{recording.source_id}"


def read_index(path: Path, split: str, problems: list[Problem]) -> Iterator[Recording]:
    """The rows of an index, in its order; to what is wrong with the others the problems are added.

    Raises:
        OSError: the file cannot be read.
        UsageError: a column is missing, a line is not UTF-8 or the quoting is broken.
    """
    first: dict[str, str] = {}
    for where, row in _rows(path, _COLUMNS, problems):
        name = row["query_name"]
        parts = _NAME.fullmatch(name)
        if parts is None:
            example = "Lab41-SRI-VOiCES-rm1-musi-sp5622-ch041172-sg0001-mc01-stu-clo-dg010"
            what = f"found the query_name {name!r}, expected one like {example}"
            problems.append(Problem(where, what, listed=False))
            continue
        recording = Recording(
            where=where,
            split=split,
            name=name,
            room=parts["room"],
            distractor=parts["distractor"],
            source_id=parts["source_id"],
            speaker=parts["speaker"],
            microphone=int(parts["microphone"]),
            position=parts["position"],
            degrees=int(parts["degrees"]),
            gender=row["gender"],
            transcript=" ".join(row["transcript"].split()),
        )
        if first.setdefault(name, where) != where:
            what = f"found {name} again, first at {first[name]}"
            problems.append(Problem(where, what, listed=False))
            continue
        if row["filename"] != recording.filename:
            what = f"found the filename {row['filename']!r}, expected {recording.filename!r} as it is {name}"
            problems.append(Problem(where, what))
        elif not recording.transcript:
            problems.append(Problem(where, f"found no transcript of {name}"))
        yield recording


def check_transcripts(path: Path, recordings: Iterable[Recording]) -> Iterator[Problem]:
    """A problem for each recording whose transcript the other list gives otherwise; it may be absent.

    Raises:
        OSError: the file cannot be read.
        UsageError: a column is missing, a line is not UTF-8 or the quoting is broken.
    """
    if not path.is_file():
        return
    named = {recording.name: recording for recording in recordings}
    problems: list[Problem] = []
    for where, row in _rows(path, ("file_name", "transcript"), problems):
        recording = named.get(row["file_name"].removesuffix(".wav"))
        text = " ".join(row["transcript"].split())
        if recording is not None and text != recording.transcript:
            what = f"found the transcript {text!r}, expected {recording.transcript!r} as at {recording.where}"
            yield Problem(where, what)
    yield from problems


def _rows(
    path: Path, columns: Iterable[str], problems: list[Problem]
) -> Iterator[tuple[str, dict[str, str]]]:
    records = read_records(path, (line for _, line in read_lines(path)), ",")
    line, header = next(records, (1, []))
    for name in columns:
        if name not in header:
            found = ", ".join(header) or "an empty file"
            raise UsageError(f"{path}:{line}: found no column {name!r}, only: {found}")
    for line, cells in records:
        if len(cells) == len(header):
            yield f"{path}:{line}", dict(zip(header, cells, strict=True))
        else:
            what = f"found {len(cells)} fields, expected {len(header)}"
            problems.append(Problem(f"{path}:{line}", what, listed=False))
