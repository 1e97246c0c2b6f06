"""What a reward is: an object that turns hypotheses and references into numbers, by keyword."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..normalizers import AnyNormalizer, normalizer_name
from ..units import UNITS, Unit, unit_for
from .measured import Measured, Values, measure


class Term(Protocol):
    """What can stand in a `WeightedReward`: every reward here, and any object with these two methods."""

    def score(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Values:
        """One finite number for each utterance, higher for better."""

    def components(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> dict[str, Values]:
        """The same under `reward`, and beside it what it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward(ABC):
    """A reward computed from the counts of the evaluation.

    `language` is the tag of all utterances unless a call names their own; it decides the normaliser and the
    unit as in `asrdiag.metrics.score`: Chinese by character, English by word. `normalizer` (a name of
    `NORMALIZERS`, a function or a jiwer transform) and `unit` win over it. `normalizer="none"` takes texts
    that are normalised already as they are.

    A reward of your own is a subclass with the method `values`.

    Raises:
        ValueError: `language`, `normalizer` or `unit` is unknown.
        TypeError: One of them is of the wrong type.
    """

    language: str = "en"
    normalizer: AnyNormalizer | None = None
    unit: Unit | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.language, str):
            raise TypeError(
                f"language is {self.language!r:.40} ({type(self.language).__name__}), expected a tag such as "
                "'en'; the languages of single utterances are an argument of score"
            )
        unit_for(self.language)
        if self.normalizer is not None:
            normalizer_name(self.normalizer)
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(f"unknown unit {self.unit!r}; known: {', '.join(UNITS)}")

    @abstractmethod
    def values(self, measured: Measured) -> Values:
        """The reward of each utterance."""

    def parts(self, measured: Measured) -> dict[str, Values]:
        """The reward under `reward`, and what it is made of."""
        return {"reward": self.values(measured)}

    def measure(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Measured:
        """Normalise, align and count, by this reward's language, normaliser and unit."""
        spoken = self.language if languages is None else languages
        return measure(hypotheses, references, spoken, normalizer=self.normalizer, unit=self.unit)

    def score(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Values:
        """Return the reward of each utterance, a float64 array of shape (utterances,) without NaN.

        `languages` is a tag for each utterance, or one for all; without it `language` holds.

        Raises:
            TypeError: A text is not a string; the message names its index.
            ValueError: The lengths differ, or a language is no tag.
        """
        return self.values(self.measure(hypotheses=hypotheses, references=references, languages=languages))

    def components(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> dict[str, Values]:
        """Return the reward under `reward`, and what it is made of, each as `score` does."""
        return self.parts(self.measure(hypotheses=hypotheses, references=references, languages=languages))
