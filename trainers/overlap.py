"""What the rows that a training is judged by have in common with those that it learns from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from asrdiag.datasets.base import Utterance

from .data.line import TrainingRow
from .wording import counted


@dataclass(frozen=True, slots=True)
class Traits:
    """What a clip may share with others."""

    id: str
    clip: str
    """Where its audio is."""
    text: str
    speaker: str | None

    @classmethod
    def of_row(cls, row: TrainingRow) -> "Traits":
        """Its `meta.text_id` stands for its text, where it has one."""
        return cls(row.id, str(row.audio), row.text_id or _folded(row.solution), row.speaker)

    @classmethod
    def of_utterance(cls, clip: Utterance) -> "Traits":
        place = f"{clip.audio_path}:{clip.offset_s}:{clip.audio_row}"
        return cls(clip.sample_id, place, _folded(clip.reference), clip.speaker)


def in_common(judged_by: Iterable[Traits], learnt: Iterable[Traits]) -> dict[str, int]:
    """Of how many clips the id, the audio, the text or the speaker is learnt from too.

    Args:
        judged_by: held in memory.
        learnt: gone through once.

    >>> first = Traits("a", "a.wav", "go on", "f1")
    >>> in_common([first, Traits("b", "b.wav", "stop", "f1")], [first, Traits("c", "c.wav", "go on", None)])
    {'id': 1, 'clip': 1, 'text': 1, 'speaker': 2}
    """
    names = [field.name for field in fields(Traits)]
    wanted: dict[str, Counter[str]] = {name: Counter() for name in names}
    for each in judged_by:
        for name in names:
            if (value := getattr(each, name)) is not None:
                wanted[name][value] += 1
    found: dict[str, set[str]] = {name: set() for name in names}
    for each in learnt:
        for name in names:
            if (value := getattr(each, name)) in wanted[name]:
                found[name].add(value)
    return {name: sum(wanted[name][value] for value in values) for name, values in found.items()}


def told(shared: Mapping[str, int], n: int, what: str) -> list[str]:
    """A line about it, if there is anything to say.

    >>> told({"id": 0, "clip": 0, "text": 2, "speaker": 8}, 8, "validation row")
    ['of 8 validation rows also trained on: the text of 2, the speaker of 8']
    >>> told({"id": 0}, 8, "validation row")
    []
    """
    said = [f"the {name} of {count}" for name, count in shared.items() if count]
    return [f"of {counted(n, what)} also trained on: {', '.join(said)}"] if said else []


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
