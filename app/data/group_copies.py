"""Groups of rollouts that no single line of a log holds, kept on the disk and not in memory."""

import json
import os
import tempfile
import weakref
from pathlib import Path

from asrdiag.errors import AsrdiagError
from asrdiag.metrics.rewards.rollouts import RolloutGroup


class GroupCopies:
    """A file without a name, a group to a line; it is gone when this object is. Threads may read it."""

    def __init__(self) -> None:
        self._fd, path = tempfile.mkstemp()
        Path(path).unlink()
        weakref.finalize(self, os.close, self._fd)
        self._size = 0

    def add(self, group: RolloutGroup) -> int:
        """Keep a group; returns where it is."""
        place = self._size
        line = json.dumps(group.to_record()).encode() + b"\n"
        while line:
            written = os.write(self._fd, line)
            self._size += written
            line = line[written:]
        return place

    def group(self, place: int) -> RolloutGroup:
        """The group that `add` put there.

        Raises:
            AsrdiagError: the disk was full when it was written.
        """
        line = bytearray()
        while (end := line.find(b"\n")) < 0:
            part = os.pread(self._fd, 65_536, place + len(line))
            if not part:
                raise AsrdiagError(f"the copy of a group at byte {place} is cut off")
            line += part
        return RolloutGroup.from_record(json.loads(bytes(line[:end])))
