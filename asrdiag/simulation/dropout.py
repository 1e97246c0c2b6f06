"""Dropout: lost frames that stutter or fall silent, as on a poor connection."""

from dataclasses import dataclass
from typing import Literal

from ..spec import Json
from .base import Condition, ConditionSpec, Degraded, Samples, Source
from .seeding import draws
from .sweep import SeveritySweep, severity_id

FRAME_S = 0.02
REPEAT_PROBABILITY = 0.7
_LONGEST_EVENT = (2, 3, 4)


@dataclass(frozen=True)
class Dropout(Condition):
    """Replaces runs of 20 ms frames by the last good frame or by silence; the length stays.

    At a frame that is not in an event, an event starts with probability 0.05 + 0.25 m and lasts 1 to
    `longest` frames, all equally likely. Each of its frames becomes the last frame that came through, with
    probability 0.7, else silence. Until one has come through there is only silence to put.
    """

    id: str
    base_id: str
    severity: float
    kind: str = "dropout"

    @property
    def probability(self) -> float:
        """Of an event, at each frame that is not in one."""
        return 0.05 + 0.25 * self.severity

    @property
    def longest(self) -> int:
        """The most frames of an event: 2, 3 or 4.

        Python's `round` goes to the even neighbour, as in the reference: m = 0.25 gives 2, m = 0.75 gives 4.
        """
        return _LONGEST_EVENT[round(self.severity * (len(_LONGEST_EVENT) - 1))]

    def identity(self) -> dict[str, Json]:
        return {"kind": self.kind, "version": 1, "base_id": self.base_id, "severity": self.severity}

    def apply(self, samples: Samples, sample_rate_hz: int, source: Source) -> Degraded:
        size = max(1, round(FRAME_S * sample_rate_hz))
        n_frames = -(-len(samples) // size)
        # Drawn for every frame whether used or not: a sweep over m then changes m only.
        rng = draws(source.seed, source.utterance.sample_id, self.base_id, "frames")
        start, length, fate = rng.random_sample((n_frames, 3)).T

        degraded = samples.copy()
        frame_map = ["."] * n_frames
        events = frame = 0
        good = samples[:0]
        while frame < n_frames:
            if start[frame] >= self.probability:
                good = samples[frame * size : (frame + 1) * size]
                frame += 1
                continue
            events += 1
            for lost in range(frame, min(frame + 1 + int(length[frame] * self.longest), n_frames)):
                stretch = degraded[lost * size : (lost + 1) * size]
                repeats = len(good) > 0 and fate[lost] < REPEAT_PROBABILITY
                stretch[:] = good[: len(stretch)] if repeats else 0
                frame_map[lost] = "r" if repeats else "s"
                frame = lost + 1
        hit = sum(min(size, len(samples) - f * size) for f, mark in enumerate(frame_map) if mark != ".")
        return Degraded(
            degraded,
            {
                "kind": self.kind,
                "severity": self.severity,
                "probability": self.probability,
                "longest_event_frames": self.longest,
                "repeat_probability": REPEAT_PROBABILITY,
                "frame_s": FRAME_S,
                "events": events,
                "frames": n_frames,
                "frames_repeated": frame_map.count("r"),
                "frames_silenced": frame_map.count("s"),
                "share_hit": hit / max(1, len(samples)),
                "frame_map": "".join(frame_map),
            },
        )


class DropoutSpec(ConditionSpec):
    """Lets frames stutter or fall silent, as on a poor connection."""

    kind: Literal["dropout"]
    severity: SeveritySweep

    def expand(self) -> tuple[Condition, ...]:
        return tuple(Dropout(severity_id(self.id, m), self.id, m) for m in self.severity)
