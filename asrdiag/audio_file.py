"""Mono audio in a temporary file, for recordings of hours."""

import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SaveError

_BYTES = 4


class AudioFile:
    """Float32 samples in a file without a name, which is gone when nothing refers to it any more.

    Stretches are read and written as those of an array are, and are copies.

    >>> audio = AudioFile(None)
    >>> audio.append(np.array([1, 2, 3, 4], np.float32))
    >>> audio[1:3] = np.array([0, 0.5], np.float32)
    >>> len(audio), audio[:3].tolist()
    (4, [1.0, 0.0, 0.5])
    """

    def __init__(self, folder: Path | None, n_samples: int = 0) -> None:
        """Begin a file in `folder`, or where temporary files go; it has so many samples, of any value."""
        self.folder = folder
        self._length = n_samples
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (see finalize)
        except OSError as error:
            raise SaveError(f"{self._where}: no temporary file could be made: {error.strerror}") from error
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        start, stop, _ = part.indices(self._length)
        samples = np.zeros(max(0, stop - start), np.float32)
        self._file.seek(start * _BYTES)
        self._file.readinto(samples.data)
        return samples

    def __setitem__(self, part: slice, samples: npt.NDArray[Any], /) -> None:
        start, stop, _ = part.indices(self._length)
        if len(samples) != stop - start:
            raise ValueError(f"{len(samples)} samples for a stretch of {stop - start}; expected as many")
        self._write(start, samples)

    def append(self, samples: npt.NDArray[Any]) -> None:
        """Write samples after the last.

        Raises:
            SaveError: the disk is full, or fails.
        """
        self._write(self._length, samples)
        self._length += len(samples)

    def _write(self, start: int, samples: npt.NDArray[Any]) -> None:
        try:
            self._file.seek(start * _BYTES)
            self._file.write(np.ascontiguousarray(samples, np.float32).data)
            self._file.flush()
        except OSError as error:
            raise SaveError(f"{self._where}: audio could not be written: {error.strerror}") from error

    @property
    def _where(self) -> str:
        return str(self.folder or tempfile.gettempdir())
