"""The log that a trainer writes its rollouts to: one group to a line, appended, cut back on resuming.

A line, here broken:

    {"schema": 1, "step": 20, "group": "20-3", "sample_id": "two-cities-02+noise.m050", "language": "en",
     "temperature": 0.7, "used": true, "reference": "it was the age of wisdom,",
     "base_transcript": "It was the age of Houston", "audio": "audio/two-cities-02+noise-m050.wav",
     "metadata": {"scenario": "noise", "severity": 0.5},
     "rollouts": [{"transcript": "It was the age of wisdom", "raw_output": "It was the age of wisdom</s>",
                   "n_tokens": 8, "finish_reason": "stop", "reward": 1.0,
                   "components": {"wer": 0.0, "r_rep": 1.0}, "advantage": 1.08}]}

A group is a line because it is either there or not when the trainer was killed, because its reference and
its audio are written once and not for each rollout, and because a reader needs one place in the file to show
it. docs/rollouts.md describes the fields.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from ..errors import SaveError, UsageError
from ..metrics.rewards.rollouts import RolloutGroup
from ..store.log import JsonLog


class RolloutLog:
    """An open log; only one process may have it open.

    A group has reached the operating system when `append` returns, so `kill -9` loses none; `sync` makes what
    was written outlast a loss of power. A half-written last line is cut when the log is opened again.

    Args:
        path: of the file; it and its folder are made if they are missing.
        position: what `sync` returned when the checkpoint was saved from which training goes on. What was
            logged later is cut: those steps are taken, and logged, again. `None` keeps everything.

    Raises:
        UsageError: another process has the log open; or the file does not reach to `position`, or no line
            ends there, so it is not the log that the checkpoint belongs to.
        SaveError: the file cannot be opened or written.
    """

    def __init__(self, path: Path, *, position: int | None = None) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise SaveError(f"{path}: could not be opened for writing: {error.strerror}") from error
        try:
            self._take()
            if position is not None:
                self._cut(position)
            self._log = JsonLog(path)
        except BaseException:
            os.close(self._fd)
            raise

    def append(self, group: RolloutGroup) -> None:
        """Write a group.

        Raises:
            SaveError: it was not written in full.
            ValueError: its metadata hold what JSON does not know.
        """
        self._log.append(group.to_record())

    def sync(self) -> int:
        """Have the disk write all groups; returns where the file ends, which a checkpoint is to keep.

        Raises:
            SaveError: the disk could not.
        """
        try:
            os.fsync(self._fd)
            return os.fstat(self._fd).st_size
        except OSError as error:
            raise SaveError(f"{self.path}: could not be written: {error.strerror}") from error

    def close(self) -> None:
        """Close the log; doing so twice is harmless."""
        self._log.close()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> "RolloutLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{self.path}: another process is writing it; expected one writer") from None

    def _cut(self, position: int) -> None:
        size = os.fstat(self._fd).st_size
        if not 0 <= position <= size:
            raise UsageError(
                f"{self.path}: it holds {size} bytes, expected at least the {position} of the checkpoint; is "
                "it another run's log?"
            )
        if position and os.pread(self._fd, 1, position - 1) != b"\n":
            raise UsageError(
                f"{self.path}: no line ends at byte {position}, where the checkpoint's log did; is it "
                "another run's log?"
            )
        os.ftruncate(self._fd, position)
