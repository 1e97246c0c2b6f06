"""Clips through an opened recogniser: in batches that fit, each alone where a batch fails."""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Literal

from ..engines.base import (
    Answer,
    Clip,
    EngineSpec,
    Failed,
    HostedRecognizer,
    NotAsked,
    Recognizer,
    Transcript,
)
from ..errors import AsrdiagError
from ..spec import Json
from .batching import Room
from .clip import ClipInProgress, Job
from .lost_device import device_lost
from .memory import device_name, make_room, peak_device_memory_bytes, peak_memory_bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process with a recogniser in it has used so far."""

    process: int
    device: str
    device_name: str | None
    open_s: float
    """For loading the model and warming it up; no clip's time counts it."""
    began_s: float
    """When the first batch came to the recogniser, by a clock that all processes of a machine share."""
    ended_s: float
    """When the last one came back."""
    busy_s: float
    """In the recogniser, between these."""
    peak_memory_bytes: int
    """Of the process, resident."""
    peak_device_memory_bytes: int | None
    room: Room
    """What it is given at once by now: less than at first if memory ran out."""
    spent: Mapping[str, Json] | None = None
    """By a hosted recogniser: requests, tokens, cost."""

    @property
    def idle_s(self) -> float:
        """Between the first batch and the last, not in the recogniser."""
        return self.ended_s - self.began_s - self.busy_s


@dataclass(slots=True)
class _Clock:
    """Counts the time in which at least one call is under way, whichever thread it is in."""

    began: float = 0.0
    ended: float = 0.0
    busy_s: float = 0.0
    calls: int = 0
    since: float = 0.0
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def running(self) -> Iterator[None]:
        with self.lock:
            started = time.perf_counter()
            if not self.began:
                self.began = self.ended = started
            if not self.calls:
                self.since = started
            self.calls += 1
        try:
            yield
        finally:
            with self.lock:
                self.calls -= 1
                if not self.calls:
                    self.ended = time.perf_counter()
                    self.busy_s += self.ended - self.since

    def read(self) -> tuple[float, float, float]:
        """When the first call began, when the last one ended, and the time in calls between these.

        A call that is under way counts till now: with several at a time there may always be one.
        """
        with self.lock:
            if not self.calls:
                return self.began, self.ended, self.busy_s
            now = time.perf_counter()
            return self.began, now, self.busy_s + now - self.since


class Transcriber:
    """A recogniser, opened when it is made, that takes batches of prepared clips."""

    def __init__(self, job: Job, device: str) -> None:
        self._job, self._device = job, device
        self._room = job.room
        self._clock = _Clock()
        started = time.perf_counter()
        self._recognizer = _open(job.engine, device)
        self._open_s = time.perf_counter() - started
        self._torch_device = job.engine.torch_device(device)
        self._device_name = device_name(self._torch_device)

    def transcribe(self, ready: Sequence[ClipInProgress]) -> None:
        """Give each clip its answer or its failure.

        A batch over which memory runs out is tried again in smaller ones, and all later batches are smaller.
        One that fails for another reason is tried again in halves, down to the clips that fail alone.

        Raises:
            DeviceLost: after this, nothing more can be transcribed in this process.
        """
        waiting = [list(ready)]
        while waiting:
            clips = waiting.pop()
            if not clips:
                continue
            chosen = next(self._room.cut([clip.clip.duration_s for clip in clips]))
            batch = [clips[index] for index in chosen]
            came_of_it = self._together(batch)
            if came_of_it == "out of memory":
                self._room = self._room.halved(len(batch), batch[0].clip.duration_s)
                make_room()
                waiting.append(clips)
                continue
            waiting.append([clip for index, clip in enumerate(clips) if index not in chosen])
            if came_of_it == "failed":
                half = len(batch) // 2
                waiting += [batch[half:], batch[:half]]

    def usage(self) -> Usage:
        began_s, ended_s, busy_s = self._clock.read()
        return Usage(
            process=os.getpid(),
            device=self._device,
            device_name=self._device_name,
            open_s=self._open_s,
            began_s=began_s,
            ended_s=ended_s,
            busy_s=busy_s,
            peak_memory_bytes=peak_memory_bytes(),
            peak_device_memory_bytes=peak_device_memory_bytes(self._torch_device),
            room=self._room,
            spent=self._recognizer.spent() if isinstance(self._recognizer, HostedRecognizer) else None,
        )

    def close(self) -> None:
        """End the calls of a hosted recogniser that are under way."""
        if isinstance(self._recognizer, HostedRecognizer):
            self._recognizer.close()

    def _together(self, batch: Sequence[ClipInProgress]) -> Literal["settled", "failed", "out of memory"]:
        """What came of a batch; a clip by itself is settled either way."""
        if len(batch) == 1:
            self._alone(batch[0])
            return "settled"
        clips = [clip.clip for clip in batch]
        started = time.perf_counter()
        answers = batch[0].attempt("transcribe", partial(self._call, clips), len(batch))
        if answers is None:
            memory = batch[0].out_of_memory
            batch[0].out_of_memory = False
            return "out of memory" if memory else "failed"
        share = (time.perf_counter() - started) / len(batch)
        for clip, answer in zip(batch, answers, strict=True):
            clip.batch_size = len(batch)
            clip.take(answer, share)
        return "settled"

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
        try:
            with self._clock.running():
                return _answers(self._recognizer, clips)
        except Exception as error:
            hosted = isinstance(self._recognizer, HostedRecognizer)  # this process has no device to lose
            lost = None if hosted else device_lost(error)
            if lost is None:
                raise
            raise lost from error


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
