"""Levels: how loud speech is while somebody speaks, and how loud noise is."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blocks import Audio, blocks, is_long, total

Doubles = npt.NDArray[np.float64]

_TIME_CONSTANT_S = 0.03
_HANGOVER_S = 0.2
_MARGIN_DB = 15.9
_STEP_DB = 20 * math.log10(2)

_ADDED_AT_ONCE = 1 << 22
"""Samples whose energy is added up in one go."""


@dataclass(frozen=True, slots=True)
class ActiveLevel:
    """The level of the speech in a clip, pauses left out."""

    level_db: float
    """dB relative to a constant of 1.0 (a full-scale sine is at -3.01 dB)."""
    activity: float
    """Share of the clip in which somebody speaks, in (0, 1]."""


def active_speech_level(samples: Audio, sample_rate_hz: int) -> ActiveLevel | None:
    """The active speech level by method B of ITU-T P.56.

    The rectified signal passes through two exponential smoothers with a time constant of 0.03 s. For each
    threshold of a ladder of powers of two, the clip counts as active while the envelope reaches the
    threshold and for 0.2 s after; its energy over its active samples is the level at that threshold. The
    active speech level is where that level lies 15.9 dB above the threshold, interpolated between two
    thresholds.

    The ladder spans the clip's own range, so that quiet clips need no gain first. P.56's own ends at one
    step of the converter; at usual levels the two agree.

    Args:
        samples: mono audio, shape [n_samples], finite.
        sample_rate_hz: its rate.

    Returns:
        `None` for a clip without activity: it is silent, or holds only clicks, or is too short (about 20 ms)
        for the envelope to rise.

    Source: ITU-T Recommendation P.56, Objective measurement of active speech level.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 16000).astype(np.float32)
    >>> half_silent = np.concatenate([tone, np.zeros(32000, np.float32)])
    >>> level = active_speech_level(half_silent, 16000)
    >>> round(level.level_db, 1), round(level.activity, 2)
    (-3.6, 0.57)
    >>> active_speech_level(np.zeros(16000, np.float32), 16000) is None
    True
    """
    energy = 0.0
    for start in range(0, len(samples), _ADDED_AT_ONCE):
        signal = samples[start : start + _ADDED_AT_ONCE].astype(np.float64)
        energy += float(signal @ signal)
    if energy <= 0:
        return None
    pole = math.exp(-1 / (sample_rate_hz * _TIME_CONSTANT_S))
    held = None if is_long(len(samples)) else list(_envelope(samples, pole))
    highest = max(float(envelope.max()) for _, envelope in held or _envelope(samples, pole))
    long_term_db = _decibels(energy / len(samples))

    # Whatever is active at the lowest threshold, the level there exceeds the margin: it is at least the
    # long-term one.
    top = math.floor(math.log2(highest))
    bottom = math.floor((long_term_db - _MARGIN_DB) / _STEP_DB)
    hangover = math.ceil(sample_rate_hz * _HANGOVER_S)
    thresholds = [2.0**exponent for exponent in range(bottom, top + 1)]
    active = _active_samples(held or _envelope(samples, pole), len(samples), thresholds, hangover)
    below: tuple[float, float] | None = None
    for exponent, count in zip(range(bottom, top + 1), active, strict=True):
        level_db = _decibels(energy / count)
        excess_db = level_db - exponent * _STEP_DB - _MARGIN_DB
        if excess_db <= 0:
            if below:
                share = below[1] / (below[1] - excess_db)
                level_db = below[0] + share * (level_db - below[0])
            return ActiveLevel(level_db, min(1.0, 10 ** ((long_term_db - level_db) / 10)))
        below = (level_db, excess_db)
    return None


def _envelope(samples: Audio, pole: float) -> Iterator[tuple[slice, Doubles]]:
    """A clip's envelope, a block at a time."""
    # Imported here because scipy.signal takes longer to import than all the rest of a `validate`.
    from scipy.signal import lfilter

    states = [np.zeros(1), np.zeros(1)]
    for part in blocks(len(samples)):
        envelope = np.abs(samples[part].astype(np.float64))
        for turn, state in enumerate(states):
            envelope, states[turn] = lfilter([1 - pole], [1, -pole], envelope, zi=state)
        yield part, envelope


def _active_samples(
    stretches: Iterable[tuple[slice, Doubles]], n_samples: int, thresholds: list[float], hangover: int
) -> Iterator[int]:
    """For each of the rising thresholds, how many samples are active at it."""
    counts = [0] * len(thresholds)
    last: list[int | None] = [None] * len(thresholds)
    for part, envelope in stretches:
        above = np.arange(len(envelope))
        for level, threshold in enumerate(thresholds):
            above = above[envelope[above] >= threshold]
            if not len(above):
                break
            if (before := last[level]) is not None:
                counts[level] += min(part.start + int(above[0]) - before, hangover + 1)
            counts[level] += int(np.minimum(np.diff(above), hangover + 1).sum())
            last[level] = part.start + int(above[-1])
    for count, before in zip(counts, last, strict=True):
        assert before is not None
        yield count + min(n_samples - before, hangover + 1)


def rms_level_db(samples: Audio) -> float | None:
    """The level of a whole clip in dB relative to a constant of 1.0; `None` for silence or no samples.

    >>> round(rms_level_db(np.array([0.5, -0.5], np.float32)), 2)
    -6.02
    """
    if not len(samples):
        return None
    power = float(
        total(len(samples), lambda part: np.sum(np.square(samples[part], dtype=np.float64))) / len(samples)
    )
    return _decibels(power) if power > 0 else None


def _decibels(power: float) -> float:
    return 10 * math.log10(power)
