"""Rollouts: what a policy said to one prompt, sampled several times, and what it got for it.

A line of a rollout log is a `RolloutGroup`; docs/rollouts.md describes its fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..units import unit_for

SCHEMA = 1
"""The version of the form in which groups are logged."""

_SURROGATE = re.compile("[\ud800-\udfff]")

_LARGEST = 1e100
"""Numbers beyond it are no measurements, and their squares are not finite."""

TRUNCATED = "length"
"""The finish reason of a rollout that the token limit cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One sampled answer.

    `reward`, `components` and `advantage` are what the trainer used; `None` where it logged none.

    Raises:
        ValueError: A field is not as described; the message names it.
    """

    transcript: str
    """What the reward scored: the text taken out of the raw output."""
    raw_output: str | None = None
    """What the model wrote, with tags and special tokens."""
    n_tokens: int | None = None
    """Generated tokens, the end marker included."""
    finish_reason: str | None = None
    """`stop`, or `length` where the token limit cut the answer; other reasons as the sampler names them."""
    reward: float | None = None
    components: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Terms of the reward by name."""
    advantage: float | None = None

    def __post_init__(self) -> None:
        _require("transcript", self.transcript, str)
        for name, kind in (("raw_output", str), ("n_tokens", int), ("finish_reason", str)):
            _require(name, getattr(self, name), kind, optional=True)
        if self.n_tokens is not None and self.n_tokens < 0:
            raise ValueError(f"n_tokens is {self.n_tokens}, expected at least 0")
        for name in ("reward", "advantage"):
            _require_number(name, getattr(self, name))
        _require("components", self.components, Mapping)
        for name, value in self.components.items():
            _require_number(f"components.{name}", value)

    @property
    def truncated(self) -> bool | None:
        """Whether the token limit cut the answer; `None` where nobody logged why it ended."""
        return None if self.finish_reason is None else self.finish_reason == TRUNCATED

    def to_record(self) -> dict[str, Any]:
        """The JSON object; fields without a value are left out."""
        return {name: value for name in self.__slots__ if _is_there(value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutGroup:
    """All answers to one prompt that were sampled together: what a group-relative advantage compares.

    Raises:
        ValueError: A field is not as described, or there is no rollout; the message names the field.
    """

    group: str
    """Unique within a log."""
    reference: str
    """The raw reference text."""
    rollouts: tuple[Rollout, ...]
    """In the order of sampling; at least one."""
    step: int | None = None
    """How many steps of training the policy had had when these were sampled."""
    sample_id: str | None = None
    """The utterance."""
    language: str | None = None
    """A tag such as `en`; it decides whether words or characters are counted."""
    temperature: float | None = None
    """0 is greedy decoding."""
    base_transcript: str | None = None
    """What the base model says to this prompt, decoded greedily: what potential is measured against."""
    base_wer: float | None = None
    """The base model's error rate as a fraction, where its transcript is not at hand."""
    used: bool | None = None
    """Whether the update used the group; dynamic sampling drops those without variance."""
    audio: str | None = None
    """A path, absolute or from the log's folder on."""
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Whatever else is known of the prompt: condition, severity, dataset, speaker."""

    def __post_init__(self) -> None:
        _require("group", self.group, str)
        _require("reference", self.reference, str)
        for name, kind in (
            *(("step", int), ("sample_id", str), ("language", str), ("base_transcript", str)),
            *(("used", bool), ("audio", str)),
        ):
            _require(name, getattr(self, name), kind, optional=True)
        for name in ("temperature", "base_wer"):
            value = getattr(self, name)
            _require_number(name, value)
            if value is not None and value < 0:
                raise ValueError(f"{name} is {value}, expected at least 0")
        if self.language is not None:
            unit_for(self.language)
        if self.step is not None and self.step < 0:
            raise ValueError(f"step is {self.step}, expected at least 0")
        _require("metadata", self.metadata, Mapping)
        if not self.rollouts:
            raise ValueError("rollouts is empty, expected at least one rollout")

    def to_record(self) -> dict[str, Any]:
        """The JSON object that is one line of a log; fields without a value are left out.

        >>> RolloutGroup(group="0", reference="a cat", rollouts=(Rollout(transcript="cat"),)).to_record()
        {'schema': 1, 'group': '0', 'reference': 'a cat', 'rollouts': [{'transcript': 'cat'}]}
        """
        record: dict[str, Any] = {"schema": SCHEMA}
        record |= {name: value for name in _ORDER if _is_there(value := getattr(self, name))}
        record["rollouts"] = [rollout.to_record() for rollout in self.rollouts]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> RolloutGroup:
        """The group of a line; fields that this version does not know are passed over.

        Raises:
            ValueError: It was written in another version, or a field is missing or not as described.

        >>> RolloutGroup.from_record({"schema": 1, "group": "0-0", "reference": "a cat", "rollouts": []})
        Traceback (most recent call last):
        ValueError: rollouts is empty, expected at least one rollout
        """
        if record.get("schema", SCHEMA) != SCHEMA:
            raise ValueError(f"schema is {record['schema']!r}, expected {SCHEMA}")
        found = record.get("rollouts")
        if not isinstance(found, list):
            raise ValueError(f"rollouts is {found!r:.80}, expected a list of objects")
        return cls(
            rollouts=tuple(_rollout(index, each) for index, each in enumerate(found)),
            **_given(record, _GROUP, ("group", "reference")),
        )


_ORDER = (
    *("step", "group", "sample_id", "language", "temperature", "used", "reference"),
    *("base_transcript", "base_wer", "audio", "metadata"),
)
_GROUP = frozenset(_ORDER)
_ROLLOUT = frozenset(Rollout.__slots__)


def _rollout(index: int, record: object) -> Rollout:
    if not isinstance(record, dict):
        raise ValueError(f"rollouts[{index}] is {record!r:.80}, expected an object")
    try:
        return Rollout(**_given(record, _ROLLOUT, ("transcript",)))
    except ValueError as error:
        raise ValueError(f"rollouts[{index}].{error}") from None


def _given(record: Mapping[str, Any], known: frozenset[str], needed: Sequence[str]) -> dict[str, Any]:
    for name in needed:
        if record.get(name) is None:
            raise ValueError(f"{name} is {'null' if name in record else 'missing'}, expected a text")
    return {name: value for name, value in record.items() if value is not None and name in known}


def _is_there(value: object) -> bool:
    return value is not None and not (isinstance(value, Mapping) and not value)


def _require(name: str, value: object, kind: type, *, optional: bool = False) -> None:
    if optional and value is None:
        return
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        expected = {str: "a text", int: "a whole number", bool: "true or false"}.get(kind, "an object")
        raise ValueError(f"{name} is {value!r:.80} ({type(value).__name__}), expected {expected}")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError(f"{name} is {value!r:.80}, expected a number up to {_LARGEST:g}")
    if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        raise ValueError(f"{name} holds half a surrogate pair, expected text: {value!a:.80}")


def _require_number(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        kind = type(value).__name__
        raise ValueError(f"{name} is {value!r:.80} ({kind}), expected a finite number up to {_LARGEST:g}")
