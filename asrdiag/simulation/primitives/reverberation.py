"""Reverberation: Freeverb, one channel."""

from ...blocks import A
from .clip import require_clip, require_within
from .recursions import reverb

_WET_SCALE = 3.0
_DRY_SCALE = 2.0


def reverberate(
    samples: A,
    sample_rate_hz: int,
    *,
    room_size: float,
    damping: float,
    wet_level: float,
    dry_level: float,
    out: A | None = None,
) -> A:
    """Put a clip into a room: eight damped combs in parallel and four all-passes in a row.

    This is the left channel of Jezar Wakefield's Freeverb (public domain) with the parameters and the
    scales of JUCE's and pedalboard's `Reverb`: combs feed back 0.7 + 0.28 `room_size`, their low-passes keep
    0.4 `damping` of what they held, and the output is 3 `wet_level` times the room and 2 `dry_level` times
    the clip (a `dry_level` of 0.5 is unity). The first reflection comes after 25 ms. The tail after the last
    sample is cut.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate; the delays are scaled to it and rounded down to whole samples.
        room_size: 0 to 1; larger reverberates longer.
        damping: 0 to 1; larger loses high frequencies sooner.
        wet_level: 0 to 1.
        dry_level: 0 to 1.

    Returns:
        float32 of the same length; peaks may exceed those of the clip.

    Raises:
        TypeError, ValueError: the clip or a parameter is not as said.

    >>> import numpy as np
    >>> click = np.zeros(16000, np.float32)
    >>> click[0] = 1
    >>> room = reverberate(click, 16000, room_size=0.5, damping=0.5, wet_level=0.4, dry_level=0.5)
    >>> float(room[0]), int(np.flatnonzero(room)[1])  # the clip itself; 1116/44100 s later the first comb
    (1.0, 404)
    """
    require_clip(samples, sample_rate_hz)
    for name, value in (
        ("room_size", room_size),
        ("damping", damping),
        ("wet_level", wet_level),
        ("dry_level", dry_level),
    ):
        require_within(name, value, 0, 1)
    return reverb(
        samples,
        sample_rate_hz,
        feedback=0.7 + 0.28 * room_size,
        damping=0.4 * damping,
        wet=_WET_SCALE * wet_level,
        dry=_DRY_SCALE * dry_level,
        out=out,
    )
