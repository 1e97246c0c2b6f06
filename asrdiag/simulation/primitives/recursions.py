"""The filters that feed back: the compiled kernel where there is one, else its twin in Python.

Both give the same bits. Setting the environment variable `ASRDIAG_PURE_PYTHON` to anything chooses the twin.
"""

import os
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...blocks import A, Audio, Samples, blank_like, blocks, each_block
from . import pure

MOST_PASSES = 16
"""As in `csrc/recursions.h`."""


def _choose() -> tuple[Literal["compiled", "python"], ModuleType]:
    if not os.environ.get("ASRDIAG_PURE_PYTHON"):
        with suppress(ImportError):
            return "compiled", import_module(".._recursions", __package__)
    return "python", pure


KERNEL, _kernel = _choose()
"""What does the work in this process: `compiled` or `python`."""


def one_pole(
    samples: A, b0: float, b1: float, a: float, *, wet: float, passes: int, out: A | None = None
) -> A:
    """Run y[n] = b0 x[n] + b1 x[n-1] + a y[n-1] over a clip `passes` times, from y[0] = x[0] on.

    Each pass is mixed with its input: `wet` times what was filtered and 1 - `wet` times what was not.
    """
    state = np.zeros(passes)
    begun = False

    def run(given: Samples, to: Samples) -> None:
        nonlocal begun
        _kernel.one_pole(np.ascontiguousarray(given), to, state, begun, b0, b1, a, wet, 1.0 - wet, passes)
        begun = True

    out = blank_like(samples) if out is None else out
    each_block(samples, out, run)
    return out


def reverb(
    samples: A,
    sample_rate_hz: int,
    *,
    feedback: float,
    damping: float,
    wet: float,
    dry: float,
    out: A | None = None,
) -> A:
    """Freeverb's left channel: `wet` times the combs and all-passes and `dry` times the clip."""
    state = np.zeros(len(pure.COMBS) + sum(pure.delays(sample_rate_hz)))
    done = 0

    def run(given: Samples, to: Samples) -> None:
        nonlocal done
        given = np.ascontiguousarray(given)
        _kernel.reverb(given, to, state, done, int(sample_rate_hz), feedback, damping, wet, dry)
        done += len(given)

    out = blank_like(samples) if out is None else out
    each_block(samples, out, run)
    return out


def energy_until(
    samples: Audio, sections: npt.NDArray[np.float64], edges: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The sum of squares up to each of the ascending `edges` of what passes two second-order sections.

    `sections` holds b0 b1 b2 a1 a2 of each, ten numbers in all.
    """
    out = np.zeros(len(edges))
    state = np.zeros(5)
    first = 0
    for part in blocks(len(samples)):
        last = int(np.searchsorted(edges, part.stop, side="right"))
        within = edges[first:last] - part.start
        _kernel.energy(np.ascontiguousarray(samples[part]), state, sections, within, out[first:last])
        first = last
    out[first:] = state[4]
    return out
