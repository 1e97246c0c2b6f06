"""What several systems made of the same clips: letters of alignments, side by side, read from the scores."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..datasets.base import groups_of
from ..metrics import Unit
from ..scoring import latest_records
from ..store.folder import RunFolder
from .comparison_meaning import Meanings, Values
from .score_columns import read_columns

_COLUMNS = (
    "sample_id",
    "subset",
    "language",
    "speaker",
    "unit",
    "normalizer",
    "reference_tokens",
    "alignment",
)
_OF_CLIP = _COLUMNS[: _COLUMNS.index("reference_tokens")]
_SAME = ("unit", "normalizer", "reference_tokens")
OF_SAMPLES = ("subset", "language", "speaker")
"""Columns of the scores by which answers can be grouped; other groups are factors, in the sample records."""


@dataclass(slots=True)
class Answers:
    """Clips that every one of `systems` answered, with one entry for each in the lists.

    Answers to the same clip under several conditions are entries of their own.
    """

    dataset: str
    group: str
    unit: Unit
    systems: tuple[str, ...]
    conditions: dict[str, None] = field(default_factory=dict)
    languages: set[str] = field(default_factory=set)
    normalizers: set[str] = field(default_factory=set)
    sample_ids: list[str] = field(default_factory=list)
    speakers: list[str | None] = field(default_factory=list)
    letters: dict[str, list[str]] = field(default_factory=dict)
    meanings: dict[str, list[Values]] = field(default_factory=dict)
    n_left_out: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    """Clips left out, by the systems that did not answer them."""


def pooled(found: Sequence[Answers]) -> Iterator[Answers]:
    """Groups of one dataset put together, those of each unit: what `gather` finds with `dataset`, if the
    groups are conditions.
    """
    for unit in dict.fromkeys(each.unit for each in found):
        parts = [each for each in found if each.unit == unit]
        whole = Answers(parts[0].dataset, "", unit, parts[0].systems)
        for each in parts:
            whole.conditions |= each.conditions
            whole.languages |= each.languages
            whole.normalizers |= each.normalizers
            whole.sample_ids += each.sample_ids
            whole.speakers += each.speakers
            for system, letters in each.letters.items():
                whole.letters.setdefault(system, []).extend(letters)
                whole.meanings.setdefault(system, []).extend(each.meanings[system])
            whole.n_left_out += each.n_left_out
            whole.unanswered += each.unanswered
        yield whole


@dataclass(frozen=True, slots=True)
class Gathering:
    """Answers by group, and a line for everything that had to be left out."""

    found: tuple[Answers, ...]
    notes: tuple[str, ...]


def gather(
    folder: RunFolder, dataset: str, systems: Sequence[str], conditions: Sequence[str], by: str
) -> Gathering:
    """Put the answers of several systems to one dataset side by side.

    Args:
        folder: the run.
        dataset: the dataset's id.
        systems: their ids, in the order in which they are compared.
        conditions: ids of conditions whose answers are put together.
        by: `dataset` (all in one), `condition`, one of `OF_SAMPLES`, or a factor.

    Returns:
        One `Answers` for each group and unit, over the conditions for which all systems have scores, save
        those that answered nothing at all.
    """
    answering = {
        system
        for system in systems
        if any(_answers_any(folder, f"{system}/{dataset}/{condition}") for condition in conditions)
    }
    present = tuple(system for system in systems if system in answering)
    place = f"{dataset}/{conditions[0]}" if len(conditions) == 1 else dataset
    notes = [f"{place}: not compared, {system} has no answers" for system in systems if system not in present]
    cells = [f"{system}/{dataset}/{condition}" for system in present for condition in conditions]
    meanings = Meanings.of(folder, cells)
    groups: dict[tuple[str, str], Answers] = {}
    for condition in conditions if len(present) > 1 else ():
        place = f"{dataset}/{condition}"
        tables = {system: read_columns(folder, f"{system}/{place}", _COLUMNS) for system in present}
        missing = [system for system, table in tables.items() if table is None]
        if missing:
            notes.append(f"{place}: not compared, {', '.join(missing)} has no scores")
            continue
        known = {system: meanings.cell(f"{system}/{place}") for system in present}
        side_by_side = _SideBySide(tables)
        if different := side_by_side.difference():
            notes.append(f"{place}: not compared, {different}")
            continue
        rows = list(side_by_side.rows())
        values = _values(folder, f"{present[0]}/{place}", rows, condition, by)
        if unknown := values.count(None):
            notes.append(f"{place}: {unknown} clips have no {by} and are left out")
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                key = value, row["unit"]
                if key not in groups:
                    groups[key] = Answers(dataset, value, row["unit"], present)
                _add(groups[key], condition, row, known)
    return Gathering(tuple(groups.values()), tuple(notes))


def factors_of(folder: RunFolder, key: str) -> dict[str, dict[str, str]]:
    """What a cell's clips can be grouped by besides the columns of the scores, by sample id."""
    return {
        sample_id: groups_of(record["factors"], record["speaker"])
        for sample_id, record in latest_records(folder, key).items()
    }


def _answers_any(folder: RunFolder, key: str) -> bool:
    table = read_columns(folder, key, ["alignment"])
    return table is not None and table["alignment"].null_count < len(table)


def _add(
    answers: Answers, condition: str, row: Mapping[str, Any], known: Mapping[str, Mapping[str, Values]]
) -> None:
    letters = row["letters"]
    missing = [system for system, found in letters.items() if found is None]
    if missing:
        answers.n_left_out += 1
        answers.unanswered.update(missing)
        return
    answers.conditions[condition] = None
    answers.languages.add(row["language"])
    answers.normalizers.add(row["normalizer"])
    answers.sample_ids.append(row["sample_id"])
    answers.speakers.append(row["speaker"])
    for system, found in letters.items():
        answers.letters.setdefault(system, []).append(found)
        answers.meanings.setdefault(system, []).append(known[system].get(row["sample_id"], {}))


class _SideBySide:
    """The tables of several systems for one condition, by clip."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables = tables
        self.letters = {
            system: dict(zip(table["sample_id"].to_pylist(), table["alignment"].to_pylist(), strict=True))
            for system, table in tables.items()
        }
        self.ids = list(dict.fromkeys(sample_id for found in self.letters.values() for sample_id in found))

    def difference(self) -> str | None:
        """What differs between the systems in clips that all of them answered, in words."""
        (first, expected), *others = self.tables.items()
        same_clips = all(table["sample_id"].equals(expected["sample_id"]) for _, table in others)
        if same_clips and all(table[name].equals(expected[name]) for _, table in others for name in _SAME):
            return None
        common = [
            key for key in self.ids if all(found.get(key) is not None for found in self.letters.values())
        ]
        parts = {system: _rows_of(table, common) for system, table in self.tables.items()}
        (first, expected), *others = parts.items()
        for system, part in others:
            for name in _SAME:
                if not part[name].equals(expected[name]):
                    pairs = zip(expected[name].to_pylist(), part[name].to_pylist(), strict=True)
                    index = next(index for index, (one, other) in enumerate(pairs) if one != other)
                    return f"{name} of {common[index]} differs between {first} and {system}"
        return None

    def rows(self) -> Iterator[dict[str, Any]]:
        """What is known of each clip, from the first table that has it, and each system's letters."""
        known: dict[str, tuple[Any, ...]] = {}
        for table in self.tables.values():
            columns = [table[name].to_pylist() for name in _OF_CLIP]
            known = dict(zip(columns[0], zip(*columns, strict=True), strict=True)) | known
        for sample_id in self.ids:
            row = dict(zip(_OF_CLIP, known[sample_id], strict=True))
            row["letters"] = {system: found.get(sample_id) for system, found in self.letters.items()}
            yield row


def _rows_of(table: Any, sample_ids: Iterable[str]) -> Any:
    import pyarrow as pa

    at = {sample_id: index for index, sample_id in enumerate(table["sample_id"].to_pylist())}
    return table.select(_SAME).take(pa.array([at[name] for name in sample_ids], pa.int64()))


def _values(
    folder: RunFolder, key: str, rows: Sequence[Mapping[str, Any]], condition: str, by: str
) -> list[str | None]:
    """The group of each clip; `None` where it has none."""
    if by in ("dataset", "condition"):
        return [condition if by == "condition" else ""] * len(rows)
    if by in OF_SAMPLES:
        return [row[by] for row in rows]
    factors = factors_of(folder, key)
    return [factors.get(row["sample_id"], {}).get(by) for row in rows]
