"""Answers to one reference, and what a reward makes of each: terms, ranks, and wrong preferences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from asrdiag.diagnoses import diagnosis_row
from asrdiag.metrics import UtteranceScore, diagnose, score
from asrdiag.metrics.batch import COLUMNS
from asrdiag.metrics.normalizers import AnyNormalizer
from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.agreement import count_pairs
from asrdiag.metrics.rewards.inspection import COMPONENTS, LOGGED_TOLERANCE
from asrdiag.metrics.rewards.measured import Measured, Values
from asrdiag.metrics.rewards.preferences import Preferences, explain, find_preferences
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.metrics.units import unit_for

from .case import Case, Step, steps_of

PARTS: Mapping[str, str] = {"static": "R_static", "fine": "R_fine", "struc": "R_struc"}
"""What a reward is the sum of, each with its weight."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers that can be compared: rollouts of one prompt, or what several systems say to one clip."""

    group: RolloutGroup
    names: tuple[str, ...]
    """What each is called: the number of a rollout, or a system."""
    normalizer: str | None = None
    """`None` for that of the language."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Two answers of which the one with more errors has the higher reward, and what each term added."""

    preferred: int
    better: int
    gap: float
    """By how much the error rates differ, as a fraction."""
    terms: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers with their rewards; arrays are of shape (answers,)."""

    answers: Answers
    reward: DGWGPOReward
    """With the language and the normaliser that were used."""
    parts: Mapping[str, Values]
    scored: tuple[UtteranceScore, ...]

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        return self.answers.group.rollouts

    @property
    def rewards(self) -> Values:
        """What ranks: to nine decimals, so that what is equal on paper is equal."""
        return self.parts["reward"].round(9)

    @property
    def rates(self) -> Values:
        """Error rates as fractions, over an empty reference as over one token."""
        return self.parts["wer"].round(9)

    @property
    def reward_ranks(self) -> NDArray[np.int64]:
        """1 for the highest reward; equal ones share the best rank among them."""
        return _ranks(-self.rewards)

    @property
    def rate_ranks(self) -> NDArray[np.int64]:
        """1 for the lowest error rate."""
        return _ranks(self.rates)

    @property
    def tau_b(self) -> float:
        """Kendall's tau-b between reward and negated error rate; NaN where all of one are the same."""
        return float(count_pairs(self.rewards, -self.rates, [len(self.rewards)]).tau_b[0])

    @property
    def order(self) -> list[int]:
        """The answers from the highest reward down; of equal ones the fewer errors first."""
        order: list[int] = np.lexsort((self.rates, -self.rewards)).tolist()
        return order

    @property
    def shares(self) -> dict[str, Values]:
        """What the weighted parts (`PARTS`) add; they sum up to the reward."""
        dynamic, weight = self.reward.alpha_dyn, self.reward.fine_weight(self.parts["gate"] > 0)
        return {
            "static": (1 - dynamic) * self.parts["r_static"],
            "fine": dynamic * weight * self.parts["r_fine"],
            "struc": dynamic * (1 - weight) * self.parts["r_struc"],
        }

    @property
    def differences(self) -> Values:
        """The logged reward less the computed one; NaN where none was logged."""
        logged = [np.nan if each.reward is None else each.reward for each in self.rollouts]
        return np.array(logged, np.float64) - self.parts["reward"]

    def other_terms(self, place: int) -> dict[str, float]:
        """The logged components of a rollout that are not what is computed, by name."""
        return {
            name: value
            for name, value in self.rollouts[place].components.items()
            if name in COMPONENTS and abs(value - self.parts[name][place]) > LOGGED_TOLERANCE
        }

    @cached_property
    def against(self) -> Preferences:
        """The pairs in which the higher reward goes to the higher error rate, the widest gap first."""
        blocks = list(find_preferences(self.rewards, self.rates, np.array([len(self.rewards)])))
        nothing = [np.zeros(0, np.int64)]
        preferred = np.concatenate([*nothing, *(block.preferred for block in blocks)])
        better = np.concatenate([*nothing, *(block.better for block in blocks)])
        order = np.argsort(self.rates[better] - self.rates[preferred], kind="stable")
        return Preferences(preferred[order], better[order])

    def preferences(self, most: int) -> list[Preference]:
        """The first so many of these pairs."""
        pairs = Preferences(self.against.preferred[:most], self.against.better[:most])
        return _preferences(pairs, self.rates, explain(self.reward, self.parts, pairs))

    def steps(self, place: int) -> list[Step]:
        """The alignment of one answer with the reference."""
        scored = self.scored[place]
        diagnosis = diagnose(scored)
        if scored.alignment is None or diagnosis is None:
            return []
        row = {
            "alignment": scored.alignment.letters,
            "reference_tokens": scored.reference_tokens,
            "hypothesis_tokens": scored.hypothesis_tokens,
            **diagnosis_row(diagnosis),
        }
        return steps_of(row, {})


def judged(answers: Answers, reward: DGWGPOReward) -> Judged:
    """Score answers as `asrdiag rewards inspect` and the trainers' adapters do.

    Raises:
        ValueError: the normaliser or the language is unknown.
    """
    group = answers.group
    own = replace(
        reward,
        language=group.language or reward.language,
        normalizer=reward.normalizer or answers.normalizer,
    )
    texts = tuple(rollout.transcript for rollout in group.rollouts)
    scored = _scored(group.reference, texts, own.language, own.normalizer)
    return Judged(answers, own, own.parts(Measured((), (), (), (), _table(scored))), scored)


@lru_cache(maxsize=8)
def _scored(
    reference: str, texts: tuple[str, ...], language: str, normalizer: AnyNormalizer | None
) -> tuple[UtteranceScore, ...]:
    """The alignments, which other weights do not change."""
    return score([reference] * len(texts), texts, language=language, normalizer=normalizer).utterances


def _table(scored: Sequence[UtteranceScore]) -> NDArray[np.int64]:
    """The counts of answers as `asrdiag.metrics.analyze` gives them, which is what rewards are made of."""
    table = np.zeros((len(scored), len(COLUMNS)), np.int64)
    names = COLUMNS[: COLUMNS.index("loop_period")]
    for row, each in zip(table, scored, strict=True):
        row[: len(names)] = [getattr(each.counts, name) for name in names]
        row[len(names)] = each.loop.period if each.loop is not None else 0
    return table


def answers_of_cases(cases: Sequence[Case], names: Sequence[str]) -> Answers | None:
    """What systems say to one clip, as a group; answers to another reference are left out.

    Args:
        cases: the answers; the first that is one decides on the reference.
        names: what the systems are called.
    """
    there = [(case, name) for case, name in zip(cases, names, strict=True) if _usable(case)]
    if not there:
        return None
    first = there[0][0]
    texts = {name: str(first.record[name]) for name in ("reference_raw", "language")}
    same = [each for each in there if each[0].record["reference_raw"] == texts["reference_raw"]]
    group = RolloutGroup(
        group=first.key.sample_id,
        reference=texts["reference_raw"],
        language=texts["language"],
        sample_id=first.key.sample_id,
        rollouts=tuple(Rollout(transcript=case.record["hypothesis_raw"]) for case, _ in same),
    )
    return Answers(group, tuple(name for _, name in same), first.score.get("normalizer"))


def _usable(case: Case) -> bool:
    texts = [case.record.get(name) for name in ("reference_raw", "hypothesis_raw", "language")]
    return case.answered and all(isinstance(text, str) for text in texts) and _is_language(str(texts[-1]))


def _is_language(tag: str) -> bool:
    try:
        unit_for(tag)
    except ValueError:
        return False
    return True


def _ranks(values: Values) -> NDArray[np.int64]:
    return np.searchsorted(np.sort(values), values) + 1


def _preferences(pairs: Preferences, rates: Values, terms: Mapping[str, Values]) -> list[Preference]:
    return [
        Preference(
            one,
            other,
            float(rates[one] - rates[other]),
            {name: float(values[place]) for name, values in terms.items()},
        )
        for place, (one, other) in enumerate(
            zip(pairs.preferred.tolist(), pairs.better.tolist(), strict=True)
        )
    ]
