"""What a diagnosis holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from ..repetition import Loop
from .evidence import Evidence

Mode: TypeAlias = Literal[
    "correct",
    "minor",
    "word_confusion",
    "omission",
    "truncation",
    "empty",
    "hallucination",
    "repetition_loop",
    "language_switch",
    "semantic_drift",
]
"""How an utterance went wrong; each has exactly one."""

MODES: tuple[Mode, ...] = get_args(Mode)

EntityKind: TypeAlias = Literal["number", "name", "keyword"]
EntityStatus: TypeAlias = Literal["kept", "lost", "changed"]


class OmissionSpan(NamedTuple):
    """Reference tokens `start` to `end` (exclusive), of which `omitted` were left out."""

    start: int
    end: int
    omitted: int
    text: str


class FabricatedSpan(NamedTuple):
    """Hypothesis tokens `start` to `end` (exclusive), of which nobody said `fabricated`.

    They stand opposite the reference tokens `reference_start` to `reference_end`, which may be none;
    `similarity`, in [0, 1], says how alike the two are.
    """

    start: int
    end: int
    fabricated: int
    reference_start: int
    reference_end: int
    similarity: float
    text: str


class Truncation(NamedTuple):
    """The reference tokens `start` to `end` (exclusive), at one side of the text, are missing."""

    side: Literal["end", "beginning"]
    start: int
    end: int
    omitted: int


class LanguageSwitch(NamedTuple):
    """The hypothesis is in another script (`by="script"`) or language (`by="function_words"`).

    `expected` and `found` are scripts such as `Latin` or language tags such as `es`; for a language, `found`
    is the closest of those with a word list. `share` is the share of the other script, or of the other
    language's function words, in the words of the hypothesis; Han and kana count singly. `words` and
    `own_words` count function words and are 0 for a script.
    """

    by: Literal["script", "function_words"]
    expected: str
    found: str
    share: float
    words: int
    own_words: int


class Entity(NamedTuple):
    """A number, name or keyword of the raw reference, at its characters `start` to `end` (exclusive).

    `heard` is what the hypothesis has in its place, in normalised tokens, if it was changed; else `None`.
    """

    kind: EntityKind
    text: str
    start: int
    end: int
    status: EntityStatus
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How one utterance went wrong, and what shows it.

    `mode` is the one failure mode and `evidence` the rule and the measured values that decided it. The rest
    is found whatever the mode is: spans in tokens, left to right; `truncation` and `language_switch` are
    `None` if there is none; `entities` are those of the reference, the kept ones too; `thresholds` is the
    version of the thresholds.
    """

    mode: Mode
    evidence: Evidence
    omission_spans: tuple[OmissionSpan, ...] = ()
    fabricated_spans: tuple[FabricatedSpan, ...] = ()
    truncation: Truncation | None = None
    loops: tuple[Loop, ...] = ()
    language_switch: LanguageSwitch | None = None
    entities: tuple[Entity, ...] = ()
    thresholds: str = "2"

    @property
    def entities_harmed(self) -> tuple[Entity, ...]:
        """The entities that were lost or changed."""
        return tuple(entity for entity in self.entities if entity.status != "kept")
