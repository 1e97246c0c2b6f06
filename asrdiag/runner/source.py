"""Where a clip comes from, and whether a recorded answer is still about it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..audio import read_audio, sha256_of
from ..datasets.base import Utterance
from ..errors import SampleError
from ..simulation.base import Samples


def load(utterance: Utterance, sample_rate_hz: int) -> Samples:
    """An utterance's audio, mono, at a rate in Hz.

    Raises:
        SampleError: it cannot be read.
    """
    return read_audio(
        utterance.audio_path, sample_rate_hz, offset_s=utterance.offset_s, duration_s=utterance.duration_s
    )


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
    """Where a clip is read from; the hash of what was read joins it as `sha256`."""
    return {
        "path": str(utterance.audio_path),
        **_stretch(utterance),
        **_stamp(utterance.audio_path),
    }


def changed_labels(record: Mapping[str, Any], utterance: Utterance, position: int) -> dict[str, Any]:
    """The labels in which a record differs from its dataset."""
    labels = labels_of(utterance, position)
    return {name: value for name, value in labels.items() if record[name] != value}


def same_audio(record: Mapping[str, Any], utterance: Utterance, sample_rate_hz: int) -> bool:
    """Whether an answered record is about the audio that its utterance has now.

    A file with the size and time of the one that was read is taken to be it; of any other the audio itself
    is compared. A file that is gone says nothing against the record.
    """
    source = record["source"]
    if record["language"] != utterance.language or not _stretch(utterance).items() <= source.items():
        return False
    stamp = _stamp(utterance.audio_path)
    if stamp["bytes"] is None or stamp.items() <= source.items():
        return True
    try:
        samples = load(utterance, sample_rate_hz)
    except SampleError:
        return False
    return bool(sha256_of(samples, sample_rate_hz) == source["sha256"])


def _stretch(utterance: Utterance) -> dict[str, Any]:
    return {"offset_s": utterance.offset_s, "duration_s": utterance.duration_s}


def _stamp(path: Path) -> dict[str, Any]:
    try:
        status = path.stat()
    except OSError:
        return {"bytes": None, "mtime_ns": None}
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}
