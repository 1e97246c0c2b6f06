"""What the processes around an accelerator do: some prepare clips, one for each device recognises them."""

from collections.abc import Iterator
from dataclasses import dataclass

from .clip import ClipInProgress, Job, Task
from .transcribing import Transcriber, Usage


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips of one task, all of them prepared."""

    task: Task
    clips: tuple[ClipInProgress, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A batch's clips with their answers and without their audio, and what the process has used by then."""

    clips: tuple[ClipInProgress, ...]
    usage: Usage | None


_job: Job | None = None
_device = ""
_transcriber: Transcriber | None = None


def start_preparing(job: Job) -> None:
    """Initialise a process that reads and degrades clips."""
    global _job  # noqa: PLW0603  (the one way to keep something between a process's tasks)
    _job = job


def prepare(task: Task) -> list[ClipInProgress]:
    """The task's clips, prepared or with the failure that kept them from being."""
    assert _job is not None
    clips = [ClipInProgress(_job, task, position) for position in task.positions]
    for clip in clips:
        clip.prepare()
    return clips


def start_recognizing(job: Job, device: str) -> None:
    """Initialise the process that has a device."""
    global _job, _device
    _job, _device = job, device


def recognize(batch: Batch) -> Heard:
    """Answers for a batch; the recogniser is opened for the first one.

    Raises:
        AsrdiagError: the system cannot be opened.
    """
    assert _job is not None
    global _transcriber  # noqa: PLW0603
    if _transcriber is None:
        _transcriber = Transcriber(_job, _device)
    for clip in batch.clips:
        clip.join(_job)
    _transcriber.transcribe(batch.clips)
    for clip in batch.clips:
        del clip.clip  # the parent has it still
    return Heard(batch.clips, _transcriber.usage())


def single_clips(batch: Batch) -> Iterator[Batch]:
    """A batch's clips, each as a batch of its own."""
    for clip in batch.clips:
        yield Batch(batch.task, (clip,))
