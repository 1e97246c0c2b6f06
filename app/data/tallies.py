"""What was counted in cells, kept while their files and the chosen answers stay the same."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError

from .entities import entities_of, summed_entities
from .index import CaseKey, Index
from .runs import OpenRun, Problem
from .tokens import ALIGNED, cell_parts, read_part, signature, tokens_of
from .words import Words, summed, words_of

_KEPT_BYTES = 256_000_000
_THREADS = 2

Key = tuple[tuple[str, int, int], bytes]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted in the chosen answers of one cell."""

    cell: CaseKey
    """Run, system, dataset and condition; of no sample."""
    words: Words
    entities: Any
    """See `entities.entities_of`."""

    @property
    def n_bytes(self) -> int:
        """The memory that it takes, about."""
        return int(
            self.words.counts.nbytes
            + self.words.pairs.nbytes
            + self.words.words.nbytes
            + self.entities.nbytes
        )


@dataclass(frozen=True, slots=True)
class Tallies:
    """The cells that were counted, and what is wrong with those that could not be."""

    cells: tuple[Tally, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in some answers, cell by cell and together."""

    rows: NDArray[np.int64]
    """The answers, as rows of the index, rising."""
    units: Mapping[str, int]
    """How many of the answers that pass are of each unit, most first; only those of one are counted."""
    unit: str
    tallies: tuple[Tally, ...]
    words: Words
    entities: Any
    problems: tuple[Problem, ...]


class TallyStore:
    """Counts cells, and keeps what it counted last, within a limit of memory. Sessions share it."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[Key, Tally] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def of(
        self,
        runs: Mapping[str, OpenRun],
        index: Index,
        rows: NDArray[np.int64],
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> Tallies:
        """Count what happened in some answers, cell by cell; only cells that are new are read.

        Args:
            runs: the open runs by name.
            index: their scores.
            rows: rows of the index, rising.
            progress: told after each cell that had to be read how many are done, and of how many.
        """
        parts = list(cell_parts(index, rows))
        keys: list[Key] = [
            (signature(runs[name], cell), sha256(part.tobytes()).digest()) for (name, cell), part in parts
        ]
        found: dict[int, Tally | Problem] = {}
        with self._lock:
            for place, key in enumerate(keys):
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found[place] = self._kept[key]
        new = [place for place in range(len(parts)) if place not in found]
        with ThreadPoolExecutor(_THREADS) as pool:
            asked = [(runs[parts[place][0][0]], index, parts[place][1]) for place in new]
            for done, (place, tally) in enumerate(zip(new, pool.map(_count, asked), strict=True)):
                found[place] = tally
                if isinstance(tally, Tally):
                    self._keep(keys[place], tally)
                progress(done + 1, len(new))
        ordered = [found[place] for place in range(len(parts))]
        return Tallies(
            tuple(each for each in ordered if isinstance(each, Tally)),
            tuple(each for each in ordered if isinstance(each, Problem)),
        )

    def _keep(self, key: Key, tally: Tally) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = tally
                self._bytes += tally.n_bytes
            while self._bytes > self._kept_bytes and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= old.n_bytes


def _count(asked: tuple[OpenRun, Index, NDArray[np.int64]]) -> Tally | Problem:
    run, index, part = asked
    key = index.key(int(part[0]))
    try:
        table = read_part(run, index, part, (*ALIGNED, "entities"))
        return Tally(
            CaseKey(key.run, key.system, key.dataset, key.condition, ""),
            words_of(tokens_of(table)),
            entities_of(table),
        )
    except AsrdiagError as error:
        return Problem(str(run.scores(key.cell)), str(error))


def count_words(
    store: TallyStore,
    runs: Mapping[str, OpenRun],
    index: Index,
    rows: NDArray[np.int64],
    *,
    unit: str = "",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Counted:
    """Count words in answers of one unit: words and characters are never counted together.

    Answers that never came are left out.

    Args:
        store: where counts are kept.
        runs: the open runs by name.
        index: their scores.
        rows: rows of the index, rising.
        unit: what a token is; the one of most answers if none of them has this one.
        progress: told after each cell that had to be read.
    """
    labels = index.labels["unit"]
    rows = rows[~np.isnan(index.numbers["n_errors"][rows])]
    codes = labels.codes[rows]
    counts = {name: int((codes == code).sum()) for code, name in enumerate(labels.names)}
    units = {name: n for name, n in sorted(counts.items(), key=lambda each: -each[1]) if n}
    chosen = unit if unit in units else next(iter(units), "")
    if chosen:
        rows = rows[codes == labels.names.index(chosen)]
    found = store.of(runs, index, rows, progress)
    return Counted(
        rows,
        units,
        chosen,
        found.cells,
        summed([tally.words for tally in found.cells]),
        summed_entities([tally.entities for tally in found.cells]),
        found.problems,
    )


def of_word(tallies: Sequence[Tally], word: str) -> list[tuple[CaseKey, list[int]]]:
    """What happened to one word, cell by cell: the numbers of `words.COUNTS`, where there are any."""
    found = []
    for tally in tallies:
        place = tally.words.place(word)
        if place is not None and tally.words.counts[place].any():
            found.append((tally.cell, tally.words.counts[place].tolist()))
    return found
