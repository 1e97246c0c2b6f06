"""The audio files of many folders, held against the transcripts that speak of them."""

from collections.abc import Iterator
from pathlib import Path

from .audio_folder import AudioFolder
from .corpus import Problem


class AudioTree:
    """Folders below a root, each listed once."""

    def __init__(self, root: Path) -> None:
        """Begin with no folder: what lies in one is looked at when it is listed, or a file of it claimed."""
        self.root = root
        self._folders: dict[str, AudioFolder] = {}

    def list_below(self, folder: str) -> None:
        """List the folders in a folder, which is given relative to the root; it need not exist."""
        path = self.root / folder
        for entry in sorted(path.iterdir()) if path.is_dir() else ():
            if entry.is_dir():
                self._folders[f"{folder}/{entry.name}"] = AudioFolder(entry)

    def claim(self, name: str, where: str) -> Iterator[Problem]:
        """Say that the transcript at `where` belongs to a file, relative to the root; a problem if absent."""
        folder, _, file = name.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = AudioFolder(self.root / folder)
        yield from self._folders[folder].claim(file, where)

    def left_over(self) -> Iterator[Problem]:
        """A problem for each file that no transcript claimed."""
        for _, folder in sorted(self._folders.items()):
            yield from folder.left_over()
