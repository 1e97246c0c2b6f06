"""Why a diagnosis came out as it did: the rule that decided, and what it measured."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from ..units import Unit

Relation: TypeAlias = Literal["==", "<=", ">=", ">"]

_RELATIONS: Mapping[Relation, Callable[[float, float], bool]] = MappingProxyType(
    {"==": operator.eq, "<=": operator.le, ">=": operator.ge, ">": operator.gt}
)


class Measure(NamedTuple):
    """One comparison of a rule: `value relation limit`. Tokens are whole numbers, shares lie in [0, 1]."""

    name: str
    value: float
    relation: Relation
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the value meets the limit; true for every measure of a diagnosis."""
        return _RELATIONS[self.relation](self.value, self.limit)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rule that decided, its measures, and the same in one sentence.

    `details` are texts that the sentence quotes, such as the name that was changed. They come from
    transcripts: escape the sentence before it goes into HTML.

    >>> Evidence("empty", (Measure("reference_tokens", 6, ">=", 1),), "word").text
    'The answer is empty; the reference has 6 words.'
    """

    rule: str
    measures: tuple[Measure, ...]
    unit: Unit
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One sentence for people."""
        values = {measure.name: self._shown(measure) for measure in self.measures}
        return SENTENCES[self.rule].format_map(values | {"details": ", ".join(self.details)})

    def _shown(self, measure: Measure) -> str:
        if isinstance(measure.value, float):
            return f"{100 * measure.value:.0f} %"
        if measure.name.endswith("_tokens"):
            return f"{measure.value} {_NOUNS[self.unit]}{'' if measure.value == 1 else 's'}"
        return str(measure.value)


_NOUNS: Mapping[Unit, str] = MappingProxyType({"word": "word", "character": "character", "mixed": "token"})

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "equal": "Nothing is wrong in {reference_tokens}.",
        "nothing_said": "Nothing was said and nothing was answered.",
        "empty": "The answer is empty; the reference has {reference_tokens}.",
        "marks_only": "Nothing was said, and the answer has marks but no letter.",
        "silence": "Nothing was said, but the answer has {hypothesis_tokens}.",
        "loop_errors": "The answer repeats {details}, which makes {loop_error_share} of the errors.",
        "loop_text": "The answer repeats {details}, which fills {loop_share} of it.",
        "script": "The answer changes script, {details}: {foreign_share} of it.",
        "function_words": (
            "The answer changes language, {details}: {foreign_share} of it are function words of that one."
        ),
        "few_light_errors": (
            "The errors weigh {weighted_error_rate} of the reference and touch no name, number, keyword "
            "or negation."
        ),
        "what_matters": "The errors are few but touch what matters: {details}.",
        "unrelated": (
            "The answer of {hypothesis_tokens} has little in common with the reference: {correct_share} "
            "of the shorter side is right, and the texts are {similarity} alike."
        ),
        "function_words_right": (
            "The answer has function words in common with the reference and nothing else: {wrong_tokens} are "
            "wrong, and the texts are {similarity} alike."
        ),
        "added": "The answer adds {added_tokens} that nobody said, {added_share} of it.",
        "drift": (
            "The answer follows the reference in part, but {fabricated_tokens}, {fabricated_share} of it, "
            "tell something else."
        ),
        "end_missing": "The end is missing: {missing_tokens}, {missing_error_share} of the errors.",
        "beginning_missing": (
            "The beginning is missing: {missing_tokens}, {missing_error_share} of the errors."
        ),
        "deletions": "Left out: {omitted_tokens}, {omitted_error_share} of the errors.",
        "confusion": "Errors of no other pattern: {errors} in {reference_tokens}.",
    }
)
"""Rule to sentence; every rule that decides is listed here."""
