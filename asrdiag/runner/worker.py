"""A worker process: it opens one system and takes batches of clips through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..engines.base import Given
from .clip import ClipInProgress, Job, Outcome, Task
from .transcribing import Transcriber, Usage


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a batch, and what its worker has used by then."""

    outcomes: list[Outcome]
    usage: Usage | None


def start_worker(job: Job) -> None:
    """Initialise this process."""
    global _worker  # noqa: PLW0603  (the one way to keep an opened model between a process's tasks)
    _worker = Worker(job)


def run_task(task: Task) -> Done:
    """Process one batch in this worker."""
    if _worker is None:
        raise RuntimeError("start_worker has not been called in this process")
    return Done(_worker.process(task), _worker.usage())


_worker: "Worker | None" = None


class Worker:
    """A recogniser, opened at the first batch, and the clips' way through it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._transcriber: Transcriber | None = None
        self._given: dict[tuple[str, str], Given] = {}

    def process(self, task: Task) -> list[Outcome]:
        """Transcribe a batch; a clip that fails is recorded, never raised.

        Raises:
            AsrdiagError: the system cannot be opened.
            DeviceLost: this process can transcribe nothing more.
            SaveError: degraded audio could not be kept.
        """
        clips = self.heard(task) if self.job.engine.hears else self._looked_up(task)
        return [clip.finish() for clip in clips]

    def heard(self, task: Task) -> list[ClipInProgress]:
        """A batch's clips, each with its answer or its failure."""
        clips = [ClipInProgress(self.job, task, position) for position in task.positions]
        self.transcribe([clip for clip in clips if clip.prepare()])
        return clips

    def transcribe(self, ready: Sequence[ClipInProgress]) -> None:
        """Give clips that are prepared to the recogniser."""
        if self._transcriber is None:
            self._transcriber = Transcriber(self.job, self.job.device)
        self._transcriber.transcribe(ready)

    def usage(self) -> Usage | None:
        """What it has used; `None` while no recogniser is open."""
        return None if self._transcriber is None else self._transcriber.usage()

    def _looked_up(self, task: Task) -> list[ClipInProgress]:
        where = task.dataset, task.condition
        if where not in self._given:
            condition = self.job.conditions[task.condition]
            utterances = self.job.utterances[task.dataset]
            self._given[where] = self.job.engine.given(task.dataset, utterances, condition)
        clips = [ClipInProgress(self.job, task, position) for position in task.positions]
        for clip in clips:
            clip.look_up(self._given[where])
        return clips


def died(job: Job, task: Task, error: BaseException) -> Outcome:
    """The outcome of a one-clip task whose worker process died over it."""
    clip = ClipInProgress(job, task, task.positions[0])
    clip.fail("transcribe", error)
    return clip.finish()
