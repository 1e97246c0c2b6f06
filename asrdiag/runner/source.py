"""Where a clip comes from, and whether a recorded answer is still about it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..audio import audio_blocks, audio_duration_s, read_audio, sha256_of
from ..datasets.base import Utterance
from ..errors import SampleError
from ..simulation.base import Samples


def load(utterance: Utterance, sample_rate_hz: int) -> Samples:
    """An utterance's audio, mono, at a rate in Hz.

    Raises:
        SampleError: it cannot be read.
    """
    return read_audio(
        utterance.audio_path,
        sample_rate_hz,
        offset_s=utterance.offset_s,
        duration_s=utterance.duration_s,
        row=utterance.audio_row,
        column=utterance.audio_column,
    )


def load_blocks(utterance: Utterance, sample_rate_hz: int) -> Iterator[Samples]:
    """What `load` gives, a stretch at a time; errors come when the damage is reached."""
    return audio_blocks(
        utterance.audio_path,
        sample_rate_hz,
        offset_s=utterance.offset_s,
        duration_s=utterance.duration_s,
        row=utterance.audio_row,
        column=utterance.audio_column,
    )


def promised_duration_s(utterance: Utterance) -> float | None:
    """An utterance's length in seconds, of its stretch or by its file's header; `None` if neither says."""
    if utterance.duration_s is not None:
        return utterance.duration_s
    try:
        whole = audio_duration_s(utterance.audio_path, row=utterance.audio_row, column=utterance.audio_column)
    except SampleError:
        return None
    return round(whole - utterance.offset_s, 6) if whole > utterance.offset_s else None


def labels_of(utterance: Utterance, position: int) -> dict[str, Any]:
    """What a dataset says of an utterance that no transcript depends on."""
    return {
        "position": position,
        "subset": utterance.subset,
        "language": utterance.language,
        "speaker": utterance.speaker,
        "factors": dict(utterance.factors),
        "reference_raw": utterance.reference,
    }


def source_of(utterance: Utterance) -> dict[str, Any]:
    """Where a clip is read from, `row` and `column` if it is in a table; the hash joins it as `sha256`."""
    place: dict[str, Any] = {"path": str(utterance.audio_path)}
    if utterance.audio_row is not None:
        place |= {"row": utterance.audio_row, "column": utterance.audio_column}
    return {**place, **_stretch(utterance), **_stamp(utterance.audio_path)}


def current_source(
    record: Mapping[str, Any], utterance: Utterance, sample_rate_hz: int
) -> Mapping[str, Any] | None:
    """The source of an answered record as it is now, or `None` if the answer is about other audio.

    The file that was read, with the size and time it had, is taken to be as it was; of any other the audio
    itself is compared. A file that is gone says nothing against the record.
    """
    old, now = record["source"], source_of(utterance)
    if record["language"] != utterance.language or not _stretch(utterance).items() <= old.items():
        return None
    if "sha256" not in old:
        return now if now["path"] == old["path"] else None
    if now["bytes"] is None or now.items() <= old.items():
        return dict(old)
    now["sha256"] = _audio_sha256(utterance.audio_path, tuple(now.items())[1:], sample_rate_hz)
    return now if now["sha256"] == old["sha256"] else None


@lru_cache(maxsize=100_000)
def _audio_sha256(path: Path, source: tuple[tuple[str, Any], ...], sample_rate_hz: int) -> str | None:
    """The hash of what `source` says of a file, `None` if it cannot be read; one clip is in many cells."""
    where = dict(source)
    try:
        samples = read_audio(
            path,
            sample_rate_hz,
            **{name: where[name] for name in ("offset_s", "duration_s", "row", "column") if name in where},
        )
    except SampleError:
        return None
    return sha256_of(samples, sample_rate_hz)


def changed_labels(record: Mapping[str, Any], utterance: Utterance, position: int) -> dict[str, Any]:
    """The labels in which a record differs from its dataset."""
    labels = labels_of(utterance, position)
    return {name: value for name, value in labels.items() if record[name] != value}


def _stretch(utterance: Utterance) -> dict[str, Any]:
    return {"offset_s": utterance.offset_s, "duration_s": utterance.duration_s}


def _stamp(path: Path) -> dict[str, Any]:
    try:
        status = path.stat()
    except OSError:
        return {"bytes": None, "mtime_ns": None}
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}
