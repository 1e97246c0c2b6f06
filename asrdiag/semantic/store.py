"""Embeddings on disk, by text: appended to, and never lost to `kill -9`."""

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import AsrdiagError, SaveError
from ..store.atomic import write_json
from .encoder import Encoded, Vectors
from .texts import KEY_BYTES, Keys

_ENTRY = np.dtype([("key", f"S{KEY_BYTES}"), ("windows", "<u4")])
_VECTOR = np.dtype("<f4")
_LENGTH_TOLERANCE = 0.01
ABSENT = -1


def _paths(folder: Path) -> tuple[Path, Path]:
    return folder / "texts.keys", folder / "texts.vectors"


def describe(folder: Path, said: dict[str, Any]) -> None:
    """Begin a store: write its `model.json`, which holds at least `dimension`.

    Raises:
        SaveError: it could not be written.
    """
    write_json(folder / "model.json", {"schema": 1, **said})


class Embeddings:
    """The embeddings of a folder, to be read.

    `texts.keys` has an entry for each text: the key and, as a 32-bit number, how many windows it was read in.
    `texts.vectors` has its float32 vector at the same place. An entry counts once both are whole: the vectors
    are written first.

    Raises:
        AsrdiagError: `model.json` is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / "model.json"
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            self.dimension = int(said["dimension"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AsrdiagError(
                f"{path}: cannot be read ({error}); remove the folder to embed its texts again"
            ) from error
        keys, vectors = _paths(folder)
        count = min(_whole(keys, _ENTRY.itemsize), _whole(vectors, _VECTOR.itemsize * self.dimension))
        entries = np.fromfile(keys, dtype=_ENTRY, count=count) if count else np.zeros(0, dtype=_ENTRY)
        # The first entry of a text counts, whatever a writer may have added since.
        self._order = np.argsort(entries["key"], kind="stable")
        self._keys: Keys = entries["key"][self._order]
        self._windows = entries["windows"]
        self._vectors: Vectors = (
            np.memmap(vectors, dtype=_VECTOR, mode="r", shape=(count, self.dimension))
            if count
            else np.zeros((0, self.dimension), dtype=_VECTOR)
        )

    def __len__(self) -> int:
        return len(self._keys)

    def rows(self, keys: Keys) -> NDArray[np.int64]:
        """Where the vector of each text is, `ABSENT` where there is none."""
        found = np.full(len(keys), ABSENT, dtype=np.int64)
        if len(self._keys):
            place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            there = self._keys[place] == keys
            found[there] = self._order[place[there]]
        return found

    def windows(self, rows: NDArray[np.int64]) -> NDArray[np.uint32]:
        """In how many windows the texts were read."""
        found: NDArray[np.uint32] = self._windows[rows]
        return found

    def cosines(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """The cosine of each pair of rows, in [-1, 1]; exactly 1 for a row and itself.

        Raises:
            AsrdiagError: a vector is damaged.
        """
        found = np.empty(len(first))
        for start in range(0, len(first), 4096):
            part = slice(start, start + 4096)
            one, other = (self._vectors[rows[part]].astype(np.float64) for rows in (first, second))
            lengths = np.stack([np.einsum("ij,ij->i", side, side) for side in (one, other)])
            if not (np.abs(lengths - 1) < _LENGTH_TOLERANCE).all():
                raise AsrdiagError(
                    f"{_paths(self.folder)[1]}: holds vectors that are not of length 1; remove "
                    f"{self.folder} to embed its texts again"
                )
            dots = np.einsum("ij,ij->i", one, other)
            found[part] = np.clip(dots / np.sqrt(lengths[0] * lengths[1]), -1, 1)
        return found


class EmbeddingWriter:
    """Adds embeddings to a folder; what a killed writer left half done is cut when it is opened.

    Raises:
        SaveError: a file could not be opened or written.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder, self._dimension = folder, dimension
        keys, vectors = _paths(folder)
        sizes = _ENTRY.itemsize, _VECTOR.itemsize * dimension
        try:
            self._files = [path.open("ab") for path in (keys, vectors)]
            count = min(_whole(path, size) for path, size in zip((keys, vectors), sizes, strict=True))
            for file, size in zip(self._files, sizes, strict=True):
                file.truncate(count * size)
        except OSError as error:
            raise SaveError(f"{folder}: could not be opened for writing: {error.strerror}") from error

    def append(self, keys: Keys, encoded: Encoded) -> None:
        """Add texts; when this returns, they are on the disk.

        Raises:
            SaveError: they could not be written.
        """
        entries = np.zeros(len(keys), dtype=_ENTRY)
        entries["key"], entries["windows"] = keys, encoded.windows
        file_of_keys, file_of_vectors = self._files
        try:
            for file, content in (
                (file_of_vectors, encoded.vectors.astype(_VECTOR).tobytes()),
                (file_of_keys, entries.tobytes()),
            ):
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SaveError(f"{self.folder}: could not be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            with suppress(OSError):  # what could not be appended, which was said
                file.close()


def _whole(path: Path, size: int) -> int:
    return path.stat().st_size // size if path.is_file() else 0
