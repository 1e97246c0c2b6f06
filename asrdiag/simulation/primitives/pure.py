"""The filters that feed back, in Python with SciPy: the compiled kernel's twin, bit for bit.

Both work in float64, with every sum and product in the order of `scipy.signal.lfilter`, and round to float32
once, at the end. Each takes a clip a block at a time; what one block leaves to the next is in the caller's
`state`, all 0 at first, in an order of each twin's own. A block may be written where it was read.
"""

import numpy as np
import numpy.typing as npt

from ...blocks import Samples
from .clip import CHUNK

COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
"""Freeverb's delays in samples at 44.1 kHz, those of the left channel."""
ALLPASSES = (556, 441, 341, 225)

Doubles = npt.NDArray[np.float64]


def one_pole(  # noqa: PLR0917  (as the compiled one, which takes no keywords)
    samples: Samples,
    out: Samples,
    state: Doubles,
    begun: bool,
    b0: float,
    b1: float,
    a: float,
    wet: float,
    dry: float,
    passes: int,
) -> None:
    """y[n] = b0 x[n] + b1 x[n-1] + a y[n-1] with y[0] = x[0], `passes` times, each mixed with its input.

    `state` has a number for each pass; `begun` is False for a clip's first block.
    """
    from scipy.signal import lfilter

    for start in range(0, len(samples), CHUNK):
        value = samples[start : start + CHUNK].astype(np.float64)
        for turn in range(passes):
            filtered = np.empty_like(value)
            skipped = not begun and start == 0
            if skipped:
                filtered[0] = value[0]
                state[turn] = value[0] * b1 - value[0] * -a
            held = state[turn : turn + 1]
            if len(value) > skipped:  # of nothing, lfilter leaves nothing
                filtered[skipped:], held[:] = lfilter([b0, b1], [1, -a], value[skipped:], zi=held)
            value = wet * filtered + dry * value
        out[start : start + CHUNK] = value


def reverb(  # noqa: PLR0917
    samples: Samples,
    out: Samples,
    state: Doubles,
    _done: int,
    sample_rate_hz: int,
    feedback: float,
    damping: float,
    wet: float,
    dry: float,
) -> None:
    """Eight combs in parallel, each with a low-pass in its loop, then four all-passes in a row.

    `state` is what `reverb_state` gives. The compiled twin wants to know how many samples came before.
    """
    lows, lines = state[: len(COMBS)], np.split(state[len(COMBS) :], np.cumsum(delays(sample_rate_hz))[:-1])
    for start in range(0, len(samples), CHUNK):
        given = samples[start : start + CHUNK].astype(np.float64)
        value = np.zeros(len(given))
        for turn in range(len(COMBS)):
            value += _comb(given * 0.015, lines[turn], lows[turn : turn + 1], feedback, damping)
        for line in lines[len(COMBS) :]:
            value = _allpass(value, line)
        out[start : start + CHUNK] = value * wet + given * dry


def delays(sample_rate_hz: int) -> list[int]:
    """Of the combs and then the all-passes, in samples."""
    return [max(1, sample_rate_hz * tuning // 44100) for tuning in COMBS + ALLPASSES]


def _comb(given: Doubles, held: Doubles, low_held: Doubles, feedback: float, damping: float) -> Doubles:
    from scipy.signal import lfilter

    delay = len(held)
    line = np.concatenate([held, given])  # what goes round, `delay` samples before it comes out
    for start in range(0, len(given), delay):
        part = given[start : start + delay]
        low, low_held[:] = lfilter([1 - damping], [1, -damping], line[start : start + len(part)], zi=low_held)
        line[delay + start : delay + start + len(part)] = part + low * feedback
    held[:] = line[len(given) :]
    return line[: len(given)]


def _allpass(given: Doubles, held: Doubles) -> Doubles:
    delay = len(held)
    line = np.concatenate([held, given])
    for start in range(0, len(given), delay):
        part = given[start : start + delay]
        line[delay + start : delay + start + len(part)] = part + line[start : start + len(part)] * 0.5
    held[:] = line[len(given) :]
    return line[: len(given)] - given


def energy(
    samples: Samples, state: Doubles, sections: Doubles, edges: npt.NDArray[np.int64], out: Doubles
) -> None:
    """The sum of squares, from the clip's start to each edge, of what passes two second-order sections.

    Edges are within the block and counted from its start. `state` has five numbers, the last of them the sum.
    """
    from scipy.signal import sosfilt

    sos = np.insert(sections.reshape(2, 5), 3, 1.0, axis=1)
    held = state[:4].reshape(2, 2)
    out[:] = state[4]
    for start in range(0, len(samples), CHUNK):
        value, held[:] = sosfilt(sos, samples[start : start + CHUNK].astype(np.float64), zi=held)
        sums = np.cumsum(np.concatenate([state[4:], value * value]))
        here = (edges >= start) & (edges <= start + len(value))
        out[here] = sums[edges[here] - start]
        state[4] = sums[-1]
    out[edges > len(samples)] = state[4]
