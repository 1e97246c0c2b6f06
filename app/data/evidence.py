"""What decided the failure mode of an answer: the sentence of the diagnosis, and what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError

from .index import CaseKey, Index
from .runs import OpenRun, Problem
from .tokens import ALIGNED, cell_parts, read_part

_COLUMNS = (
    *ALIGNED,
    *("failure_mode", "rule", "evidence", "omission_spans", "fabricated_spans", "loops"),
    *("language_switch", "entities", "unit"),
)
_MOST = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an answer is in its mode."""

    row: int
    """Of the index."""
    key: CaseKey
    rule: str
    text: str
    """The sentence of the diagnosis."""
    found: tuple[str, ...]
    """What it is about: stretches left out or made up, loops, languages, words, entities."""


def evidence(
    runs: Mapping[str, OpenRun], index: Index, rows: NDArray[np.int64]
) -> tuple[list[Evidence], list[Problem]]:
    """Read why some answers are in their modes, in the order of the rows; each cell is read once.

    Args:
        runs: the open runs by name.
        index: their scores.
        rows: rows of the index.
    """
    found: dict[int, Evidence] = {}
    problems = []
    for (name, cell), part in cell_parts(index, np.sort(rows)):
        try:
            table = read_part(runs[name], index, part, _COLUMNS)
        except AsrdiagError as error:
            problems.append(Problem(str(runs[name].scores(cell)), str(error)))
            continue
        for row, score in zip(part.tolist(), table.to_pylist(), strict=True):
            found[row] = Evidence(
                row, index.key(row), score["rule"] or "", score["evidence"] or "", tuple(findings(score))
            )
    return [found[row] for row in rows.tolist() if row in found], problems


def findings(score: Mapping[str, Any]) -> list[str]:
    """What a diagnosis found, in words: that which its mode is about.

    Args:
        score: a row of `scores.parquet`.

    >>> findings({"failure_mode": "truncation", "unit": "word", "reference_tokens": ["a", "b", "c", "d"],
    ...           "hypothesis_tokens": ["a"], "omission_spans": [{"start": 1, "end": 4}]})
    ['left out: b c d']
    """
    mode, joint = score["failure_mode"], "" if score["unit"] == "character" else " "
    said, heard = score["reference_tokens"] or [], score["hypothesis_tokens"] or []
    left_out = _spans("left out", said, score.get("omission_spans"), joint)
    made_up = _spans("made up", heard, score.get("fabricated_spans"), joint)
    if mode == "repetition_loop":
        return [_loop(loop, heard, joint) for loop in score["loops"] or ()][:_MOST]
    if mode == "language_switch":
        switch = score["language_switch"] or {}
        return [f"{switch.get('expected')} expected, {switch.get('found')} found", *made_up][:_MOST]
    if mode in ("omission", "truncation", "empty"):
        return [*_harmed(score), *left_out][:_MOST]
    if mode in ("hallucination", "semantic_drift"):
        return made_up
    if mode in ("word_confusion", "minor"):
        return [*_harmed(score), *_swapped(score)][:_MOST]
    return []


def _spans(what: str, tokens: Sequence[str], spans: Any, joint: str) -> list[str]:
    longest = sorted(spans or (), key=lambda span: span["start"] - span["end"])
    return [f"{what}: {joint.join(tokens[span['start'] : span['end']])}" for span in longest[:_MOST]]


def _loop(loop: Mapping[str, int], tokens: Sequence[str], joint: str) -> str:
    part = tokens[loop["start"] : loop["start"] + loop["period"]]
    return f"{loop['repeats']} times: {joint.join(part)}"


def _harmed(score: Mapping[str, Any]) -> list[str]:
    """Numbers, names and keywords that were not kept, where they decided."""
    if score.get("rule") != "what_matters":
        return []
    return [
        f"{each['kind']} {each['text']}: {each['heard'] or 'lost'}"
        for each in score["entities"] or ()
        if each["status"] != "kept"
    ]


def _swapped(score: Mapping[str, Any]) -> list[str]:
    """Words taken for others, hard ones first."""
    said, heard = iter(score["reference_tokens"] or ()), iter(score["hypothesis_tokens"] or ())
    found: list[tuple[str, str]] = []
    for letter in score["alignment"] or "":
        word = next(said) if letter != "I" else ""
        answer = next(heard) if letter != "D" else ""
        if letter in "sS":
            found.append((letter, f"{word} heard as {answer}"))
    return [text for _, text in sorted(found, key=lambda each: each[0])]
