"""What a row of Voices-in-the-Wild-Bench says of its clip.

A line of the JSONL as released; the Hugging Face files call `answer` `text` and have the audio in them:

    {"index": 1755, "audio_path": "examples/audio/noise.wav", "question": "Please transcribe ...",
     "answer": "I usually take the quieter road ...", "subset": "sim-en-noise",
     "name": "vitw_01756_random_synthetic_en_noise", "prediction": ""}

Fuller releases add `combination`, `source_scenes`, `global_severity` and `speed_factor`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import UsageError

Kind = Literal["real", "sim"]
Language = Literal["en", "zh"]
Scene = Literal["noise", "far_field", "obstructed", "echo", "recording", "distortion", "dropout", "mixed"]

SCENES: tuple[Scene, ...] = (
    "noise",
    "far_field",
    "obstructed",
    "echo",
    "recording",
    "distortion",
    "dropout",
    "mixed",
)
_TODAYS: Mapping[str, Scene] = {scene: scene for scene in SCENES} | {
    "barrier": "obstructed",
    "crosstalk": "recording",
    "stutter": "dropout",
    "strong_echo": "echo",
}
"""Scenes by every name that a release has used."""

_ANY = "|".join(_TODAYS)
_SEVERAL = re.compile(f"(?:{_ANY})(?:_(?:{_ANY}))+")
_SUBSET = re.compile(r"(?P<kind>real|sim|syn)[-_](?:(?P<language>en|zh)[-_])?(?P<scene>\w+)")
"""`sim-en-noise` as a row has it; `syn_noise` as a split of the Hugging Face dataset is called."""
_HAN = re.compile("[\u3400-\u9fff]")


class Row(BaseModel):
    """The keys that are read; a release may have others."""

    model_config = ConfigDict(strict=True, frozen=True)

    answer: str
    subset: str
    name: str | None = None
    index: int | None = None
    audio_path: str | None = None
    language: str | None = None
    combination: str | None = None
    source_scenes: list[str] | None = None
    global_severity: float | None = None
    speed_factor: float | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row's place in the benchmark."""

    kind: Kind
    language: Language
    scene: Scene
    factors: Mapping[str, str | float]

    @property
    def subset(self) -> str:
        return f"{self.kind}-{self.language}-{self.scene}"


def row_of(cells: Mapping[str, Any], where: str) -> Row:
    """A row from its cells.

    Raises:
        UsageError: one that is needed is missing, or of another type than documented.
    """
    try:
        return Row.model_validate(cells)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = str(problem["loc"][0]) if problem["loc"] else "the row"
        if problem["type"] == "missing":
            found = f"found no {key!r}, only: {', '.join(cells) or 'nothing'}"
        else:
            found = f"{key}: found {problem['input']!r:.80}; {problem['msg']}"
        raise UsageError(f"{where}: {found}") from None


def meaning_of(row: Row, where: str) -> Meaning:
    """The row's place; names that earlier releases used are read as today's.

    A clip is `mixed` if its subset says so or several scenes were put together for it. The language is that
    of the subset, or else of `language`; without either, a text with a Chinese character is Chinese.

    Raises:
        UsageError: the subset, or its scene, is none of the documented ones.
    """
    subset = row.subset.strip().lower()
    found = _SUBSET.fullmatch(subset)
    if found is None:
        raise UsageError(f"{where}: subset: found {row.subset!r}, expected one such as 'sim-en-noise'")
    named = found["scene"]
    scene = "mixed" if _SEVERAL.fullmatch(named) and named not in _TODAYS else _TODAYS.get(named)
    if scene is None:
        raise UsageError(f"{where}: subset: found the scene {named!r}, expected one of: {', '.join(_TODAYS)}")
    if len({_TODAYS.get(name, name) for name in row.source_scenes or ()}) > 1:
        scene = "mixed"
    factors: dict[str, str | float | None] = {
        "kind": "real" if found["kind"] == "real" else "sim",
        "scene": scene,
        "original_scene": named if named != scene else None,
        "combination": row.combination or "+".join(row.source_scenes or ()) or None,
        "severity": None if row.global_severity is None else round(row.global_severity, 1),
        "speed_factor": row.speed_factor,
    }
    return Meaning(
        "real" if found["kind"] == "real" else "sim",
        _language(found["language"] or row.language, row.answer, where),
        scene,
        {name: value for name, value in factors.items() if value is not None},
    )


def _language(given: str | None, text: str, where: str) -> Language:
    if given is None:
        return "zh" if _HAN.search(text) else "en"
    for language, names in _LANGUAGES.items():
        if given.lower() in names:
            return language
    raise UsageError(f"{where}: language: found {given!r}, expected en or zh")


_LANGUAGES: Mapping[Language, tuple[str, ...]] = {
    "en": ("en", "english"),
    "zh": ("zh", "cn", "chinese"),
}
