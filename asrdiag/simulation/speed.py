"""Faster and slower speech, as a tape would play it."""

from collections.abc import Iterator
from typing import cast

import numpy as np

from ..audio_file import AudioFile
from ..blocks import A, Samples, blocks, copied, is_long


def change_speed(samples: A, factor: float) -> A:
    """Play a clip `factor` times as fast: it gets shorter and its pitch rises, or longer and lower.

    Args:
        samples: mono audio, shape [n_samples].
        factor: more than 0; 1 changes nothing.

    Returns:
        float32 of shape [n_samples / factor], rounded, at the same sample rate; at least one sample. Of an
        `AudioFile` comes another.

    >>> change_speed(np.zeros(16000, np.float32), 1.25).shape
    (12800,)
    """
    if factor == 1:
        return copied(samples)
    if isinstance(samples, AudioFile):
        slower = AudioFile(samples.folder)
        for part in _played(samples, factor):
            slower.append(part)
        played = cast(A, slower)
    else:
        played = cast(A, np.concatenate(list(_played(samples, factor))))
    return played if len(played) else cast(A, samples[:1].copy())


def _played(samples: Samples | AudioFile, factor: float) -> Iterator[Samples]:
    import soxr

    if not is_long(len(samples)):
        yield soxr.resample(samples[:], 1000 * factor, 1000, quality="HQ")
        return
    stream = soxr.ResampleStream(1000 * factor, 1000, 1, dtype="float32", quality="HQ")
    for part in blocks(len(samples)):
        yield stream.resample_chunk(np.ascontiguousarray(samples[part]), last=part.stop == len(samples))
