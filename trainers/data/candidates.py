"""A clip that may become a training row, as an input gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .clips import Place

SAMPLE_RATE_HZ = 16_000
"""At which audio is hashed, to be found again in other containers; clips cut out are written at it too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip with its text, and what is known of how a base system did on it."""

    id: str
    where: str
    """For messages: the file and line that it comes from."""
    place: Place
    solution: str
    language: str
    prediction: str | None = None
    base_wer: float | None = None
    """As stated where there is no prediction."""
    duration_s: float | None = None
    scenario: str | None = None
    severity: float | None = None
    condition: str | None = None
    seed: int | None = None
    speaker: str | None = None
    source: Mapping[str, Any] | None = None
    """The clip it was made of: `path`, `offset_s`, `duration_s`, and `sha256` of its samples at 16 kHz."""
    sha256: str | None = None
    """What the samples at 16 kHz have to be, where that is on record."""
    remake: Mapping[str, Any] | None = None
    """How to make the degraded clip from the one at `place`, if it was not kept: see `Remaker`."""
    normalizer: str | None = None
    """That it was scored with before."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """What a row that there was already said besides."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A clip that becomes no row."""

    where: str
    id: str | None
    reason: str
    detail: str
