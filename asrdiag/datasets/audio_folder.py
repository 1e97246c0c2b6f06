"""The audio files of one folder, held against the transcripts that speak of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from .corpus import Problem


class AudioFolder:
    """A folder listed once: which files are there, and which no transcript asked for."""

    def __init__(self, path: Path, suffixes: Iterable[str] = (".wav",)) -> None:
        """List a folder; one that does not exist holds nothing."""
        self.path = path
        wanted = tuple(suffix.lower() for suffix in suffixes)
        entries = path.iterdir() if path.is_dir() else ()
        self._names = {entry.name for entry in entries if entry.name.lower().endswith(wanted)}
        self._unclaimed = set(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def claim(self, name: str, where: str) -> Iterator[Problem]:
        """Say that the transcript at `where` belongs to the file `name`; a problem if it is absent."""
        self._unclaimed.discard(name)
        if name not in self._names:
            yield Problem(where, f"there is no audio file {self.path / name}")

    def left_over(self) -> Iterator[Problem]:
        """A problem for each file that no transcript claimed, in the order of their names."""
        for name in sorted(self._unclaimed):
            yield Problem(str(self.path / name), "audio without a transcript", listed=False)
