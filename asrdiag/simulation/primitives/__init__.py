"""The eight things of which every simulated condition consists: pure functions from a clip to a clip.

A clip is a float32 array of shape [n_samples] at any sample rate, nominally in [-1, 1]. The length stays, and
what comes out is finite. Peaks may exceed full scale; who ends a chain guards against that.

Each works through a clip a block at a time and needs little memory beside the clip and the result. The result
is a new array, or goes to `out` if that is given: an array of the same length, which may be the clip itself.
An `AudioFile` can stand for the array.
"""

from ...blocks import Samples
from .bandwidth import resample_down_up
from .delay import echo
from .distortion import distort
from .filters import highpass, lowpass
from .loudness import loudness_lufs, set_loudness
from .noise_mix import add_noise
from .reverberation import reverberate
from .stutter import draw_losses, stutter

__all__ = [
    "Samples",
    "add_noise",
    "distort",
    "draw_losses",
    "echo",
    "highpass",
    "loudness_lufs",
    "lowpass",
    "resample_down_up",
    "reverberate",
    "set_loudness",
    "stutter",
]
