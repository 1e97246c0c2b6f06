"""One training row: what it has to have, and what is wrong with one that cannot be used.

A line of a file of rows; only `audios` and `solution` are required:

    {"id": "s1+noise.m050", "messages": [{"role": "user", "content": "<audio>"},
     {"role": "assistant", "content": "the birch canoe"}], "audios": ["audio/s1.flac"],
     "solution": "the birch canoe", "prediction": "the beach canoe", "base_wer": 0.333333, "language": "en",
     "duration_s": 2.25, "meta": {"scenario": "noise", "severity": 0.5, "speaker": "f1"}}
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asrdiag.metrics import unit_for
from asrdiag.metrics.diagnosis.writing import scripts
from asrdiag.metrics.rewards.columns import language_tag
from asrdiag.metrics.units import CHINESE, primary_language

CLEAN = "clean"
"""The scenario of clips that nothing was done to."""

ROW_REASONS = (
    "not_json",
    "not_an_object",
    "bad_value",
    "no_audio",
    "several_audios",
    "empty_solution",
    "wrong_language",
    "too_long",
    "duplicate_id",
)
"""Why a row is refused, its audio aside."""

_MOST = 1_000_000
"""Seconds of a clip, and errors for each word that was said: more is a mistake."""
_SOLUTION = ("solution", "text", "reference", "answer")
_AUDIO = ("audios", "audio", "audio_path", "audio_filepath")


class RowRefused(ValueError):
    """A row that cannot be used."""

    def __init__(self, reason: str, detail: str, row_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        """One of `ROW_REASONS`."""
        self.detail = detail
        self.row_id = row_id


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A row that can be used."""

    id: str
    audio: Path
    """Absolute, or as far as the file's own path goes; a relative path starts at the file's folder."""
    solution: str
    """What was said, as the corpus writes it; never empty."""
    prediction: str | None = None
    """What the base system answered; `None` if it was not asked."""
    base_wer: float | None = None
    """Its error rate, 1 for 100 %: of characters for Chinese, of words elsewhere. It may exceed 1."""
    language: str = "en"
    duration_s: float | None = None
    messages: Sequence[Mapping[str, Any]] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scenario(self) -> str | None:
        """What was done to the clip; `clean`: nothing."""
        return _text(self.meta.get("scenario"))

    @property
    def clean(self) -> bool:
        return self.scenario == CLEAN

    @property
    def severity(self) -> float | None:
        """m from 0 to 1; `None` where there is none."""
        return finite(self.meta.get("severity"))

    @property
    def speaker(self) -> str | None:
        return speaker_of(self.meta)

    @property
    def text_id(self) -> str | None:
        """Of the normalised text: rows that say the same have the same."""
        return _text(self.meta.get("text_id"))


def parse_line(line: bytes) -> Mapping[str, Any]:
    """A line as an object.

    Raises:
        RowRefused: it is none.
    """
    try:
        record = json.loads(line)
    except ValueError as error:  # what is not UTF-8 too
        raise RowRefused("not_json", f"found text that is not JSON ({error}), expected an object") from None
    except RecursionError:
        raise RowRefused("not_json", "found brackets nested too deeply, expected an object") from None
    if not isinstance(record, dict):
        raise RowRefused("not_an_object", f"found {_shown(record)}, expected a JSON object")
    return record


def row_of(
    record: Mapping[str, Any], folder: Path, default_id: str, *, default_language: str = "en"
) -> TrainingRow:
    """The row that a record stands for.

    Args:
        record: as it stands in the file.
        folder: where relative paths of audio start.
        default_id: for a record without an id.
        default_language: for a record that names none.

    Raises:
        RowRefused: a value is missing or not as expected.
    """
    row_id = record.get("id", record.get("sample_id"))
    row_id = default_id if row_id is None else str(row_id)
    try:
        return _row_of(record, folder, row_id, default_language)
    except RowRefused as error:
        error.row_id = row_id
        raise


def _row_of(record: Mapping[str, Any], folder: Path, row_id: str, default_language: str) -> TrainingRow:
    audio = _audio_of(record)
    solution = next((record[key] for key in _SOLUTION if record.get(key) is not None), None)
    if solution is None or (isinstance(solution, str) and not solution.strip()):
        raise RowRefused(
            "empty_solution", f"found {_shown(solution)} under 'solution', expected what was said"
        )
    prediction = record.get("prediction")
    messages, meta = record.get("messages"), record.get("meta")
    for key, value, kind in (
        ("solution", solution, str),
        ("prediction", prediction, str | None),
        ("messages", messages, list | None),
        ("meta", meta, dict | None),
    ):
        if not isinstance(value, kind):
            raise RowRefused("bad_value", f"{key}: found {_shown(value)}, expected {_EXPECTED[key]}")
    for key, text in (("id", row_id), ("solution", solution), ("prediction", prediction)):
        if half := _half_a_character(text or ""):
            raise RowRefused("bad_value", f"{key}: found {half!r}, half a character, expected text in UTF-8")
    numbers = {}
    for key in ("base_wer", "duration_s"):
        value = record.get(key)
        numbers[key] = finite(value)
        if value is not None and (numbers[key] is None or not 0 <= numbers[key] <= _MOST):  # type: ignore[operator]
            expected = f"a number from 0 to {_MOST:,}"
            raise RowRefused("bad_value", f"{key}: found {_shown(value)}, expected {expected}")
    language = language_tag(record.get("language")) or default_language
    require_language(language, str(solution))
    return TrainingRow(
        id=row_id,
        audio=Path(os.path.normpath(folder / audio)),
        solution=str(solution),
        prediction=prediction,
        base_wer=numbers["base_wer"],
        language=language,
        duration_s=numbers["duration_s"],
        messages=tuple(messages or ()),
        meta=meta or {},
    )


_EXPECTED = {
    "solution": "text",
    "prediction": "text or null",
    "messages": "a list",
    "meta": "an object",
}


def _audio_of(record: Mapping[str, Any]) -> str:
    found = next((record[key] for key in _AUDIO if record.get(key) not in (None, [])), None)
    if isinstance(found, list):
        if len(found) > 1:
            raise RowRefused("several_audios", f"found {len(found)} audio files, expected one")
        found = found[0]
    if isinstance(found, Mapping):
        found = found.get("path")
    if not isinstance(found, str) or not found or "\0" in found:
        raise RowRefused("no_audio", f"found {_shown(found)} under 'audios', expected a list with one path")
    return found


def require_language(language: str, text: str, languages: Sequence[str] | None = None) -> None:
    """Refuse a text that is not in its language, as far as its script tells, or not in one of `languages`.

    Chinese, Japanese and Korean have scripts of their own; so have Russian and others. Between languages of
    one script nothing is decided here, nor of fewer than three words (Han characters count singly).

    Raises:
        RowRefused: it is not; or `language` is no language tag.

    >>> try:
    ...     require_language("en", "今天天气很好")
    ... except RowRefused as error:
    ...     print(error)
    wrong_language: found text in Han under the language 'en', expected Latin
    """
    try:
        mixed = unit_for(language) == "mixed"
    except ValueError as error:
        raise RowRefused("wrong_language", str(error)) from None
    primary = primary_language(language)
    if languages is not None and language not in languages and primary not in languages:
        known = ", ".join(languages)
        raise RowRefused("wrong_language", f"found the language {language!r}, expected one of: {known}")
    expected = _SCRIPTS.get("zh" if primary in CHINESE else primary)
    if expected is None or mixed:
        return
    found = scripts(text)
    own = sum(found[script] for script in expected)
    if found.total() >= _FEWEST_WORDS and own * 2 < found.total():
        most = found.most_common(1)[0][0]
        raise RowRefused(
            "wrong_language",
            f"found text in {most} under the language {language!r}, expected {' or '.join(expected)}",
        )


_FEWEST_WORDS = 3
"""Of fewer, a name or an `OK` would decide."""

_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "da", "sv", "fi", "tr", "id", "vi", "ro"),
        ("Latin",),
    ),
    "zh": ("Han",),
    "ja": ("Han", "Kana"),
    "ko": ("Hangul", "Han"),
    "ru": ("Cyrillic",),
    "uk": ("Cyrillic",),
    "el": ("Greek",),
    "he": ("Hebrew",),
    "ar": ("Arabic",),
    "fa": ("Arabic",),
    "th": ("Thai",),
    "hi": ("Devanagari",),
}


def speaker_of(record: Mapping[str, Any]) -> str | None:
    """Who speaks; corpora name speakers by numbers too.

    >>> speaker_of({"speaker": 1089}), speaker_of({"speaker": ""})
    ('1089', None)
    """
    found = record.get("speaker")
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else _text(found)


def finite(value: object) -> float | None:
    """A number that is one, as a float; of anything else `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer of hundreds of digits
        return None


def _half_a_character(text: str) -> str | None:
    """The first surrogate that stands alone: JSON can name it, and no file or tokenizer takes it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return text[error.start]
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
