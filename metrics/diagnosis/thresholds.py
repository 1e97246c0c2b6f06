"""Every number that a diagnosis compares with, under one version."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from ..units import Unit

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The limits of the rules; the reason for each is on the documentation page of the diagnosis.

    Fields that end in `_words` hold for texts counted in words, those in `_characters` for characters and
    mixed tokens. Shares and similarities lie in [0, 1], counts are at least 1. Texts diagnosed with other
    numbers are not comparable, so other numbers need a `version` of their own.

    Raises:
        ValueError: A number is out of range, or differs from version 2 under the version `2`.
        TypeError: A count is not an integer, or a name is unknown.

    >>> Thresholds(version="2+strict", minor_rate=0.05).minor_rate
    0.05
    """

    version: str = "2"

    minor_rate: float = 0.1
    """Most weighted errors per reference token of a minor fault."""
    light_weight: float = 0.4
    """What a soft substitution, or an error in function words only, weighs; any other error weighs 1."""

    loop_tokens: int = 3
    """Least wrong tokens in loops."""
    loop_share: float = 0.5
    """Least share of loops in the hypothesis, or in the errors."""

    switch_correct_share: float = 0.5
    """Most correct tokens per hypothesis token of a switched language."""
    foreign_script_share: float = 0.5
    """Least share of a script that is not the reference's."""
    foreign_words: int = 2
    """Least different function words of the other language."""
    foreign_words_share: float = 0.25
    """Least share of them in the words of the hypothesis."""
    own_words_ratio: float = 1 / 3
    """Most function words of the language spoken for each one of the other language."""

    text_words: int = 4
    text_characters: int = 6
    """Least fabricated tokens that read as a text rather than as wrong words."""
    short_text_words: int = 2
    short_text_characters: int = 4
    text_length_share: float = 0.5
    """So few tokens of a hypothesis are a text, too, if they are this share of the reference's."""
    anchored_words: float = 0.25
    anchored_characters: float = 0.2
    """Most correct tokens per token of the shorter side that chance explains."""
    similarity_words: float = 1 / 3
    similarity_characters: float = 0.2
    """Most similarity of texts that have nothing to do with each other."""
    added_share: float = 0.1
    """Least share of added text in the hypothesis."""
    added_error_share: float = 0.5
    """Least share of added text in the errors."""
    added_reference_share: float = 0.25
    """Most reference tokens per hypothesis token opposite a text that was added rather than replaced."""
    drift_share: float = 0.3
    """Least share of fabricated text in the hypothesis of a drift."""
    drift_omitted_ratio: float = 0.5
    """Least fabricated tokens for each omitted one; below it, the omission is what matters."""

    truncated_words: int = 2
    truncated_characters: int = 3
    """Least reference tokens missing at an end."""
    truncated_anchor: int = 2
    """Least correct tokens in the part that is there, unless it is all right."""
    omitted_error_share: float = 0.5
    """Deletions are what happened if they make up more than this share of the errors."""

    span_bridge: int = 1
    """Most other tokens between two runs that are joined to one span."""
    span_share: float = 2 / 3
    """Least share of left out, or of fabricated, tokens in a joined span."""
    capitals_share: float = 0.5
    """Most capitalised words of a text in which capital letters tell names."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "version":
                if not (isinstance(value, str) and value.strip()):
                    raise ValueError(f"thresholds need a version, found {value!r}")
            elif isinstance(field.default, int):
                if type(value) is not int:
                    raise TypeError(f"{field.name} is {value!r}, expected a whole number")
                if value < 1:
                    raise ValueError(f"{field.name} is {value}, expected at least 1")
            elif not (isinstance(value, int | float) and 0 <= value <= 1):
                raise ValueError(f"{field.name} is {value!r}, expected a number from 0 to 1")
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        if changed and self.version == "2":
            raise ValueError(
                f"{', '.join(changed)} differ from version '2': give these thresholds a version of their own"
            )

    def text_tokens(self, unit: Unit) -> int:
        """The fewest tokens that read as a text."""
        return _of(unit, self.text_words, self.text_characters)

    def short_text_tokens(self, unit: Unit) -> int:
        """The fewest tokens that read as a text opposite a short reference."""
        return _of(unit, self.short_text_words, self.short_text_characters)

    def anchored(self, unit: Unit) -> float:
        """The most correct tokens, as a share of the shorter side, that chance explains."""
        return _of(unit, self.anchored_words, self.anchored_characters)

    def similarity(self, unit: Unit) -> float:
        """The most similarity of unrelated texts."""
        return _of(unit, self.similarity_words, self.similarity_characters)

    def truncated_tokens(self, unit: Unit) -> int:
        """The fewest tokens whose absence at an end is a truncation."""
        return _of(unit, self.truncated_words, self.truncated_characters)


def _of(unit: Unit, words: Number, characters: Number) -> Number:
    return words if unit == "word" else characters


THRESHOLDS = Thresholds()
"""The thresholds in use: version 2."""
