"""Cutting long audio where it is quietest."""

import numpy as np
import numpy.typing as npt

FRAME_S = 0.2
"""Long enough not to take the closure before a plosive (50 to 100 ms) for a pause."""
HOP_S = 0.02
SHORTEST_REST_S = 1.0
"""A last chunk of a few milliseconds would be answered with an invented word."""


def split_at_pauses(
    samples: npt.NDArray[np.float32], sample_rate_hz: int, *, longest_s: float, window_s: float
) -> list[npt.NDArray[np.float32]]:
    """Cut into chunks of at most `longest_s`, at the quietest frame of each chunk's last `window_s`.

    Args:
        samples: float32 of shape [n_samples].
        longest_s: clips up to this length stay whole.
        window_s: how far before `longest_s` a cut may lie; more than `SHORTEST_REST_S` and the frame.

    Returns:
        Views of `samples` that join to the whole, at least one.

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 50 * 100).astype(np.float32)
    >>> noise[2_000:2_020] = 0
    >>> [len(chunk) for chunk in split_at_pauses(noise, 100, longest_s=24.0, window_s=6.0)][0]
    2010
    """
    longest, frame, hop = (round(seconds * sample_rate_hz) for seconds in (longest_s, FRAME_S, HOP_S))
    chunks = []
    while len(samples) > longest:
        first = longest - round(window_s * sample_rate_hz)
        last = min(longest, len(samples) - round(SHORTEST_REST_S * sample_rate_hz))
        running = np.concatenate(([0.0], np.cumsum(np.square(samples[first:last], dtype=np.float64))))
        energy = (running[frame:] - running[:-frame])[::hop]
        cut = first + int(energy.argmin()) * hop + frame // 2
        chunks.append(samples[:cut])
        samples = samples[cut:]
    return [*chunks, samples]
