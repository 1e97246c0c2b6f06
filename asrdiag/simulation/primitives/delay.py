"""Echo: a delay line that feeds back."""

import numpy as np

from ...blocks import A, Samples, blank_like, each_block
from .clip import require_clip, require_within


def echo(
    samples: A, sample_rate_hz: int, *, delay_s: float, feedback: float, mix: float, out: A | None = None
) -> A:
    """Add echoes of a clip: one every `delay_s`, each `feedback` times the one before.

    y[n] = (1 - mix) x[n] + mix v[n - D] with v[n] = x[n] + feedback v[n - D], in float32: bit for bit what
    pedalboard's `Delay` gives. What would come after the last sample is cut.

    Args:
        samples: float32 of shape [n_samples].
        sample_rate_hz: its rate.
        delay_s: at least one sample. D is the whole part of its float32 value times the rate.
        feedback: 0 to 0.99.
        mix: share of the echoes in the output, 0 to 1.

    Returns:
        float32 of the same length.

    Raises:
        TypeError, ValueError: the clip or a parameter is not as said.

    >>> click = np.array([1, 0, 0, 0, 0, 0], np.float32)
    >>> echo(click, 1000, delay_s=0.002, feedback=0.5, mix=0.25).tolist()
    [0.75, 0.0, 0.25, 0.0, 0.125, 0.0]
    """
    require_clip(samples, sample_rate_hz)
    require_within("feedback", feedback, 0, 0.99)
    require_within("mix", mix, 0, 1)
    lag = int(float(np.float32(delay_s)) * sample_rate_hz)
    if lag < 1:
        raise ValueError(f"delay_s is {delay_s}, expected at least one sample, {1 / sample_rate_hz:g} s")
    out = blank_like(samples) if out is None else out
    each_block(samples, out, _Line(lag, np.float32(feedback), np.float32(mix)).run)
    return out


class _Line:
    """A delay line on its way through a clip."""

    def __init__(self, lag: int, feedback: np.float32, wet: np.float32) -> None:
        self._feedback, self._wet, self._dry = feedback, wet, np.float32(1) - wet
        self._held = np.zeros(lag, np.float32)  # v, round and round
        self._next = 0
        self._filled = 0

    def run(self, given: Samples, to: Samples) -> None:
        done = 0
        while done < len(given):
            held = self._held[self._next :][: len(given) - done]
            new, out = given[done : done + len(held)], to[done : done + len(held)]
            if self._filled < len(self._held):  # nothing to come back yet
                held[:] = new
                np.multiply(new, self._dry, out=out)
                self._filled += len(held)
            else:
                late = held.copy()
                np.multiply(late, self._feedback, out=held)
                held += new
                late *= self._wet
                np.multiply(new, self._dry, out=out)
                out += late
            done += len(held)
            self._next = (self._next + len(held)) % len(self._held)
