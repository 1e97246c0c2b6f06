"""One clip's way through a worker: loaded, degraded, transcribed, scored, recorded."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..audio import sha256_of, to_pcm16_grid, write_flac
from ..datasets.base import Utterance
from ..engines.base import Answer, Clip, EngineSpec, Failed, Given, NotAsked, Transcript
from ..errors import SampleError, SaveError, UnknownLanguageError, UsageError
from ..metrics import score_utterance, spoken_languages
from ..simulation.base import Condition, Samples, Source
from .batching import Room
from .lost_device import DeviceLost
from .memory import ran_out_of_memory
from .source import labels_of, load, promised_duration_s, source_of

Stage = Literal["load", "degrade", "transcribe"]
T = TypeVar("T")
_OF_THE_JOB = frozenset({"job", "utterance", "condition"})


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs for one system; sent once, when it starts."""

    engine: EngineSpec
    device: str
    seed: int
    utterances: Mapping[str, Sequence[Utterance]]
    """By dataset id, whole: babble draws on all of them."""
    conditions: Mapping[str, Condition]
    normalizers: Mapping[tuple[str, str], str]
    """By dataset id and language."""
    room: Room
    """What the recogniser is given at once."""
    retry: int
    save_audio: Literal["none", "errors", "all"]
    run_folder: Path


@dataclass(frozen=True, slots=True)
class Task:
    """A batch: positions in a dataset's utterances, all under one condition."""

    cell: str
    dataset: str
    condition: str
    positions: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    """One clip's sample record, with what the live display and `errors.jsonl` want to know."""

    record: dict[str, Any]
    errors: int = 0
    tokens: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    left_undone: str = ""
    """Why the clip was not given to the system, if a limit kept it from that; there is no record then."""
    out_of_memory: bool = False
    """Whether memory ran out over this clip alone, which says nothing of shorter ones."""


class ClipInProgress:
    """One clip on its way."""

    def __init__(self, job: Job, task: Task, position: int) -> None:
        self.job, self.task, self.position = job, task, position
        self.utterance = job.utterances[task.dataset][position]
        self.condition = job.conditions[task.condition]
        self.clip: Clip
        self.transcript: Transcript | None = None
        self.details: Mapping[str, Any] = {}
        self.left_undone = ""
        self.load_s = self.degrade_s = self.transcribe_s = 0.0
        self.attempts = 1
        self.batch_size = 1
        self.hopeless = self.out_of_memory = False
        self.failures: list[dict[str, Any]] = []
        self.audio: dict[str, Any] = {}
        self.source = source_of(self.utterance)
        self.degradation: Mapping[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """For its way to another process: without what every process of the job has."""
        return {name: value for name, value in vars(self).items() if name not in _OF_THE_JOB}

    def join(self, job: Job) -> None:
        """Be at home in another process, after the way there."""
        self.job = job
        self.utterance = job.utterances[self.task.dataset][self.position]
        self.condition = job.conditions[self.task.condition]

    @property
    def is_prepared(self) -> bool:
        """Whether there is audio for the recogniser."""
        return hasattr(self, "clip")

    def attempt(self, stage: Stage, action: Callable[[], T], batch_size: int = 1) -> T | None:
        """Run one stage; whatever goes wrong is this clip's failure, except what concerns more than it."""
        try:
            return action()
        except (SaveError, UsageError, DeviceLost):
            raise
        except Exception as error:  # noqa: BLE001  (the per-sample boundary; it is recorded)
            self.fail(stage, error, traceback.format_exc(), batch_size)
            self.hopeless = batch_size == 1 and isinstance(error, SampleError)
            self.out_of_memory = ran_out_of_memory(error)
            return None

    def fail(self, stage: Stage, error: BaseException, trace: str = "", batch_size: int = 1) -> None:
        self.failures.append(
            {
                "time": _now(),
                "cell": self.task.cell,
                "sample_id": self.utterance.sample_id,
                "attempt": self.attempts,
                "batch_size": batch_size,
                "stage": stage,
                "type": type(error).__name__,
                "message": _writable(str(error)),
                "traceback": _writable(trace),
            }
        )

    def take(self, answer: Answer, elapsed_s: float) -> None:
        """Keep what the recogniser gave for this clip."""
        if isinstance(answer, NotAsked):
            self.left_undone = answer.reason
            return
        self.details = answer.details
        if isinstance(answer, Failed):
            self.fail("transcribe", answer.error)
        else:
            self.transcript = answer
            self.transcribe_s = elapsed_s if answer.transcribe_s is None else answer.transcribe_s

    def prepare(self) -> bool:
        rate = self.job.engine.sample_rate_hz
        if self.attempt("transcribe", self._require_known_language) is None:
            return False
        started = time.perf_counter()
        samples = self.attempt("load", lambda: load(self.utterance, rate))
        self.load_s = time.perf_counter() - started
        if samples is None:
            return False
        self.source["sha256"] = sha256_of(samples, rate)
        started = time.perf_counter()
        heard = self.attempt("degrade", lambda: self._degrade(samples, rate))
        self.degrade_s = time.perf_counter() - started
        if heard is None:
            return False
        self.clip = Clip(self.utterance.sample_id, heard, rate, self.utterance.language)
        self.audio = {
            "duration_s": round(self.clip.duration_s, 6),
            "sample_rate_hz": rate,
            "sha256": sha256_of(heard, rate),
        }
        return True

    def look_up(self, given: Given) -> None:
        """Take this clip's answer from those of a system that does not hear."""
        self.audio = {"duration_s": promised_duration_s(self.utterance)}
        self.take(given.answers[self.utterance.sample_id], elapsed_s=0.0)

    def _require_known_language(self) -> bool:
        """A wrong answer would count against the system; this is no answer, and not its fault."""
        engine, language = self.job.engine, self.utterance.language
        known = engine.known_languages()
        if known is not None and not set(known).issuperset(spoken_languages(language)):
            raise UnknownLanguageError(
                f"{self.utterance.sample_id}: found the language {language!r}; {engine.id} knows: "
                f"{', '.join(known)}"
            )
        return True

    def _degrade(self, samples: Samples, rate: int) -> Samples:
        if self.condition.keeps_audio():
            return samples
        source = Source(self.utterance, self.job.utterances[self.task.dataset], load, self.job.seed)
        degraded = self.condition.apply(samples, rate, source)
        self.degradation = degraded.record
        return to_pcm16_grid(degraded.samples)  # so that the file kept is what the system heard, bit for bit

    def finish(self) -> Outcome:
        utterance, transcript = self.utterance, self.transcript
        outcome = Outcome({}, failures=self.failures, left_undone=self.left_undone)
        outcome.out_of_memory = self.out_of_memory
        if self.left_undone:
            return outcome
        if transcript is not None:
            scored = score_utterance(
                utterance.reference,
                transcript.text,
                language=utterance.language,
                normalizer=self.job.normalizers[self.task.dataset, utterance.language],
            )
            if scored.counts is not None:
                outcome.errors, outcome.tokens = scored.counts.errors, scored.counts.reference_tokens
        last = self.failures[-1] if transcript is None else None
        outcome.record = {
            "schema": 1,
            "sample_id": utterance.sample_id,
            "system": self.job.engine.id,
            "dataset": self.task.dataset,
            "condition": self.task.condition,
            **labels_of(utterance, self.position),
            "audio": {
                **self.audio,
                "kept": self._keep_audio(outcome.errors > 0 or transcript is None),
            },
            "source": self.source,
            "degradation": dict(self.degradation),
            "hypothesis_raw": None if transcript is None else transcript.text,
            "details": dict(self.details),
            "error": last and {key: last[key] for key in ("stage", "type", "message")},
            "attempts": self.attempts,
            "timing": {
                "load_s": round(self.load_s, 6),
                "degrade_s": round(self.degrade_s, 6),
                "transcribe_s": round(self.transcribe_s, 6),
                "batch_size": self.batch_size,
            },
            "completed_at": _now(),
        }
        return outcome

    def _keep_audio(self, has_errors: bool) -> str | None:
        wanted = self.job.save_audio == "all" or (self.job.save_audio == "errors" and has_errors)
        if not wanted or "sha256" not in self.audio or self.condition.keeps_audio():
            return None
        name = f"audio/{self.audio['sha256']}.flac"
        path = self.job.run_folder / name
        if not path.exists():
            write_flac(path, self.clip.samples, self.clip.sample_rate_hz)
        return name


def _writable(text: str) -> str:
    """The text with escapes for what UTF-8 has no place for, such as the odd bytes of a file's name."""
    return text.encode("utf-8", "backslashreplace").decode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
