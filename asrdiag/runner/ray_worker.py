"""What an actor of a Ray cluster does with one system's clips."""

import platform
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import __version__
from ..errors import AsrdiagError
from ..spec import Json
from .clip import ClipInProgress, Job, Outcome, Task
from .transcribing import Usage
from .worker import Worker


@dataclass(frozen=True, slots=True)
class Hello:
    """What an actor says first, for comparison with what is here."""

    machine: str
    asrdiag: str
    """Its version."""
    identity: Mapping[str, Json]
    """Of the system, as this machine's files have it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a batch, on its way from the machine that did it."""

    outcomes: list[Outcome]
    audio: Mapping[str, bytes]
    """The files to be kept, by their names in the run directory's `audio`."""
    usage: Usage | None


class RayWorker(Worker):
    """What an actor does: all that there is to do for a clip. Of the run directory it knows nothing."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._thread = ThreadPoolExecutor(1)  # a recogniser is called from one thread

    def hello(self) -> Hello:
        """Which asrdiag and which system are here; a model in a folder is read once for that.

        Raises:
            AsrdiagError: the system's files cannot be read here.
        """
        machine = platform.node()
        try:
            return Hello(machine, __version__, self.job.engine.identity())
        except (AsrdiagError, OSError) as error:
            raise AsrdiagError(f"{machine}: {error}") from error

    def bring(self, task: Task) -> Brought:
        """As `process`, with what would be files in the run directory."""
        clips = self.heard(task)
        with TemporaryDirectory(prefix="asrdiag-") as folder:
            job = replace(self.job, run_folder=Path(folder))
            for clip in clips:
                clip.join(job)
            outcomes = [clip.finish() for clip in clips]
            audio = {path.name: path.read_bytes() for path in Path(folder).glob("audio/*")}
        usage = self.usage()
        return Brought(
            outcomes, audio, usage and replace(usage, device=f"{platform.node()}/{usage.device}{_gpus()}")
        )

    def transcribe(self, ready: Sequence[ClipInProgress]) -> None:
        self._thread.submit(super().transcribe, ready).result()


def _gpus() -> str:
    """Which of its machine's GPUs an actor has; it calls the first of them `cuda`, whichever that is."""
    import ray

    numbers: Sequence[str] = ray.get_runtime_context().get_accelerator_ids().get("GPU", [])
    return f":{'+'.join(numbers)}" if numbers else ""
