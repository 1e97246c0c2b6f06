"""A judge's answer, read strictly."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from ..hosted.failures import HostedFailure
from ..hosted.sending import shortened
from .prompt import KINDS

MOST_ITEMS = 200
"""Of a list in an answer; more is a judge in a loop."""

_FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL | re.IGNORECASE)
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class Malformed(HostedFailure):
    """The judge's answer is not what was asked for, nor was that of the request to repair it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Key content that the judge says is wrong, in its words; `""` where a side has nothing of it."""

    kind: str
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says, not checked yet."""

    hallucinated_spans: tuple[str, ...]
    missed_spans: tuple[str, ...]
    meaning: int
    key_errors: tuple[Claim, ...]
    reason: str

    def as_record(self) -> dict[str, Any]:
        return {
            "hallucinated_spans": list(self.hallucinated_spans),
            "missed_spans": list(self.missed_spans),
            "meaning": self.meaning,
            "key_errors": [
                {"kind": claim.kind, "reference": claim.reference, "hypothesis": claim.hypothesis}
                for claim in self.key_errors
            ],
            "reason": self.reason,
        }


def read_verdict(content: str) -> Verdict:
    """Read an answer: one JSON object as the prompt asks for it, and nothing around it.

    A fence of Markdown around all of it, and a thought (`<think>`) before it, are taken off. 90.0 is a whole
    number. Further keys do no harm.

    Raises:
        Malformed: it is something else; the message says what.

    >>> read_verdict('{"hallucinated_spans": [], "missed_spans": ["on"], "meaning": 90, "key_errors": [], '
    ...              '"reason": "a word is missing"}').missed_spans
    ('on',)
    >>> read_verdict("I would say 90.")
    Traceback (most recent call last):
    ...
    asrdiag.judge.verdict.Malformed: found no JSON object: 'I would say 90.'
    """
    text = _THOUGHT.sub("", content, count=1).strip()
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1].strip()
    try:
        found = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        if isinstance(error, _Twice):
            raise Malformed(str(error)) from None
        raise Malformed(f"found no JSON object: {shortened(content)!r}") from None
    return verdict_of(found)


def verdict_of(found: object) -> Verdict:
    """A verdict from a JSON value.

    Raises:
        Malformed: it is not as the prompt asks for it.
    """
    if not isinstance(found, dict):
        raise Malformed(f"found {type(found).__name__}, expected a JSON object")
    return Verdict(
        _texts(found, "hallucinated_spans"),
        _texts(found, "missed_spans"),
        _meaning(found.get("meaning")),
        tuple(_claim(item) for item in _list(found, "key_errors")),
        shortened(_text(found.get("reason"), "reason")),
    )


class _Twice(ValueError):
    pass


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _Twice(f"found the key {twice[0]!r} more than once")
    return dict(pairs)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"found {text}")


def _list(found: dict[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    if not isinstance(value, list):
        raise Malformed(f"{name} is {_shown(value)}, expected a list")
    if len(value) > MOST_ITEMS:
        raise Malformed(f"{name} has {len(value)} items, expected at most {MOST_ITEMS}")
    return value


def _texts(found: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{name}[{number}]") for number, item in enumerate(_list(found, name)))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{name} is {_shown(value)}, expected a string")
    return value.encode("utf-8", "replace").decode()  # half a character cannot be written down


def _meaning(value: object) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not whole or not 0 <= value <= 100:  # type: ignore[operator]
        raise Malformed(f"meaning is {_shown(value)}, expected a whole number from 0 to 100")
    return int(value)  # type: ignore[call-overload, no-any-return]


def _claim(item: object) -> Claim:
    if not isinstance(item, dict):
        raise Malformed(f"an item of key_errors is {_shown(item)}, expected an object")
    kind = item.get("kind")
    if kind not in KINDS:
        raise Malformed(f"the kind of a key error is {_shown(kind)}, expected one of {', '.join(KINDS)}")
    reference, hypothesis = (
        _text(item.get(side), f"{side} of a key error") for side in ("reference", "hypothesis")
    )
    return Claim(kind, reference, hypothesis)


def _shown(value: object) -> str:
    return "missing" if value is None else shortened(repr(value))
