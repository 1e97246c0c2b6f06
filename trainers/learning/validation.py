"""How a model under training does on held-out rows: error rates by base WER, and the worst failures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from asrdiag.engines.base import Clip, Transcript
from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.engines.transformers.recognizer import TransformersRecognizer
from asrdiag.metrics import ERROR_RATES, Counts, UtteranceScore, default_normalizer, diagnose, score_utterance
from asrdiag.report.grades import grade_of

from ..data.clips import Limits, read_clip
from ..data.line import TrainingRow
from ..families.base import TrainedFamily
from .pool import Pool

BINS_PCT = (30.0, 50.0, 70.0)
CLEAN, DEGRADED = "clean", "degraded"
HARDER, UNGRADED = ">=70", "ungraded"

RATES: Mapping[str, str] = {
    "empty": "empty",
    "hallucination": "hallucination",
    "repetition": "repetition_loop",
}
"""The share of utterances whose failure mode is this one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Error counts of some rows."""

    n: int
    errors: int
    reference_tokens: int

    @property
    def error_rate(self) -> float | None:
        return self.errors / self.reference_tokens if self.reference_tokens else None


@dataclass(frozen=True, slots=True)
class Look:
    """What validation found at one step."""

    step: int
    """Over all stages; 0 is the model before training."""
    stage: str
    groups: Mapping[str, Group]
    """`degraded` (all of them), `<30`, `<50`, `<70`, `>=70` and `ungraded` by base WER, and `clean`. Of rows
    that are not scored by words the name ends with ` (cer)` or ` (mer)`."""
    rates: Mapping[str, float]
    """`empty`, `hallucination`, `repetition`: shares of all utterances."""
    n_unanswered: int

    def error_rate(self, group: str) -> float | None:
        """Of a group: the mean over units where some rows are scored by words and some by characters."""
        found = [
            each.error_rate
            for name, each in self.groups.items()
            if name.partition(" (")[0] == group and each.error_rate is not None
        ]
        return sum(found) / len(found) if found else None

    @property
    def score(self) -> float:
        """What checkpoints are compared by: the error rate on degraded rows, without any on clean ones."""
        rate = self.error_rate(DEGRADED)
        rate = self.error_rate(CLEAN) if rate is None else rate
        return 1.0 if rate is None else rate

    def record(self) -> dict[str, Any]:
        """For a log."""
        rates = {name: each.error_rate for name, each in self.groups.items()}
        return {**asdict(self), "error_rates": rates}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Look":
        """What `record` made one of."""
        groups = {name: Group(**each) for name, each in record["groups"].items()}
        return cls(record["step"], record["stage"], groups, record["rates"], record["n_unanswered"])

    def told(self) -> str:
        """One line."""
        shown = [
            f"{name} {100 * rate:.1f} %"
            for name in (DEGRADED, "<30", "<50", "<70", HARDER, CLEAN)
            if (rate := self.error_rate(name)) is not None
        ]
        rates = [f"{name} {100 * rate:.1f} %" for name, rate in self.rates.items() if rate]
        return f"step {self.step}: error rate {', '.join(shown)}" + (f"; {', '.join(rates)}" if rates else "")


class Validation:
    """Transcribes rows as the finished system will, and scores them.

    Args:
        pool: the rows, all looked at.
        family: the model under training.
        limits: of clips.
        batch_size: clips at once.
        limit: so many rows, drawn with `seed`; `None`: all.
    """

    def __init__(
        self,
        pool: Pool,
        family: TrainedFamily,
        limits: Limits,
        *,
        batch_size: int,
        limit: int | None,
        seed: int,
    ) -> None:
        chosen = np.arange(len(pool))
        if limit is not None and limit < len(pool):
            chosen = np.sort(np.random.default_rng([seed, 7]).choice(chosen, limit, replace=False))
        # Longest first: clips of like length share a batch, and too large a batch fails at once.
        self._indices = sorted(map(int, chosen), key=lambda index: -pool.known.duration_s[index])
        self.pool, self._limits, self._batch_size = pool, limits, batch_size
        self._recognizer = TransformersRecognizer(family.family, family.family.spec)

    def __len__(self) -> int:
        return len(self._indices)

    def look(
        self,
        step: int,
        stage: str,
        *,
        process: int = 0,
        n_processes: int = 1,
        gather: Callable[[list[Any]], list[Any]] = lambda found: found,
    ) -> Look:
        """Transcribe and score all rows.

        Args:
            step: over all stages.
            stage: its name.
            process: this one's number among those that each take a share of the batches.
            n_processes: how many there are.
            gather: joins their lists.
        """
        found: list[tuple[int, str | None]] = []
        batches = range(0, len(self._indices), self._batch_size)
        for start in list(batches)[process::n_processes]:
            found += self._transcribe(self._indices[start : start + self._batch_size])
        answers = dict(gather(found))
        return summary(step, stage, ((self.pool[index], answers[index]) for index in sorted(answers)))

    def _transcribe(self, indices: Sequence[int]) -> list[tuple[int, str | None]]:
        rows = [self.pool[index] for index in indices]
        clips = [
            Clip(row.id, read_clip(row.audio, RATE_HZ, self._limits), RATE_HZ, row.language) for row in rows
        ]
        answers = self._recognizer.transcribe(clips)
        texts = [each.text if isinstance(each, Transcript) else None for each in answers]
        return list(zip(indices, texts, strict=True))


def summary(step: int, stage: str, answered: Iterable[tuple[TrainingRow, str | None]]) -> Look:
    """Score rows with the answers to them; `None` is no answer."""
    groups: dict[str, list[Counts]] = {}
    modes: dict[str, int] = dict.fromkeys(RATES, 0)
    n = n_unanswered = 0
    for row, text in answered:
        n += 1
        scored = score_utterance(
            row.solution, text, language=row.language, normalizer=default_normalizer(row.language)
        )
        n_unanswered += text is None
        diagnosis = diagnose(scored)
        for name, mode in RATES.items():
            modes[name] += diagnosis is not None and diagnosis.mode == mode
        for name in _groups_of(row):
            groups.setdefault(name + _unit(scored), []).append(_counts(scored))
    found = {
        name: Group(
            len(counts),
            sum(each.errors for each in counts),
            sum(each.reference_tokens for each in counts),
        )
        for name, counts in sorted(groups.items())
    }
    return Look(step, stage, found, {name: count / n for name, count in modes.items()}, n_unanswered)


def _groups_of(row: TrainingRow) -> tuple[str, ...]:
    if row.clean:
        return (CLEAN,)
    if row.base_wer is None:
        return (DEGRADED, UNGRADED)
    grade = grade_of(100 * row.base_wer, BINS_PCT)
    return (DEGRADED, HARDER if grade == "dropped" else str(grade))


def _unit(scored: UtteranceScore) -> str:
    return "" if scored.unit == "word" else f" ({ERROR_RATES[scored.unit]})"


def _counts(scored: UtteranceScore) -> Counts:
    """No answer counts as one of nothing: a model must not gain by failing."""
    if scored.counts is None:
        return Counts(deletions=len(scored.reference_tokens), unit=scored.unit)
    return scored.counts
