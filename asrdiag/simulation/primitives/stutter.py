"""Lost frames that stutter or fall silent."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...blocks import A, Samples, blank_like, each_block
from .clip import require_clip, require_within

FRAME_S = 0.02
CAME_THROUGH, REPEATED, SILENCED = ".", "r", "s"


class Uniform(Protocol):
    """Something that gives uniform random numbers, as `numpy.random.RandomState`."""

    def random_sample(self, size: tuple[int, int]) -> npt.NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class Losses:
    """Which frames of a clip are lost."""

    events: int
    frame_map: str
    """One letter a frame: `.` came through, `r` repeats the last that did, `s` is silent."""


def draw_losses(
    n_samples: int,
    sample_rate_hz: int,
    rng: Uniform,
    *,
    probability: float,
    longest: int,
    repeat_probability: float,
) -> Losses:
    """Draw which of a clip's 20 ms frames are lost.

    At a frame that is not in an event, an event starts with `probability` and lasts 1 to `longest` frames,
    all equally likely. Each of its frames becomes the last frame that came through, with
    `repeat_probability`, else silence. Until one has come through there is only silence to put.

    Args:
        n_samples: length of the clip.
        sample_rate_hz: its rate.
        rng: gives three numbers a frame, whether they are used or not: more severity changes nothing else.
        probability: 0 to 1.
        longest: in frames, at least 1.
        repeat_probability: 0 to 1.

    Raises:
        ValueError: a parameter is not as said.
    """
    require_within("probability", probability, 0, 1)
    require_within("longest", longest, 1, 1000)
    require_within("repeat_probability", repeat_probability, 0, 1)
    n_frames = -(-n_samples // frame_samples(sample_rate_hz))
    start, length, fate = rng.random_sample((n_frames, 3)).T
    frame_map = [CAME_THROUGH] * n_frames
    events = hit = end = 0
    for first in np.flatnonzero(start < probability).tolist():
        if first < end:
            continue  # inside an event
        some_came = first > hit
        end = min(first + 1 + int(length[first] * longest), n_frames)
        for frame in range(first, end):
            frame_map[frame] = REPEATED if some_came and fate[frame] < repeat_probability else SILENCED
        events += 1
        hit += end - first
    return Losses(events, "".join(frame_map))


def stutter(samples: A, sample_rate_hz: int, frame_map: str, *, out: A | None = None) -> A:
    """Replace the lost frames of a clip, on a grid of 20 ms that begins with its first sample.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        frame_map: one letter for each frame, see `Losses`; the last frame may be shorter.

    Returns:
        float32 of the same length.

    Raises:
        TypeError, ValueError: the clip is not as said, or the map is not one of this clip.

    >>> stutter(np.array([1, 2, 3, 4, 5, 6, 7], np.float32), 100, ".rs.").tolist()  # 2 samples a frame
    [1.0, 2.0, 1.0, 2.0, 0.0, 0.0, 7.0]
    """
    require_clip(samples, sample_rate_hz)
    size = frame_samples(sample_rate_hz)
    if len(frame_map) != -(-len(samples) // size):
        raise ValueError(
            f"a map of {len(frame_map)} frames for {len(samples)} samples; "
            f"expected {-(-len(samples) // size)}, of {size} samples each"
        )
    out = blank_like(samples) if out is None else out
    marks = iter(enumerate(frame_map))
    good = np.empty(0, np.float32)

    def run(given: Samples, to: Samples) -> None:
        nonlocal good
        np.copyto(to, given)
        for start in range(0, len(given), size):
            frame, mark = next(marks)
            if mark == CAME_THROUGH:
                good = given[start : start + size]
            elif mark in (REPEATED, SILENCED) and (len(good) or mark == SILENCED):
                stretch = to[start : start + size]
                stretch[:] = good[: len(stretch)] if mark == REPEATED else 0
            else:
                raise ValueError(
                    f"frame {frame} is marked {mark!r}; expected '.', 's', or 'r' once a '.' has come"
                )

    each_block(samples, out, run, multiple=size)
    return out


def frame_samples(sample_rate_hz: int) -> int:
    """Samples in a frame of 20 ms, at least one."""
    return max(1, round(FRAME_S * sample_rate_hz))


def share_hit(n_samples: int, sample_rate_hz: int, frame_map: str) -> float:
    """The share of a clip's samples that lie in lost frames.

    >>> share_hit(7, 100, ".rs.")
    0.5714285714285714
    """
    size = frame_samples(sample_rate_hz)
    lost = sum(
        min(size, n_samples - frame * size) for frame, mark in enumerate(frame_map) if mark != CAME_THROUGH
    )
    return lost / max(1, n_samples)
