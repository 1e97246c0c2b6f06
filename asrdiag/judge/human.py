"""Labels that people gave to answers: CSV, TSV or JSON Lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..delimited import read_records
from ..errors import UsageError, unknown
from ..metrics import MODES
from .population import Answer

PLACE = ("system", "dataset", "condition", "sample_id")
TEXTS = ("reference", "hypothesis")
FLAGS = ("hallucinated", "missed", "key_error")
LABELS = (*FLAGS, "meaning", "mode")

_YES, _NO = frozenset({"1", "true", "yes", "y"}), frozenset({"0", "false", "no", "n"})


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody says of one answer; `None` where nothing is said."""

    hallucinated: bool | None = None
    missed: bool | None = None
    key_error: bool | None = None
    meaning: float | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels of a run's answers, by place in the list of answers, and what could not be used."""

    labels: Mapping[int, Label]
    n_without_answer: int
    """Rows that name no answer of the run."""
    example: str
    """The first of them."""


def read_labels(path: Path, answers: Sequence[Answer]) -> Labelled:
    """Read labels and find the answers that they are about.

    A row names answers by `reference` and `hypothesis`, the texts as they are (all answers with these texts
    have the label), or by `sample_id`, with `system`, `dataset` and `condition` where it takes them to tell
    which one. Its labels are `hallucinated`, `missed`, `key_error` (yes or no), `meaning` (0 to 100) and
    `mode` (a failure mode); each may be left empty, and further columns do no harm.

    Raises:
        UsageError: the file cannot be read, a value cannot be used, a row names several answers or one that
            has another label already; the message names file and line.
    """
    by_texts: dict[tuple[str, str], list[int]] = {}
    by_sample: dict[str, list[int]] = {}
    for place, answer in enumerate(answers):
        by_texts.setdefault((answer.pair.reference, answer.pair.hypothesis), []).append(place)
        by_sample.setdefault(answer.sample_id, []).append(place)
    labels: dict[int, Label] = {}
    lines: dict[int, int] = {}
    missing, example = 0, ""
    for line, row in _rows(path):
        where = f"{path}:{line}"
        if "sample_id" in row:
            found = [
                place
                for place in by_sample.get(row["sample_id"], [])
                if all(getattr(answers[place], name) == row[name] for name in PLACE if name in row)
            ]
            if len(found) > 1:
                which = ", ".join(answers[place].cell for place in found[:3])
                raise UsageError(
                    f"{where}: {row['sample_id']!r} is in {len(found)} cells ({which}...); expected system, "
                    "dataset and condition as they are needed to tell which"
                )
        else:
            found = by_texts.get((row["reference"], row["hypothesis"]), [])
        if not found:
            missing, example = missing + 1, example or where
        label = _label(where, row)
        for place in found:
            if place in labels and labels[place] != label:
                raise UsageError(f"{where}: this answer has another label on line {lines[place]}")
            labels[place], lines[place] = label, line
    return Labelled(labels, missing, example)


def _label(where: str, row: Mapping[str, str]) -> Label:
    flags = {name: _flag(where, name, row.get(name, "")) for name in FLAGS}
    mode = row.get("mode", "") or None
    if mode is not None and mode not in MODES:
        raise UsageError(f"{where}: {unknown('mode', mode, MODES)}")
    return Label(**flags, meaning=_meaning(where, row.get("meaning", "")), mode=mode)


def _flag(where: str, name: str, text: str) -> bool | None:
    folded = text.strip().lower()
    if not folded:
        return None
    if folded not in _YES | _NO:
        raise UsageError(f"{where}: {name} is {text!r}, expected yes or no (1 or 0, true or false)")
    return folded in _YES


def _meaning(where: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UsageError(f"{where}: meaning is {text!r}, expected a number from 0 to 100")
    return value


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        for number, line in enumerate(lines, start=1):
            if line.strip():
                row = _object(f"{path}:{number}", line)
                _check(f"{path}:{number}", row)
                yield number, row
        return
    records = read_records(path, lines, "\t" if path.suffix.lower() == ".tsv" else ",")
    header = next(records, None)
    if header is None:
        raise UsageError(f"{path}: found nothing, expected a line with the names of columns")
    names = [name.strip() for name in header[1]]
    _check(f"{path}:{header[0]}", dict.fromkeys(names, ""))
    for number, cells in records:
        if len(cells) != len(names):
            raise UsageError(f"{path}:{number}: found {len(cells)} cells, expected {len(names)}")
        yield number, dict(zip(names, cells, strict=True))


def _object(where: str, line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where}: found no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{where}: found {type(found).__name__}, expected a JSON object")
    return {
        name: value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for name, value in found.items()
    }


def _check(where: str, row: Mapping[str, str]) -> None:
    if "sample_id" not in row and not set(TEXTS) <= row.keys():
        raise UsageError(
            f"{where}: found the columns {', '.join(row) or 'none'}; expected sample_id (with system, "
            "dataset and condition where needed), or reference and hypothesis"
        )
    if not set(LABELS) & row.keys():
        raise UsageError(f"{where}: found no label; expected one of the columns {', '.join(LABELS)}")
