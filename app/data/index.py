"""All scores of the open runs as columns: a row for each answer, no texts."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flags import COLUMN as FLAGS_COLUMN
from .flags import Flags, FlagsMade
from .meanings import Meanings, meanings
from .runs import OpenRun, Problem

LABELS = (
    *("run", "system", "dataset", "condition", "subset", "language", "speaker"),
    *("failure_mode", "rule", "error_stage", "unit", "normalizer", "route"),
)
"""Columns of texts of which there are few."""
ERRORS = {
    "soft": "substitutions_soft",
    "hard": "substitutions_hard",
    "del": "deletions",
    "ins": "insertions",
}
"""The four kinds of errors, as they are called everywhere, and their columns."""
NUMBERS = (
    *("error_rate_pct", "n_errors", "ref_tokens", "hyp_tokens", *ERRORS.values(), "duration_s", "rtfx"),
    *("key_errors", "semantic_similarity", "meaning"),
)
"""Columns of numbers, float32; NaN where there is none."""

_STORED = ("subset", "language", "speaker", "failure_mode", "rule", "error_stage", "unit", "normalizer")
_COUNTS = ("correct", *ERRORS.values())
_READ = ("sample_id", *_STORED, *_COUNTS, "error_rate", "duration_s", "transcribe_s")
_EXTRA = ("route", "key_errors", "semantic_similarity", FLAGS_COLUMN)
"""Columns that scores from before have not."""
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of texts: `codes` of shape [n_rows] point into `names`; -1 where there is none."""

    names: tuple[str, ...]
    codes: NDArray[np.int16] | NDArray[np.int32]

    def among(self, wanted: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows have one of these texts; "" stands for none, too."""
        found = np.zeros(len(self.names) + 1, dtype=np.bool_)
        for place, name in enumerate(self.names):
            found[place] = name in wanted
        found[-1] = "" in wanted
        return found[self.codes]

    def at(self, rows: NDArray[np.int64]) -> list[str | None]:
        """The texts of some rows."""
        return [None if code < 0 else self.names[code] for code in self.codes[rows].tolist()]

    def present(self) -> list[str]:
        """The texts that there are, in the order in which they came up."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        return [name for name, count in zip(self.names, counts.tolist(), strict=True) if count]


@dataclass(frozen=True, slots=True)
class CaseKey:
    """What names one answer: the run as it is called, the cell, and the utterance."""

    run: str
    system: str
    dataset: str
    condition: str
    sample_id: str

    @property
    def cell(self) -> str:
        """The key of the cell in its run."""
        return f"{self.system}/{self.dataset}/{self.condition}"


@dataclass(frozen=True, slots=True)
class Index:
    """The columns, in the order of the runs, their cells, and the dataset."""

    sample_ids: Any
    """A pyarrow array of strings."""
    labels: Mapping[str, Labels]
    numbers: Mapping[str, NDArray[np.float32]]
    flags: Flags
    """Which kinds of key content went wrong in each answer."""
    cells: Mapping[tuple[str, str], range]
    """The rows of each cell, by the run's name and the cell's key; they follow each other."""
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.sample_ids)

    def measured(self, column: str) -> bool:
        """Whether any answer has a number in a column."""
        return not bool(np.isnan(self.numbers[column]).all())

    def key(self, row: int) -> CaseKey:
        """What names the answer of a row."""
        names = (self.labels[name] for name in ("run", "system", "dataset", "condition"))
        run, system, dataset, condition = (each.names[each.codes[row]] for each in names)
        return CaseKey(run, system, dataset, condition, self.sample_ids[row].as_py())

    def row(self, key: CaseKey) -> int | None:
        """The row of an answer; `None` if it is not there."""
        import pyarrow.compute as pc

        rows = self.cells.get((key.run, key.cell), range(0))
        place: int = pc.index(self.sample_ids.slice(rows.start, len(rows)), key.sample_id).as_py()
        return None if place < 0 else rows.start + place


def read_index(
    runs: Sequence[OpenRun], progress: Callable[[int, int], None] = lambda done, of: None
) -> Index:
    """Read the scores of runs; about a second for a million answers in 200 cells.

    A cell whose scores cannot be read is left out and becomes one of `problems`.

    Args:
        runs: the open runs.
        progress: told after each cell how many are read, and of how many.
    """
    cells = [(run, key) for run in runs for key in run.scored]
    made = _Columns()
    meant = {run.name: meanings(run) for run in runs}
    made.problems += [problem for each in meant.values() for problem in each.problems]
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, (run, key, read) in enumerate(
            zip((run for run, _ in cells), (key for _, key in cells), pool.map(_read, cells), strict=True)
        ):
            if isinstance(read, Problem):
                made.problems.append(read)
            else:
                made.add(run, key, read, meant[run.name])
            progress(done + 1, len(cells))
    return made.index()


def _read(cell: tuple[OpenRun, str]) -> Any:
    """The columns of a cell's scores, or the problem with them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    run, key = cell
    path = run.scores(key)
    if not path.is_file():  # to open a pipe would wait for ever
        return Problem(str(path), f"is not there; `asrdiag score {run.path}` makes it anew")
    try:
        names = pq.read_schema(path).names
        wanted = [*_READ, *(name for name in _EXTRA if name in names)]
        # Several files are read at once: threads within one would only get in the way.
        table = pq.read_table(path, columns=wanted, read_dictionary=[*_STORED, "route"], use_threads=False)
    except (OSError, pa.ArrowException) as error:
        return Problem(str(path), f"cannot be read; `asrdiag score {run.path}` makes it anew ({error})")
    if missing := set(_READ) - set(table.column_names):
        return Problem(
            str(path), f"has no {', '.join(sorted(missing))}; `asrdiag score {run.path}` makes it anew"
        )
    if strange := [field.name for field in table.schema if not _is_usable(field.name, field.type)]:
        return Problem(
            str(path), f"has other kinds of {', '.join(strange)}; `asrdiag score {run.path}` makes it anew"
        )
    return table.combine_chunks()


def _is_usable(name: str, kind: Any) -> bool:
    import pyarrow as pa

    if name == FLAGS_COLUMN:
        return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))
    if name in _STORED or name == "route":
        return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))
    if name == "sample_id":
        return bool(pa.types.is_string(kind))
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


class _Columns:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._ids: list[Any] = []
        self._cells: dict[tuple[str, str], range] = {}
        self._names: dict[str, dict[str, int]] = {name: {} for name in LABELS}
        self._codes: dict[str, list[NDArray[np.int32]]] = {name: [] for name in LABELS}
        self._numbers: dict[str, list[NDArray[np.float32]]] = {name: [] for name in NUMBERS}
        self._flags = FlagsMade()

    def add(self, run: OpenRun, key: str, table: Any, meant: Meanings) -> None:
        n = len(table)
        if not n:
            return
        first = next(reversed(self._cells.values())).stop if self._cells else 0
        self._cells[run.name, key] = range(first, first + n)
        system, dataset, condition = key.split("/")
        for name, value in zip(LABELS[:4], (run.name, system, dataset, condition), strict=True):
            self._codes[name].append(np.full(n, self._code(name, value), dtype=np.int32))
        there = set(table.column_names)
        for name in _STORED:
            self._codes[name].append(self._coded(name, table[name]))
        nowhere = np.full(n, -1, dtype=np.int32)
        self._codes["route"].append(self._coded("route", table["route"]) if "route" in there else nowhere)
        self._flags.add(table[FLAGS_COLUMN] if FLAGS_COLUMN in there else None, n)
        self._ids += table["sample_id"].chunks
        counts = {name: _floats(table[name]) for name in _COUNTS}
        n_errors = sum((counts[name] for name in ERRORS.values()), np.zeros(n, dtype=np.float32))
        said = counts["correct"] + counts["substitutions_soft"] + counts["substitutions_hard"]
        duration, took = _floats(table["duration_s"]), _floats(table["transcribe_s"])
        with np.errstate(divide="ignore", invalid="ignore"):
            rtfx = np.where(took > 0, duration / took, np.float32(np.nan))
        derived = {
            "error_rate_pct": 100 * _floats(table["error_rate"]),
            "n_errors": n_errors,
            "ref_tokens": said + counts["deletions"],
            "hyp_tokens": said + counts["insertions"],
            "duration_s": duration,
            "rtfx": rtfx,
            "meaning": meant.of(key, table["sample_id"]),
        }
        for name in ("key_errors", "semantic_similarity"):
            derived[name] = _floats(table[name]) if name in there else np.full(n, np.nan, dtype=np.float32)
        for name in NUMBERS:
            self._numbers[name].append(derived.get(name, counts.get(name)))  # type: ignore[arg-type]

    def _code(self, name: str, value: str) -> int:
        names = self._names[name]
        return names.setdefault(value, len(names))

    def _coded(self, name: str, column: Any) -> NDArray[np.int32]:
        coded = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        own = [self._code(name, value) for value in coded.dictionary.to_pylist()]
        places = np.array([*own, -1], dtype=np.int32)
        indices: NDArray[np.int64] = coded.indices.fill_null(len(own)).to_numpy(zero_copy_only=False)
        found: NDArray[np.int32] = places[indices]
        return found

    def index(self) -> Index:
        import pyarrow as pa

        ids = pa.chunked_array(self._ids, pa.string())
        labels = {}
        for name in LABELS:
            names, parts = tuple(self._names[name]), self._codes.pop(name)
            codes = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
            labels[name] = Labels(names, codes.astype(np.int16) if len(names) < 32_000 else codes)
        numbers = {}
        for name in NUMBERS:
            columns = self._numbers.pop(name)
            numbers[name] = np.concatenate(columns) if columns else np.empty(0, dtype=np.float32)
        whole = ids.cast(pa.large_string()).combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], pa.large_string())
        return Index(whole, labels, numbers, self._flags.made(), self._cells, tuple(self.problems))


def _floats(column: Any) -> NDArray[np.float32]:
    """Numbers as float32, NaN where there is none."""
    whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    found: NDArray[np.float32] = whole.to_numpy(zero_copy_only=False).astype(np.float32)
    return found
