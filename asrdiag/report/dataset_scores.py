"""All scores of one dataset in a run, side by side, as arrays: systems and conditions down, clips across."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import AsrdiagError
from ..metrics import UNITS, Unit
from ..store.folder import RunFolder

_ERRORS = ("substitutions_soft", "substitutions_hard", "deletions", "insertions")
_COLUMNS = ("sample_id", "unit", "speaker", "normalizer", "correct", *_ERRORS)


@dataclass(frozen=True, slots=True)
class ScoredCell:
    """One system's answers to a dataset under one condition; the arrays have the shape [n_clips].

    `errors` and `tokens` (of the reference) are 0 where `answered` is false. `system` is what the system is
    called, which is not its part of `key` where runs with a system of one name are put together.
    """

    key: str
    system: str
    condition: str
    severity: float | None
    snr_db: float | None
    as_recorded: bool
    """Whether the condition leaves the audio alone."""
    answered: NDArray[np.bool_]
    errors: NDArray[np.int64]
    tokens: NDArray[np.int64]
    normalizer: NDArray[np.int64]
    """The normaliser of each clip, as a number that all cells of the dataset share."""

    def differs(self, other: "ScoredCell", chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of chosen clips those whose references were made otherwise, as far as can be told: their places."""
        unlike = (self.tokens != other.tokens) | (self.normalizer != other.normalizer)
        return np.flatnonzero(chosen & unlike)


@dataclass(frozen=True, slots=True)
class DatasetScores:
    """The scored cells of one dataset under one unit, in the order of the run, over the same clips."""

    dataset: str
    unit: Unit
    sample_ids: tuple[str, ...]
    speakers: tuple[str | None, ...]
    cells: tuple[ScoredCell, ...]


def read_scores(
    folder: RunFolder, run: Mapping[str, Any], scored: Sequence[str], names: Mapping[str, str] | None = None
) -> Iterator[DatasetScores]:
    """Read the scores of a run, one dataset and unit after the other; about 10 ms for 5,000 answers.

    Args:
        folder: the run directory.
        run: its `run.json`.
        scored: the keys of the cells that have scores.
        names: what systems are called, where that is not their id.

    Raises:
        AsrdiagError: scores cannot be read.
    """
    datasets: dict[str, list[str]] = {}
    for key in scored:
        datasets.setdefault(run["cells"][key]["dataset"], []).append(key)
    for dataset, keys in datasets.items():
        sides = {unit: _SideBySide() for unit in UNITS}
        for key in keys:
            table = _read(folder, key)
            for unit, side in sides.items():
                side.add(run["cells"][key], _of_unit(table, unit))
        for unit, side in sides.items():
            if side.cells:
                yield side.scores(dataset, unit, names or {})


def _read(folder: RunFolder, key: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder.scores(key)
    try:
        table = pq.read_table(path, columns=list(_COLUMNS)).combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(f"{path}: cannot be read; `asrdiag score` makes it anew ({error})") from error
    # Columns that are not there are passed over in silence.
    if missing := set(_COLUMNS) - set(table.column_names):
        raise AsrdiagError(f"{path}: has no {', '.join(sorted(missing))}; `asrdiag score` makes it anew")
    return table


def _of_unit(table: Any, unit: Unit) -> Any:
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["unit"], unit))


class _SideBySide:
    """Cells put together one after the other, so that no more than one table is held at a time."""

    def __init__(self) -> None:
        self.clips = _Clips()
        self.normalizers: dict[str, int] = {}
        self.cells: list[tuple[Mapping[str, Any], NDArray[np.int64], NDArray[np.int64]]] = []

    def add(self, entry: Mapping[str, Any], table: Any) -> None:
        """Add a cell's rows; one without any is left out."""
        import pyarrow.compute as pc

        if not len(table):
            return
        numbers = {
            name: pc.fill_null(table[name], 0).to_numpy().astype(np.int64) for name in ("correct", *_ERRORS)
        }
        rows = np.stack(
            [
                pc.is_valid(table["correct"]).to_numpy().astype(np.int64),
                sum((numbers[name] for name in _ERRORS), np.zeros(len(table), dtype=np.int64)),
                numbers["correct"] + sum(numbers[name] for name in _ERRORS if name != "insertions"),
                self._coded(table["normalizer"]),
            ]
        )
        self.cells.append((entry, self.clips.places(table), rows))

    def _coded(self, names: Any) -> NDArray[np.int64]:
        coded = names.combine_chunks().dictionary_encode()
        numbers = [
            self.normalizers.setdefault(name, len(self.normalizers)) for name in coded.dictionary.to_pylist()
        ]
        found: NDArray[np.int64] = np.array(numbers, dtype=np.int64)[coded.indices.to_numpy()]
        return found

    def scores(self, dataset: str, unit: Unit, names: Mapping[str, str]) -> DatasetScores:
        """All of them, over all clips."""
        cells = []
        for entry, places, rows in self.cells:
            spread = np.zeros((4, len(self.clips.index)), dtype=np.int64)
            spread[:, places] = rows
            condition = entry["identity"].get("condition")
            cells.append(
                ScoredCell(
                    key="/".join(entry[part] for part in ("system", "dataset", "condition")),
                    system=names.get(entry["system"], entry["system"]),
                    condition=entry["condition"],
                    severity=entry["severity"],
                    snr_db=entry["snr_db"],
                    as_recorded=isinstance(condition, dict) and condition.get("kind") == "as_recorded",
                    answered=spread[0].astype(np.bool_),
                    errors=spread[1],
                    tokens=spread[2],
                    normalizer=spread[3],
                )
            )
        clips = self.clips
        return DatasetScores(dataset, unit, tuple(clips.index), tuple(clips.speakers), tuple(cells))


class _Clips:
    """The clips that the cells of a dataset have between them, numbered in the order in which they come."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.speakers: list[str | None] = []
        self.last: tuple[Any, NDArray[np.int64]] | None = None

    def places(self, table: Any) -> NDArray[np.int64]:
        """The number of each row's clip."""
        ids = table["sample_id"]
        if self.last and ids.equals(self.last[0]):
            return self.last[1]
        found = np.empty(len(ids), dtype=np.int64)
        rows = zip(ids.to_pylist(), table["speaker"].to_pylist(), strict=True)
        for row, (sample_id, speaker) in enumerate(rows):
            found[row] = place = self.index.setdefault(sample_id, len(self.index))
            if place == len(self.speakers):
                self.speakers.append(speaker)
        self.last = ids, found
        return found
