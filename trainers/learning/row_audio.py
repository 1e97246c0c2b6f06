"""The audio of a training row: the clip itself, and what it was before it was degraded."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asrdiag.audio import sha256_of, to_pcm16_grid
from asrdiag.audio_header import read_header
from asrdiag.engines.transformers.families.base import RATE_HZ

from ..data.clips import ClipRefused, Limits, Place, read_place
from ..data.line import TrainingRow
from ..data.sources import KEYS, wrong_in

_LOSSLESS = ("WAV ", "FLAC ")
"""At our rate these are the same samples on every machine; what resamples or decodes others may be newer."""


def read_degraded(row: TrainingRow, limits: Limits) -> npt.NDArray[np.float32]:
    """A row's own clip at 16 kHz, float32 of shape [n_samples].

    Raises:
        ClipRefused: it cannot be trained on, or is not the one that `meta.audio_sha256` was taken of.
    """
    place = Place(row.audio)
    samples = read_place(place, RATE_HZ, limits)
    _require_unchanged(place, samples, row.meta.get("audio_sha256"), rounded=True)
    return samples


def read_clean(row: TrainingRow, rows: Path, limits: Limits) -> npt.NDArray[np.float32]:
    """What a row's clip was made of, as `clean_place` finds it; as `read_degraded`.

    Raises:
        ClipRefused: it is not there, or not the one that `meta.source.sha256` was taken of; or nobody should
            train on it.
    """
    place = clean_place(row, rows)
    samples = read_place(place, RATE_HZ, limits)
    _require_unchanged(place, samples, row.meta["source"].get("sha256"), rounded=False)
    return samples


def clean_place(row: TrainingRow, rows: Path) -> Place:
    """Where the clip of a degraded row is as it was before it was degraded.

    Args:
        row: with `meta.source`: `path`, and where it is a part of that file `offset_s` and `duration_s`, or
            `row` and `column`.
        rows: the file that it stands in; a relative path starts at its folder.

    Raises:
        ClipRefused: the row does not say what it was made of.
    """
    source = row.meta.get("source")
    if not isinstance(source, Mapping) or not source.get("path"):
        raise ClipRefused(
            "no_source", "found no meta.source.path, expected where the clip is that this one was made of"
        )
    if wrong := wrong_in(source):
        raise ClipRefused("no_source", f"meta.source.{wrong}")
    said: dict[str, Any] = {key: source[key] for key in KEYS if source.get(key) is not None}
    # As paths of clips are read, where a folder on the way may be a link.
    path = Path(os.path.normpath(rows.parent / said.pop("path")))
    return Place(path, **said)


def _require_unchanged(
    place: Place, samples: npt.NDArray[np.float32], sha256: object, *, rounded: bool
) -> None:
    """Refuse other samples than were graded, where that can be told.

    Args:
        place: where they were read.
        samples: at 16 kHz.
        sha256: of those on record; nothing is asked where there is no text.
        rounded: whether that was taken of samples rounded to 16 bits.
    """
    if not isinstance(sha256, str) or not sha256:
        return
    header = read_header(place.path, row=place.row, column=place.column)
    exact = header.sample_rate_hz == RATE_HZ and header.encoding.startswith(_LOSSLESS)
    if exact and sha256_of(to_pcm16_grid(samples) if rounded else samples, RATE_HZ) != sha256:
        raise ClipRefused(
            "changed_audio", f"{place.path}: found other samples than on record; make the rows again"
        )
