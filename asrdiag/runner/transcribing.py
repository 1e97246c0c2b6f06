"""Clips through an opened recogniser: in batches that fit, each alone where a batch fails."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from ..engines.base import Answer, Clip, EngineSpec, Failed, NotAsked, Recognizer, Transcript
from ..errors import AsrdiagError
from .batching import Room
from .clip import ClipInProgress, Job
from .memory import device_name, make_room, peak_device_memory_bytes, peak_memory_bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process with a recogniser in it has used so far."""

    process: int
    device: str
    device_name: str | None
    open_s: float
    """For loading the model and warming it up; no clip's time counts it."""
    busy_s: float
    """In the recogniser, since it was open."""
    idle_s: float
    """Between the first batch and the last, not in the recogniser."""
    peak_memory_bytes: int
    """Of the process, resident."""
    peak_device_memory_bytes: int | None
    room: Room
    """What it is given at once by now: less than at first if memory ran out."""


@dataclass(slots=True)
class _Clock:
    began: float | None = None
    ended: float = 0.0
    busy_s: float = field(default=0.0)


class Transcriber:
    """A recogniser, opened when it is made, that takes batches of prepared clips."""

    def __init__(self, job: Job, device: str) -> None:
        self._job, self._device = job, device
        self._room = job.room
        self._clock = _Clock()
        started = time.perf_counter()
        self._recognizer = _open(job.engine, device)
        self._open_s = time.perf_counter() - started
        self._device_name = device_name(device)

    def transcribe(self, ready: Sequence[ClipInProgress]) -> None:
        """Give each clip its answer or its failure.

        A batch over which memory runs out is tried again in smaller ones, and all later batches are smaller;
        the clips of one that fails for another reason are tried each alone.
        """
        waiting = list(ready)
        while waiting:
            durations_s = [clip.clip.duration_s for clip in waiting]
            chosen = next(self._room.cut(durations_s))
            if self._together([waiting[index] for index in chosen]):
                waiting = [clip for index, clip in enumerate(waiting) if index not in chosen]
            else:
                self._room = self._room.halved(len(chosen), durations_s[chosen[0]])
                make_room()

    def usage(self) -> Usage:
        clock = self._clock
        return Usage(
            process=os.getpid(),
            device=self._device,
            device_name=self._device_name,
            open_s=self._open_s,
            busy_s=clock.busy_s,
            idle_s=0.0 if clock.began is None else clock.ended - clock.began - clock.busy_s,
            peak_memory_bytes=peak_memory_bytes(),
            peak_device_memory_bytes=peak_device_memory_bytes(self._device),
            room=self._room,
        )

    def _together(self, batch: Sequence[ClipInProgress]) -> bool:
        """Whether the batch is settled; it is not where it should be tried again in parts."""
        if len(batch) > 1:
            clips = [clip.clip for clip in batch]
            started = time.perf_counter()
            answers = batch[0].attempt("transcribe", partial(self._call, clips), len(batch))
            if answers is not None:
                share = (time.perf_counter() - started) / len(batch)
                for clip, answer in zip(batch, answers, strict=True):
                    clip.batch_size = len(batch)
                    clip.take(answer, share)
                return True
            if batch[0].out_of_memory:
                batch[0].out_of_memory = False
                return False
        for clip in batch:
            self._alone(clip)
        return True

    def _alone(self, clip: ClipInProgress) -> None:
        for number in range(1, 2 + self._job.retry):
            clip.attempts = number
            started = time.perf_counter()
            answers = clip.attempt("transcribe", partial(self._call, [clip.clip]))
            if answers is not None:
                clip.take(answers[0], time.perf_counter() - started)
            if answers is not None or clip.hopeless:
                return
            if clip.out_of_memory:
                make_room()

    def _call(self, clips: Sequence[Clip]) -> Sequence[Answer]:
        started = time.perf_counter()
        if self._clock.began is None:
            self._clock.began = started
        try:
            return _answers(self._recognizer, clips)
        finally:
            self._clock.ended = time.perf_counter()
            self._clock.busy_s += self._clock.ended - started


def _open(engine: EngineSpec, device: str) -> Recognizer:
    try:
        return engine.open(device)
    except AsrdiagError:
        raise
    except Exception as error:
        message = f"system {engine.id!r} cannot be opened: {type(error).__name__}: {error}"
        raise AsrdiagError(message) from error


def _answers(recognizer: Recognizer, clips: Sequence[Clip]) -> Sequence[Answer]:
    answers = recognizer.transcribe(clips)
    if len(answers) != len(clips):
        raise RuntimeError(f"the engine gave {len(answers)} answers for {len(clips)} clips")
    return [_writable(answer) for answer in answers]


def _writable(answer: Answer) -> Answer:
    """The answer, or in place of one that cannot be written down this clip's failure."""
    try:
        if isinstance(answer, Transcript) and isinstance(answer.text, str):
            answer.text.encode()
        elif not isinstance(answer, Failed | NotAsked):
            raise TypeError(f"the engine gave {answer!r:.80}, expected a Transcript with a text")
        if not isinstance(answer, NotAsked):
            json.dumps(dict(answer.details), allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        return Failed(error)
    return answer
