"""What a worker process does: one stretch of the list of clips to be made, after another."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..store.saving import saving
from .clips import ClipMaker, Failed, Made
from .formats import AudioFormat
from .recipe import Recipe
from .spool import Spool
from .writers import Shards, open_writer


@dataclass(frozen=True, slots=True)
class Job:
    """All that workers need to know; sent to each of them once."""

    recipe: Recipe
    format: AudioFormat
    shards: Shards | None
    out: Path
    work: Path
    """A folder for unfinished files and the list of clips, on the same file system as `out`."""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    """Tells this job from an earlier one in the same process."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is made in one go. Of a recipe with v versions, number n is version n % v of clip n // v."""

    first: int
    end: int
    file: int
    """The number of the shard they go to, where there are shards."""
    killers: tuple[int, ...] = ()
    """Of these, each ended the process that was to make it; they are recorded as failed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a stretch."""

    lines: Sequence[bytes]
    """Of the manifest, in order."""
    failures: Sequence[dict[str, Any]]
    audio_s: float


class WorkerLost(Exception):
    """The process ended while it had this clip (a crash in native code, or the system killed it)."""


def run_stretch(job: Job, stretch: Stretch) -> Result:
    """Make and write a stretch.

    Raises:
        SaveError: a clip could not be written, or the list of clips is gone.
        UsageError: something is wrong that would be wrong with every clip.
    """
    maker = _maker(job)
    made: Made | Failed
    lines: list[bytes] = []
    failures: list[dict[str, Any]] = []
    audio_s = 0.0
    marker = marker_of(job.work, stretch)
    with saving(marker):
        fd = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with open_writer(job.out, job.work, job.format.suffix, job.shards, stretch.file) as writer:
            for number in range(stretch.first, stretch.end):
                with saving(marker):
                    os.pwrite(fd, b"%20d" % number, 0)
                position, version = divmod(number, job.recipe.versions)
                if number in stretch.killers:
                    made = maker.lost(position, version, WorkerLost(WorkerLost.__doc__))
                else:
                    made = maker.make(position, version)
                if isinstance(made, Made):
                    lines.append(writer.add(made))
                    audio_s += made.duration_s
                else:
                    failures.append(made.record)
        marker.unlink()
    finally:
        os.close(fd)
    return Result(lines, failures, audio_s)


def make_alone(job: Job, number: int) -> None:
    """Make a clip and throw it away: the process that is asked to survives this, or does not."""
    _maker(job).make(*divmod(number, job.recipe.versions))


def marker_of(work: Path, stretch: Stretch) -> Path:
    """A file that says which clip of a stretch is under way; it is gone when the stretch is done."""
    return work / f"at-{stretch.first}"


def under_way(work: Path, stretch: Stretch) -> int | None:
    """The clip that a lost process had, if it had one of this stretch."""
    try:
        return int(marker_of(work, stretch).read_bytes())
    except (FileNotFoundError, ValueError):
        return None


_makers: dict[str, ClipMaker] = {}


def _maker(job: Job) -> ClipMaker:
    if job.key not in _makers:
        _makers.clear()
        _makers[job.key] = ClipMaker(Spool(job.work), job.recipe, job.format, job.work)
    return _makers[job.key]
