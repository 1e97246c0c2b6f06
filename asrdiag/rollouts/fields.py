"""Rows that other tools log, one rollout to a row, and what their columns are called.

TRL (`log_completions`), a row of `completions/completions_00020.parquet`; the rewards are in a column for
each reward function, and the reference only if a function hands it to `log_extra`:

    step  prompt  completion  DGWGPOReward  advantage  [reference]

verl (`trainer.rollout_data_dir`), a line of `20.jsonl`; what the reward function returned beside the score
has columns of its own, and some versions add `uid` or `request_id`:

    {"input": "...", "output": "...", "gts": "...", "score": 0.71, "step": 20, "wer": 0.33}

ms-swift (`log_completions`), a line of `completions.jsonl`, which holds a step as a table:

    {"step": ["20", "20"], "prompt": ["...", "..."], "completion": ["...", "..."],
     "DGWGPOReward": [0.71, 1.0], "advantages": [-0.7, 0.7], "solution": ["...", "..."]}
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..errors import UsageError, unknown
from ..metrics.rewards.columns import language_tag
from ..metrics.rewards.extraction import raw_text, texts, transcript
from ..metrics.rewards.inspection import COMPONENTS
from ..metrics.rewards.rollouts import TRUNCATED, Rollout, RolloutGroup

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "transcript": ("transcript", "hypothesis", "hypothesis_raw", "pred_text"),
        "raw_output": ("raw_output", "completion", "output", "response", "prediction"),
        "reference": ("reference", "reference_raw", "gts", "ground_truth", "solution", "answer"),
        "group": ("group", "group_id", "prompt_id", "uid"),
        "prompt": ("prompt", "input"),
        "sample_id": ("sample_id", "utterance_id", "utt_id", "id"),
        "step": ("step", "global_step", "gen_step"),
        "language": ("language", "lang"),
        "temperature": ("temperature",),
        "reward": ("reward", "score", "dgwgporeward", "dgwgpo"),
        "advantage": ("advantage", "advantages"),
        "n_tokens": ("n_tokens", "completion_length", "response_length"),
        "finish_reason": ("finish_reason",),
        "truncated": ("truncated", "is_truncated"),
        "base_wer": ("base_wer",),
        "base_transcript": ("base_transcript",),
        "audio": ("audio", "audio_path", "audio_filepath"),
    }
)
"""The columns that a field is looked for in, in this order; case does not count."""

_UID = re.compile(r"(.+)_\d+_\d+")
"""verl's `{prompt}_{rollout}_{output}`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rollout of a log, as a group of its own."""

    group: RolloutGroup
    """Its id is "" where the row states none."""
    prompt: str | None

    @property
    def key(self) -> tuple[object, ...]:
        """What the rows of a group have in common."""
        one = self.group
        if one.group:
            return "group", one.group, one.step, one.temperature
        return "prompt", self.prompt, one.sample_id, one.reference, one.step, one.temperature

    @property
    def name(self) -> str:
        """What tells a reader which group it is of."""
        return self.group.group or self.group.sample_id or ""


class Columns:
    """Reads rows by the names of their columns.

    Args:
        given: names of columns by the field that they hold; they win over `NAMES`.

    Raises:
        UsageError: a field is unknown.
    """

    def __init__(self, given: Mapping[str, str] = MappingProxyType({})) -> None:
        for field in given:
            if field not in NAMES:
                raise UsageError(unknown("field", field, NAMES))
        self._names = {
            field: (given[field].lower(),) if field in given else names for field, names in NAMES.items()
        }

    def row(self, record: Mapping[str, Any]) -> Row:
        """The rollout of a row.

        Raises:
            ValueError: a field is missing or not as expected.
        """
        cells = {name.lower(): value for name, value in record.items()}
        raw = self._find(cells, "raw_output")
        said = self._find(cells, "transcript")
        if said is None and not texts(raw):
            raise ValueError(self._missing("transcript", "raw_output", cells))
        expected = self._find(cells, "reference")
        if not texts(expected):
            raise ValueError(self._missing("reference", None, cells))
        rollout = Rollout(
            transcript=transcript(raw) if said is None else said,
            raw_output=raw_text(raw) if texts(raw) else None,
            n_tokens=_whole("n_tokens", self._find(cells, "n_tokens")),
            finish_reason=self._finish_reason(cells),
            reward=_number("reward", self._find(cells, "reward")),
            components={
                name: value for name in COMPONENTS if (value := _number(name, cells.get(name))) is not None
            },
            advantage=_number("advantage", self._find(cells, "advantage")),
        )
        group = RolloutGroup(
            group=_group(self._find(cells, "group")) or "",
            reference=transcript(expected),
            rollouts=(rollout,),
            sample_id=_text(self._find(cells, "sample_id")),
            step=_whole("step", self._find(cells, "step")),
            language=language_tag(self._find(cells, "language")),
            temperature=_number("temperature", self._find(cells, "temperature")),
            base_wer=_number("base_wer", self._find(cells, "base_wer")),
            base_transcript=_text(self._find(cells, "base_transcript")),
            audio=_audio(self._find(cells, "audio")),
        )
        return Row(group, _text(self._find(cells, "prompt")))

    def is_table(self, record: Mapping[str, Any]) -> bool:
        """Whether a line holds columns of several rows: its answers are a list, and not one of messages."""
        cells = {name.lower(): value for name, value in record.items()}
        for field in ("transcript", "raw_output"):
            found = self._find(cells, field)
            if found is not None:
                return isinstance(found, list) and not any(isinstance(each, dict) for each in found)
        return False

    def _find(self, cells: Mapping[str, Any], field: str) -> Any:
        return next((cells[name] for name in self._names[field] if cells.get(name) is not None), None)

    def _finish_reason(self, cells: Mapping[str, Any]) -> str | None:
        reason, cut = self._find(cells, "finish_reason"), self._find(cells, "truncated")
        if reason is not None:
            return str(reason)
        return None if cut is None else TRUNCATED if cut else "stop"

    def _missing(self, field: str, other: str | None, cells: Mapping[str, Any]) -> str:
        names = [*self._names[field], *(self._names[other] if other else ())]
        return (
            f"found the columns {', '.join(cells) or '(none)'}, expected one of {', '.join(names)} with text"
        )


def rows_of_table(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a line that holds columns; a value that is no list holds for all rows.

    Raises:
        ValueError: the lists have several lengths.
    """
    lengths = {len(value) for value in record.values() if isinstance(value, list)}
    if len(lengths) > 1:
        raise ValueError(
            f"found columns of {' and '.join(map(str, sorted(lengths)))} rows, expected equally many"
        )
    return [
        {name: value[index] if isinstance(value, list) else value for name, value in record.items()}
        for index in range(lengths.pop() if lengths else 0)
    ]


def _group(value: object) -> str | None:
    text = _text(value)
    matched = _UID.fullmatch(text) if text else None
    return matched[1] if matched else text


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return str(value)


def _audio(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("path")
    return value if isinstance(value, str) else None


def _number(name: str, value: object) -> float | None:
    """NaN is how trainers log that there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{name} is {value!r:.80} ({type(value).__name__}), expected a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {value!r:.80}, expected a number") from None
    return None if math.isnan(number) else number


def _whole(name: str, value: object) -> int | None:
    number = _number(name, value)
    if number is None:
        return None
    if not number.is_integer():
        raise ValueError(f"{name} is {value!r:.80}, expected a whole number")
    return int(number)
