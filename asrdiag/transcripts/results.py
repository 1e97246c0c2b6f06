"""Pairs scored and added up: one total for each unit, and one for each group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..metrics import (
    ERROR_RATES,
    UNITS,
    Counts,
    Diagnosis,
    Interval,
    KeyContent,
    KeyContentCounts,
    ModeCounts,
    Unit,
    UtteranceScore,
    bootstrap_interval,
    diagnose,
    key_content,
    score,
)
from ..ner import RULES, find_names
from ..report.key_columns import key_columns
from ..report.numbers import count_columns, percent
from ..report.speaker_blocks import speaker_blocks
from .formats import TranscriptFile
from .pairs import Pair, Pairs


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with its score; diagnosis and key content are `None` if it has no answer."""

    pair: Pair
    score: UtteranceScore
    diagnosis: Diagnosis | None
    content: KeyContent | None = None
    names_by: str = RULES
    """What told the names in it."""


@dataclass(frozen=True, slots=True)
class Total:
    """Utterances of one unit added up; words, characters and mixed tokens are never put together.

    `factor` and `value` name the group, such as `speaker` and `cmh`; `factor` is empty for all utterances,
    `value` for those that have no such factor.
    """

    unit: Unit
    utterances: tuple[Scored, ...]
    counts: Counts
    interval: Interval | None
    interval_over: Literal["speakers", "utterances"]
    """What the interval takes as independent: speakers, if every utterance has one and there are several."""
    factor: str = ""
    value: str = ""
    key: KeyContentCounts = field(default_factory=KeyContentCounts)

    @property
    def modes(self) -> ModeCounts:
        """How many of the answered are in each failure mode."""
        return ModeCounts.of(each.diagnosis for each in self.utterances)

    @property
    def answered(self) -> tuple[UtteranceScore, ...]:
        """Those that the counts cover."""
        return tuple(each.score for each in self.utterances if each.score.answered)

    def row(self) -> dict[str, Any]:
        """The numbers under the names that a leaderboard has for them; `None` where one does not exist."""
        answered = self.answered
        counts = self.counts
        interval = self.interval
        return {
            "metric": ERROR_RATES[self.unit],
            "language": "+".join(dict.fromkeys(each.score.language for each in self.utterances)),
            "normalizer": "+".join(dict.fromkeys(each.score.normalizer for each in self.utterances)),
            "n_expected": len(self.utterances),
            "n_scored": len(answered),
            "n_empty_ref": sum(not each.reference_tokens for each in answered),
            **count_columns(counts),
            "ci_low_pct": percent(interval.low if interval else None),
            "ci_high_pct": percent(interval.high if interval else None),
            "ci_over": self.interval_over if interval else None,
            "omission_rate_pct": percent(counts.omission_rate),
            "hallucination_rate_pct": percent(counts.hallucination_rate),
            "repetition_rate_pct": _share(sum(each.repetition_loop for each in answered), answered),
            "empty_rate_pct": _share(sum(each.empty for each in answered), answered),
            "wrong_rate_pct": _share(
                sum(each.counts.errors > 0 for each in answered if each.counts), answered
            ),
            "lcs_ratio": counts.lcs_ratio,
            **(key_columns(self.key) if answered else {}),
            "names_by": "+".join(dict.fromkeys(each.names_by for each in self.utterances)),
        }


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a report can say."""

    files: tuple[TranscriptFile, ...]
    """The references and the hypotheses, or the one file that holds both."""
    scored: tuple[Scored, ...]
    unmatched: Pairs
    totals: tuple[Total, ...]
    groups: tuple[Total, ...]
    by: tuple[str, ...] = ()
    """The groups that were asked for."""

    @property
    def title(self) -> str:
        """The files, as the user named them."""
        return " against ".join(str(file.path) for file in reversed(self.files))

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Ids of utterances without an answer, whether the file lacks them or says so."""
        return tuple(each.pair.id for each in self.scored if not each.score.answered)


def score_pairs(
    files: Sequence[TranscriptFile],
    pairs: Pairs,
    *,
    normalizer: str | None = None,
    unit: Unit | None = None,
    by: Sequence[str] = (),
    keywords: Sequence[str] = (),
    ner: Sequence[str] = (),
) -> Results:
    """Score the pairs of files, each by its language; `normalizer` and `unit` are `None` for what suits it.

    `by` names the groups: `language`, `speaker` or another factor of the pairs. If it is empty, those of
    `language`, `subset` and `speaker` are taken that have several values. `keywords` must not be lost; `ner`
    are pipelines of spaCy that tell names.

    Raises:
        UsageError: a pipeline is of no use.
    """
    result = score(
        [pair.reference for pair in pairs.pairs],
        [pair.hypothesis for pair in pairs.pairs],
        language=[pair.language for pair in pairs.pairs],
        unit=unit,
        normalizer=normalizer,
    )
    records = [
        {"language": pair.language, "reference_raw": pair.reference, "hypothesis_raw": pair.hypothesis}
        for pair in pairs.pairs
    ]
    scored = tuple(
        Scored(
            pair,
            utterance,
            diagnosis := diagnose(utterance, keywords=keywords),
            key_content(utterance, keywords=keywords, names=named.names, diagnosis=diagnosis),
            named.by,
        )
        for pair, utterance, named in zip(
            pairs.pairs, result.utterances, find_names(records, ner), strict=True
        )
    )
    factors = by or [
        factor
        for factor in ("language", "subset", "speaker")
        if len({each.pair.group(factor) for each in scored} - {""}) > 1
    ]
    groups = []
    for factor in factors:
        values: dict[str, list[Scored]] = {}
        for each in scored:
            values.setdefault(each.pair.group(factor), []).append(each)
        for value, members in values.items():
            groups += _totals(members, factor, value)
    return Results(tuple(files), scored, pairs, tuple(_totals(scored)), tuple(groups), tuple(by))


def _totals(scored: Iterable[Scored], factor: str = "", value: str = "") -> list[Total]:
    scored = tuple(scored)
    totals = []
    for unit in UNITS:
        members = tuple(each for each in scored if each.score.unit == unit)
        counts = [each.score.counts for each in members if each.score.counts is not None]
        if not members:
            continue
        answered = [each for each in members if each.score.counts is not None]
        blocks = speaker_blocks([each.pair.factors.get("speaker") for each in answered])
        interval = bootstrap_interval(
            [each.errors for each in counts], [each.reference_tokens for each in counts], blocks=blocks
        )
        total = sum(counts, Counts(unit=unit))
        over: Literal["speakers", "utterances"] = "speakers" if blocks else "utterances"
        key = KeyContentCounts.of(each.content for each in members)
        totals.append(Total(unit, members, total, interval, over, factor, value, key))
    return totals


def _share(number: int, of: Sequence[object]) -> float | None:
    return 100 * number / len(of) if of else None
