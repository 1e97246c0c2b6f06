"""The audio of a case: from the run directory and the dataset roots that the run names, else refused."""

import io
import json
import math
import mmap
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import SampleError

from .runs import OpenRun
from .shapes import is_number

_KEPT = re.compile(r"audio/[0-9a-f]{64}\.flac")


@dataclass(frozen=True, slots=True)
class Sound:
    """Where a stretch of audio is: a file that may be served, and which part of it."""

    path: Path
    offset_s: float = 0.0
    duration_s: float | None = None
    row: int | None = None
    column: str = "audio"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is nothing to hear."""

    why: str


def heard(run: OpenRun, dataset: str, record: Mapping[str, Any]) -> Sound | Refused:
    """What the system was given: the degraded clip, if it was kept; the recording if nothing was done."""
    kept = _mapping(record.get("audio")).get("kept")
    if kept is None:
        if not record.get("degradation"):
            return recorded(run, dataset, record)
        return Refused(
            "the degraded clip was not kept; `save_audio: all` in the suite's report keeps every one"
        )
    if not isinstance(kept, str) or not _KEPT.fullmatch(kept):
        return Refused("the record names an audio file that is not one of the run's")
    return _below(run.path / kept, [run.path]) or Refused(f"the kept clip {kept} is not in the run")


def recorded(run: OpenRun, dataset: str, record: Mapping[str, Any]) -> Sound | Refused:
    """The recording before anything was done to it."""
    source = _mapping(record.get("source"))
    path, offset_s, duration_s = (source.get(name) for name in ("path", "offset_s", "duration_s"))
    row, column = source.get("row"), source.get("column", "audio")
    if not isinstance(path, str) or not path or "\0" in path:
        return Refused("the record does not say where the recording is")
    if not (
        offset_s is not None
        and is_number(offset_s)
        and is_number(duration_s)
        and (row is None or isinstance(row, int))
        and isinstance(column, str)
    ):
        return Refused("the record does not say which part of the recording it is")
    place = _below(Path(path), roots(run, dataset)) or _listed(Path(path), run, dataset)
    if place is None:
        if not Path(path).exists():
            return Refused(f"the recording is not where it was: {path}")
        return Refused(f"the recording is outside the roots that the run names for its dataset: {path}")
    return Sound(place.path, float(offset_s), None if duration_s is None else float(duration_s), row, column)


def roots(run: OpenRun, dataset: str) -> list[Path]:
    """The folders that a run's suite names for a dataset; the demo corpus is where it is installed.

    A manifest's root is its own folder; files elsewhere are served if it lists them.
    """
    from asrdiag.engines.moonshine_files import asset

    found = []
    for entry in _datasets(run):
        if entry.get("id") != dataset:
            continue
        if entry.get("loader") == "demo" and (demo := asset("two_cities.wav")):
            found.append(demo.parent)
        root, path = (_path(entry.get(name)) for name in ("root", "path"))
        found += [root] if root else []
        found += [path.parent if path.is_file() else path] if path else []
    return [root for root in found if root.is_absolute() and root != Path(root.anchor)]


def _path(given: object) -> Path | None:
    return Path(given) if isinstance(given, str) and given and "\0" not in given else None


def _datasets(run: OpenRun) -> tuple[Mapping[str, Any], ...]:
    path = run.path / "suite.resolved.yaml"
    try:
        status = path.stat()
    except OSError:
        return ()
    return _datasets_of(path, status.st_mtime_ns, status.st_size) if path.is_file() else ()


@lru_cache(maxsize=16)
def _datasets_of(path: Path, mtime_ns: int, size: int) -> tuple[Mapping[str, Any], ...]:
    """The datasets of a suite; to parse it takes longer than to read a clip, and each clip asks."""
    import yaml

    try:
        suite = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (
        OSError,
        ValueError,
        yaml.YAMLError,
        RecursionError,
    ):  # the last: brackets in thousands of brackets
        return ()
    entries = suite.get("datasets") if isinstance(suite, dict) else None
    return tuple(each for each in (entries if isinstance(entries, list) else []) if isinstance(each, dict))


def _below(path: Path, folders: list[Path]) -> Sound | None:
    """The file, if it is one and is below one of the folders once every link is followed."""
    try:
        place = path.resolve(strict=True)
        allowed = [folder.resolve(strict=True) for folder in folders if folder.exists()]
    except (OSError, RuntimeError, ValueError):
        return None
    inside = any(place.is_relative_to(folder) for folder in allowed)
    return Sound(place) if inside and place.is_file() else None


def _listed(path: Path, run: OpenRun, dataset: str) -> Sound | None:
    """The file, if it is one and the dataset's manifest lists it."""
    for entry in _datasets(run):
        given = entry.get("path")
        if entry.get("id") == dataset and entry.get("loader") == "manifest" and isinstance(given, str):
            names = {str(path), os.path.relpath(path, Path(given).parent)}
            quoted = {json.dumps(name, ensure_ascii=ascii)[1:-1] for name in names for ascii in (True, False)}
            try:
                with (
                    Path(given).open("rb") as stream,
                    mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text,
                ):
                    there = any(text.find(name.encode()) >= 0 for name in names | quoted)
            except (OSError, ValueError):
                continue
            if there and path.is_file():
                return Sound(path.resolve())
    return None


def samples_of(sound: Sound, sample_rate_hz: int, longest_s: float = math.inf) -> NDArray[np.float32]:
    """The stretch, mono, shape [n_samples].

    Raises:
        SampleError: it cannot be read, or is longer than `longest_s`; no more than that is read then.
    """
    from asrdiag.audio import audio_blocks

    parts, n = [np.empty(0, np.float32)], 0
    for part in audio_blocks(
        sound.path,
        sample_rate_hz,
        offset_s=sound.offset_s,
        duration_s=sound.duration_s,
        row=sound.row,
        column=sound.column,
    ):
        n += len(part)
        if n > longest_s * sample_rate_hz:
            raise SampleError(
                f"{sound.path}: longer than {longest_s / 60:g} minutes, the most that is read here"
            )
        parts.append(part)
    return np.concatenate(parts)


def flac_of(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Samples as mono 16-bit FLAC, which browsers play and seek in.

    Raises:
        SampleError: they cannot be encoded.
    """
    import soundfile

    from asrdiag.audio import write_pcm16

    stream = io.BytesIO()
    try:
        write_pcm16(stream, samples, sample_rate_hz, "FLAC", "PCM_16")
    except soundfile.SoundFileError as error:
        raise SampleError(f"the clip could not be encoded for the browser: {error}") from error
    return stream.getvalue()


def rate_of(record: Mapping[str, Any]) -> int:
    """The sample rate at which a record's audio was given to the system, if it says one that can be."""
    rate = _mapping(record.get("audio")).get("sample_rate_hz")
    return rate if isinstance(rate, int) and 1000 <= rate <= 192_000 else 16_000


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
