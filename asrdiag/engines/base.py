"""What a recogniser is to asrdiag: clips in, transcripts out, and an identity."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, util
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from ..spec import Identifier, Json, Spec

if TYPE_CHECKING:
    from ..datasets.base import Utterance
    from ..simulation.base import Condition


@dataclass(frozen=True, slots=True)
class Clip:
    """Audio for a recogniser: `samples` is mono float32 of shape [n_samples], nominally in [-1, 1]."""

    sample_id: str
    samples: npt.NDArray[np.float32]
    sample_rate_hz: int
    language: str = "en"

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the system answered. `text == ""` means that it answered with nothing."""

    text: str
    details: Mapping[str, Json] = field(default_factory=dict)
    """What is worth keeping of how it came about (tokens, chunks, `gated`); written to the sample record."""
    transcribe_s: float | None = None
    """Seconds that this clip alone took; `None`: an equal share of the batch's."""


@dataclass(frozen=True, slots=True)
class Failed:
    """In place of a transcript: this clip has failed for good, and to ask again would only cost again."""

    error: Exception
    details: Mapping[str, Json] = field(default_factory=dict)
    """As in a transcript: what is worth keeping (what was paid, the text of a refusal)."""


@dataclass(frozen=True, slots=True)
class NotAsked:
    """In place of a transcript: a limit that the user set leaves this clip to another run.

    The runner keeps the other answers of the batch and then stops; no failure is recorded.
    """

    reason: str


Answer: TypeAlias = Transcript | Failed | NotAsked


@dataclass(frozen=True, slots=True)
class Given:
    """The answers of a system that does not hear, for a whole dataset under one condition."""

    answers: Mapping[str, Transcript | Failed]
    """One for each of the dataset's utterances, by sample id."""
    problems: tuple[str, ...] = ()
    """What a user must know before the scores are read: answers that are missing or look wrong."""
    remarks: tuple[str, ...] = ()
    """What was left out with leave."""


class Recognizer(Protocol):
    """An opened system. Lives in one worker process and is called from one thread."""

    def transcribe(self, clips: Sequence[Clip]) -> Sequence[Answer]:
        """One answer a clip, in order.

        A clip's transcript must not depend on the others of its batch. An exception fails the whole batch,
        and the runner then tries its halves, and theirs; where that would cost too much, give `Failed` for
        the clip that failed.
        """
        ...


@runtime_checkable
class HostedRecognizer(Recognizer, Protocol):
    """One that waits for somebody else's machine: called from several threads at a time."""

    def spent(self) -> Mapping[str, Json]:
        """What it has spent since it was opened (requests, tokens, cost), for `run.json`."""
        ...

    def close(self) -> None:
        """Give up what is under way: the calls that wait for it end."""
        ...


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that an engine imports."""

    name: str
    """As pip has it."""
    module: str
    used_for: str = ""
    """What needs it, where not every system of the engine does."""
    at_least: str = ""
    """The oldest version that will do, if not any."""

    @property
    def installed(self) -> bool:
        """Whether it is there, in whatever version; it is not imported."""
        return util.find_spec(self.module) is not None

    @property
    def version(self) -> str | None:
        """The installed version, `?` if it does not say; `None`: it is not installed."""
        if not self.installed:
            return None
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            # Installed under another name, as onnxruntime-gpu is.
            carriers = metadata.packages_distributions().get(self.module, [])
            return ", ".join(f"{metadata.version(carrier)} ({carrier})" for carrier in carriers) or "?"

    def missing(self) -> str | None:
        """Why it will not do: it is not installed, or too old; `None` if it will."""
        if not self.installed:
            return f"{self.name} is not installed"
        version = (self.version or "") if self.at_least else ""
        if () < _release(version) < _release(self.at_least):
            return f"{self.name} {version} is installed, at least {self.at_least} is needed"
        return None


class EngineSpec(Spec):
    """A system as a suite names it. Engines subclass this with the keys they take."""

    sample_rate_hz: ClassVar[int] = 16_000
    """The rate of the clips that the recogniser is given."""
    default_batch_size: ClassVar[int] = 1
    default_batch_seconds: ClassVar[float | None] = None
    """The most audio in a batch, each clip counted as long as its longest, where that fills memory."""
    cpu_only: ClassVar[bool] = False
    """Runs on the CPU whatever device a run is given; otherwise `open` is asked for that device."""
    hears: ClassVar[bool] = True
    """Whether it is given audio. One that is not has `given` in place of `open`, and audio may be missing."""
    most_workers: ClassVar[int | None] = None
    """How many processes may have it open at a time, if there is a limit."""
    requires: ClassVar[tuple[Package, ...]] = ()
    install: ClassVar[str] = ""
    """The command that installs what `requires` names."""

    id: Identifier
    engine: str

    def batch_size(self) -> int:
        """Clips a batch where the user does not say."""
        return self.default_batch_size

    def known_languages(self) -> tuple[str, ...] | None:
        """The primary language tags it knows, if it knows only some; other clips are recorded as failed.

        Asked for each clip, so not to be worked out each time.
        """
        return None

    def identity(self) -> dict[str, Json]:
        """All that can change a transcript: at least `model`, `revision` and `decoding`.

        Device and batch size are left out: they are recorded, not part of what a system is.
        """
        raise NotImplementedError

    def identity_of(self, dataset: str, condition: "Condition") -> dict[str, Json]:
        """The same for one cell, where it depends on the cell."""
        return self.identity()

    def pinned(self) -> Self:
        """This system with versions in place of names that may move, such as a branch: what `identity` says.

        Processes and machines that open it later open what the transcripts are recorded for.
        """
        return self

    def given(self, dataset: str, utterances: "Sequence[Utterance]", condition: "Condition") -> Given:
        """The answers of a system that does not hear; also asked before a run, to see that all is there.

        Args:
            dataset: its id in the suite.
            utterances: all that the dataset has.
            condition: what the clips were to be heard under.

        Raises:
            UsageError: there are none for this dataset and condition, or they cannot be used.
        """
        raise NotImplementedError

    @classmethod
    def lacks(cls) -> str | None:
        """Why no system of this engine can run here, with what to install; `None` if nothing is missing."""
        needed = [one for one in cls.requires if not one.used_for]
        absent = [one.name for one in needed if not one.installed]
        reasons = [reason for one in needed if one.installed and (reason := one.missing())]
        if absent:
            reasons.insert(0, f"{', '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed")
        if not reasons:
            return None
        return "; ".join(reasons) + (f": {cls.install}" if cls.install else "")

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        """Which of `cpu` and `cuda` it can use with the packages that are installed; none: no device here."""
        return ("cpu",) if cls.cpu_only else ("cpu", "cuda")

    def unavailable(self) -> str | None:
        """Why this system cannot run on this machine, with what to install; `None` if it can."""
        return self.lacks()

    def to_fetch(self) -> tuple[str, ...]:
        """What `open` would first fetch, and from where; found out without the network."""
        return ()

    def refuses(self, device: str) -> str | None:
        """Why this system cannot use a device, with those it can; `None` if it can."""
        return None

    def devices(self, device: str) -> tuple[str, ...]:
        """What `open` is asked for, in a process each, where a run is given this device.

        An engine that can count them takes `cuda` for all of them.
        """
        return (device,)

    def callers(self) -> int:
        """How many threads call its recogniser at a time, in the process of the command itself.

        0: none does; it is opened in processes of its own. Others `open` a `HostedRecognizer`.
        """
        return 0

    def torch_device(self, device: str) -> str | None:
        """The name that the device given to `open` has for torch in the process with the model.

        `None`: the model is not in that process alone, so what torch knows there is not what it uses.
        """
        return device

    def gpus(self) -> int:
        """How many GPUs a process with this system takes, where they are lent out by number."""
        return 1

    def refuses_lent_gpus(self) -> str | None:
        """Why it cannot run where a process sees only the GPUs that it is lent; `None` if it can."""
        return None

    def open(self, device: str) -> Recognizer:
        """Load the model and warm it up.

        Args:
            device: `cpu`, or `cuda` / `cuda:N` where the engine can use it.

        Raises:
            UsageError: the engine cannot use that device; the message lists those it can.
        """
        raise NotImplementedError


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, by which versions are ordered."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
