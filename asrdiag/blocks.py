"""Audio of any length, worked on a block at a time: an hour takes little more room than a minute."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from .audio_file import AudioFile

Samples = npt.NDArray[np.float32]
"""Mono audio, shape [n_samples]."""

BLOCK = 1 << 18
"""Samples in a block: 1 MiB, 16 s at 16 kHz."""

_WHOLE = 4
"""What is no longer than so many blocks, 65 s at 16 kHz, is worked on as a whole."""


class Audio(Protocol):
    """Mono audio that is read a stretch at a time: an array, a file, or computed when it is asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> Samples: ...


A = TypeVar("A", bound=Samples | AudioFile)
"""Audio that can be written too; what is made of an array is an array, and of a file a file."""

T = TypeVar("T", bound=np.floating[Any])


class Computed:
    """Audio that is computed when it is asked for, and each time it is.

    >>> ramp = Computed(1000, lambda start, stop: np.arange(start, stop, dtype=np.float32))
    >>> len(ramp), ramp[10:13].tolist()
    (1000, [10.0, 11.0, 12.0])
    """

    __slots__ = ("_compute", "_length")

    def __init__(self, n_samples: int, compute: Callable[[int, int], Samples]) -> None:
        self._length, self._compute = n_samples, compute

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice, /) -> Samples:
        start, stop, _ = part.indices(self._length)
        return self._compute(start, stop)


def is_long(n_samples: int) -> bool:
    """Whether it is worked on a block at a time, and not as a whole.

    >>> is_long(2**20), is_long(2**20 + 1)
    (False, True)
    """
    return n_samples > _WHOLE * BLOCK


def blocks(n_samples: int, multiple: int = 1) -> Iterator[slice]:
    """The blocks of audio in order, all but the last a multiple of so many samples long.

    >>> [part.stop for part in blocks(5 * 2**18 + 5)]
    [262144, 524288, 786432, 1048576, 1310720, 1310725]
    """
    size = max(1, BLOCK // multiple) * multiple if is_long(n_samples) else n_samples or 1
    for start in range(0, n_samples, size):
        yield slice(start, min(start + size, n_samples))


def each_block(
    samples: Audio,
    out: Samples | AudioFile,
    action: Callable[[Samples, Samples], object],
    multiple: int = 1,
) -> None:
    """Do something with every block of `samples`, in order, and put the results into `out`, as long as it.

    `action` is given a block and where its result belongs, which may be the same place.
    """
    for part in blocks(len(samples), multiple):
        given = samples[part]
        if isinstance(out, np.ndarray):
            action(given, out[part])
        else:
            made = np.empty(len(given), np.float32)
            action(given, made)
            out[part] = made


def blank_like(samples: A) -> A:
    """Audio of the same kind and length, to be written."""
    if isinstance(samples, AudioFile):
        return cast(A, AudioFile(samples.folder, len(samples)))
    return cast(A, np.empty(len(samples), np.float32))


def copied(samples: A, out: A | None = None) -> A:
    """The same audio, elsewhere or in `out`."""
    out = blank_like(samples) if out is None else out
    each_block(samples, out, lambda given, to: np.copyto(to, given))
    return out


def gathered(
    parts: Iterable[Samples], folder: Path | None = None, most: int | None = None
) -> Samples | AudioFile:
    """Audio that comes in parts: an array if it is at most `most` samples long, else a file in `folder`.

    `None` for `most` is what is not long. See `AudioFile` for `folder`.

    >>> gathered([np.array([1], np.float32), np.array([2, 3], np.float32)])
    array([1., 2., 3.], dtype=float32)
    """
    most = _WHOLE * BLOCK if most is None else most
    held: list[Samples] = []
    file: AudioFile | None = None
    for part in parts:
        held.append(part)
        if file is None and sum(map(len, held)) > most:
            file = AudioFile(folder)
        if file is not None:
            for one in held:
                file.append(one)
            held.clear()
    if file is not None:
        return file
    return held[0] if len(held) == 1 else np.concatenate(held or [np.empty(0, np.float32)])


def total(n_samples: int, part_total: Callable[[slice], T]) -> T:
    """A sum over audio from the sums over its parts, in order: the bits that NumPy gives for it as a whole.

    NumPy halves a contiguous array until little is left, and the first half has a multiple of eight elements.

    >>> tenths = np.full(10**7, 0.1)
    >>> bool(total(len(tenths), lambda part: tenths[part].sum()) == tenths.sum())
    True
    """

    return _total(part_total, 0, n_samples, BLOCK if is_long(n_samples) else n_samples)


def _total(part_total: Callable[[slice], T], start: int, count: int, most: int) -> T:
    if count <= most:
        return part_total(slice(start, start + count))
    half = count // 2
    half -= half % 8
    first = _total(part_total, start, half, most)
    return cast(T, first + _total(part_total, start + half, count - half, most))
