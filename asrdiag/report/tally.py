"""Samples added up to what one row of a leaderboard says."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..metrics import (
    ERROR_RATES,
    MODES,
    Counts,
    Diagnosis,
    EntityCounts,
    KeyContent,
    KeyContentCounts,
    ModeCounts,
    Unit,
    bootstrap_interval,
    unit_name,
)
from .key_columns import key_columns
from .numbers import count_columns, percent
from .routes import Routes
from .similarity import Similarities
from .speaker_blocks import speaker_blocks

if TYPE_CHECKING:
    from ..scoring import Sample


@dataclass(slots=True)
class Tally:
    """Counts over samples; rates are formed last, by `row`.

    Tallies of words and of characters do not add up: WER and CER are never averaged together.
    """

    unit: Unit
    n_expected: int = 0
    n_failed: int = 0
    n_empty_reference: int = 0
    n_empty: int = 0
    n_loops: int = 0
    audio_s: float | None = 0.0
    """`None` once the length of a sample's audio is not known."""
    transcribe_s: float = 0.0
    counts: list[Counts] = field(default_factory=list)
    speakers: list[str | None] = field(default_factory=list)
    normalizers: dict[str, None] = field(default_factory=dict)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    similarities: Similarities = field(default_factory=Similarities)
    routes: Routes = field(default_factory=Routes)
    contents: list[KeyContent] = field(default_factory=list)
    names_by: dict[str, None] = field(default_factory=dict)

    def add(self, sample: "Sample") -> None:
        """Count one sample; one without an answer counts as failed and in nothing else."""
        scored, record = sample.scored, sample.record
        self.normalizers[scored.normalizer] = None
        if scored.counts is None or sample.diagnosis is None:
            self.n_failed += 1
            return
        self.counts.append(scored.counts)
        self.diagnoses.append(sample.diagnosis)
        if sample.content is not None:
            self.contents.append(sample.content)
            self.names_by[sample.names_by] = None
        self.speakers.append(record["speaker"])
        if scored.counts.reference_tokens:
            self.similarities.add(sample.similarity, record["speaker"], sample.diagnosis.mode)
        self.n_empty_reference += scored.counts.reference_tokens == 0
        self.routes.add(record, scored.counts)
        self.n_empty += scored.empty
        self.n_loops += scored.repetition_loop
        self.audio_s = _sum(self.audio_s, record["audio"]["duration_s"])
        self.transcribe_s += record["timing"]["transcribe_s"]

    def __add__(self, other: "Tally") -> "Tally":
        if self.unit != other.unit:
            raise ValueError(
                f"tallies of {unit_name(self.unit)} and of {unit_name(other.unit)} do not add up"
            )
        return Tally(
            self.unit,
            self.n_expected + other.n_expected,
            self.n_failed + other.n_failed,
            self.n_empty_reference + other.n_empty_reference,
            self.n_empty + other.n_empty,
            self.n_loops + other.n_loops,
            _sum(self.audio_s, other.audio_s),
            self.transcribe_s + other.transcribe_s,
            self.counts + other.counts,
            self.speakers + other.speakers,
            self.normalizers | other.normalizers,
            self.diagnoses + other.diagnoses,
            self.similarities + other.similarities,
            self.routes + other.routes,
            self.contents + other.contents,
            self.names_by | other.names_by,
        )

    def row(self) -> dict[str, Any]:
        """The row's numbers; `None` where a number does not exist."""
        n_scored = len(self.counts)
        total = sum(self.counts, Counts(unit=self.unit))
        interval = bootstrap_interval(
            [counts.errors for counts in self.counts],
            [counts.reference_tokens for counts in self.counts],
            blocks=speaker_blocks(self.speakers),
        )
        coverage = {
            "metric": ERROR_RATES[self.unit],
            "normalizer": "+".join(self.normalizers),
            "n_expected": self.n_expected,
            "n_scored": n_scored,
            "n_failed": self.n_failed,
            "n_empty_ref": self.n_empty_reference,
            "audio_hours": None if self.audio_s is None else self.audio_s / 3600,
            "rtfx": self.audio_s / self.transcribe_s if self.audio_s and self.transcribe_s else None,
            "complete": n_scored == self.n_expected,
        }
        if not n_scored:
            return coverage
        modes = ModeCounts.of(self.diagnoses)
        entities = EntityCounts.of(self.diagnoses, "number", "name")
        keywords = EntityCounts.of(self.diagnoses, "keyword")
        return coverage | {
            **count_columns(total),
            "ci_low_pct": percent(interval.low if interval else None),
            "ci_high_pct": percent(interval.high if interval else None),
            "omission_rate_pct": percent(total.omission_rate),
            "hallucination_rate_pct": percent(total.hallucination_rate),
            "repetition_rate_pct": 100 * self.n_loops / n_scored,
            "empty_rate_pct": 100 * self.n_empty / n_scored,
            "lcs_ratio": total.lcs_ratio,
            **{f"mode_{mode}_pct": percent(modes.share(mode)) for mode in MODES},
            "omission_utterances_pct": percent(modes.omission_rate),
            "hallucination_utterances_pct": percent(modes.hallucination_rate),
            "entity_error_rate_pct": percent(entities.error_rate),
            "keyword_recall_pct": percent(keywords.recall),
            **key_columns(KeyContentCounts.of(self.contents)),
            "names_by": "+".join(self.names_by),
            **self.similarities.columns(),
            **self.routes.columns(),
        }


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
