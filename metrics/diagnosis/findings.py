"""What the rules look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..counts import Counts
from ..repetition import Loop
from ..scoring import UtteranceScore
from ..units import Unit
from .evidence import Evidence, Measure
from .records import Entity, FabricatedSpan, LanguageSwitch, Mode, OmissionSpan, Truncation
from .thresholds import Thresholds

Verdict: TypeAlias = tuple[Mode, Evidence]
"""What a rule that holds says."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of an utterance with errors, before a mode is chosen."""

    scored: UtteranceScore
    counts: Counts
    letters: str
    hypothesis: Sequence[str]
    omissions: tuple[OmissionSpan, ...]
    fabrications: tuple[FabricatedSpan, ...]
    truncation: Truncation | None
    loops: tuple[Loop, ...]
    switch: LanguageSwitch | None
    harmed: tuple[Entity, ...]
    thresholds: Thresholds

    @property
    def unit(self) -> Unit:
        """What the tokens are."""
        return self.scored.unit

    def evidence(self, rule: str, *measures: Measure, details: Sequence[str] = ()) -> Evidence:
        """Evidence in the utterance's unit."""
        return Evidence(rule, measures, self.unit, tuple(details))
