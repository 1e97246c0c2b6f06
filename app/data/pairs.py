"""Two systems, of one run or of two, on the same samples: their answers in pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics import ERROR_RATES
from asrdiag.report.answers import gather, pooled
from asrdiag.report.comparisons import Comparisons, compare_answers
from asrdiag.store.folder import RunFolder

from .index import Index
from .runs import OpenRun

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is called, its run, and its id there."""

    name: str
    run: str
    system: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Answers to the same samples under the same conditions, as rows of the index, shape [n_pairs] each.

    What is not among them is counted: samples that only one of the two has, samples without an answer of
    one, and the conditions in which references were made otherwise, which cannot be compared.
    """

    first: Rows
    second: Rows
    only_first: int = 0
    only_second: int = 0
    unanswered_first: int = 0
    unanswered_second: int = 0
    other_references: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.first)


def pairs_of(
    index: Index, sides: tuple[Side, Side], dataset: str, metric: str, conditions: Sequence[str]
) -> Pairs:
    """Pair the answers of two systems; some milliseconds for 100,000.

    Args:
        index: the scores of the open runs.
        sides: the two.
        dataset: its id.
        metric: `wer`, `cer` or `mer`; answers of other units are left out.
        conditions: their ids.
    """
    found: tuple[list[Rows], list[Rows]] = ([], [])
    only, unanswered = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    otherwise: list[str] = []
    units = [unit for unit, rate in ERROR_RATES.items() if rate == metric]
    of_unit = index.labels["unit"].among(units)
    errors, tokens = index.numbers["n_errors"], index.numbers["ref_tokens"]
    normalizers = index.labels["normalizer"].codes
    for condition in conditions:
        rows = [_rows(index, side, dataset, condition, of_unit) for side in sides]
        first, second = _common(index, *rows)
        only += [len(rows[0]) - len(first), len(rows[1]) - len(second)]
        answered = ~np.isnan(errors[first]), ~np.isnan(errors[second])
        unanswered += [int((~each).sum()) for each in answered]
        both = answered[0] & answered[1]
        first, second = first[both], second[both]
        unlike = (tokens[first] != tokens[second]) | (normalizers[first] != normalizers[second])
        if unlike.any():
            otherwise.append(condition)
            continue
        found[0].append(first)
        found[1].append(second)
    whole = [np.concatenate(parts) if parts else np.empty(0, dtype=np.int64) for parts in found]
    return Pairs(
        *(whole[0], whole[1], int(only[0]), int(only[1])),
        *(int(unanswered[0]), int(unanswered[1]), tuple(otherwise)),
    )


def rates_of(index: Index, pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rates of both in %, shape [n_pairs] each; NaN for an empty reference."""
    rates = index.numbers["error_rate_pct"]
    return rates[pairs.first].astype(np.float64), rates[pairs.second].astype(np.float64)


def gaps_of(index: Index, pairs: Pairs) -> NDArray[np.float32]:
    """Errors of the first less errors of the second, shape [n_pairs]."""
    errors = index.numbers["n_errors"]
    found: NDArray[np.float32] = errors[pairs.first] - errors[pairs.second]
    return found


def largest(gaps: NDArray[np.float32], most: int) -> Rows:
    """Where the largest gaps above 0 are, the largest first.

    >>> largest(np.array([1, 5, 0, 3]), 2).tolist()
    [1, 3]
    """
    places = np.flatnonzero(gaps > 0)
    if len(places) > most:  # all that are as large as the last one are kept for the sort below
        limit = np.partition(gaps[places], len(places) - most)[len(places) - most]
        places = places[gaps[places] >= limit]
    return places[np.argsort(-gaps[places], kind="stable")][:most]


def _rows(index: Index, side: Side, dataset: str, condition: str, of_unit: NDArray[np.bool_]) -> Rows:
    cell = index.cells.get((side.run, f"{side.system}/{dataset}/{condition}"), range(0))
    return cell.start + np.flatnonzero(of_unit[cell.start : cell.stop])


def _common(index: Index, first: Rows, second: Rows) -> tuple[Rows, Rows]:
    """The rows of the samples that both have, in the order of the first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = [index.sample_ids.take(pa.array(rows)) for rows in (first, second)]
    if ids[0].equals(ids[1]):
        return first, second
    places = pc.index_in(ids[0], value_set=ids[1]).fill_null(-1).to_numpy(zero_copy_only=False)
    return first[places >= 0], second[places[places >= 0]]


class Both(RunFolder):
    """Two systems as if they were of one run, for what reads the scores of a run."""

    def __init__(self, runs: Mapping[str, OpenRun], sides: tuple[Side, Side]) -> None:
        super().__init__(Path(" and ".join(dict.fromkeys(side.run for side in sides))))
        self._sides = {side.name: (runs[side.run], side.system) for side in sides}
        self.names = tuple(self._sides)
        """What the two are called in keys of cells."""

    def scores(self, key: str) -> Path:
        run, own = self._own(key)
        return run.scores(own)

    def samples(self, key: str) -> Path:
        run, own = self._own(key)
        return run.samples(own)

    def _own(self, key: str) -> tuple[OpenRun, str]:
        name, dataset, condition = key.rsplit("/", 2)
        run, system = self._sides[name]
        return run, f"{system}/{dataset}/{condition}"


@dataclass(frozen=True, slots=True)
class Compared:
    """The rows of `comparisons.csv` (`report.comparison_columns`) of two systems, less `run_id`.

    `whole` is over everything, `groups` broken down.
    """

    whole: dict[str, Any] | None
    groups: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def compared(both: Both, dataset: str, metric: str, conditions: Sequence[str], by: str) -> Compared:
    """What `asrdiag compare` says of two systems; 2 to 3 s for 100,000 pairs.

    Args:
        both: the two.
        dataset: its id.
        metric: `wer`, `cer` or `mer`.
        conditions: their ids.
        by: `condition`, `subset`, `language` or `speaker`.
    """
    gathering = gather(both, dataset, both.names, conditions, "condition")
    of_metric = [each for each in gathering.found if ERROR_RATES[each.unit] == metric]
    whole: Comparisons = compare_answers(list(pooled(of_metric)), "dataset")
    groups = of_metric
    notes = [*gathering.notes, *whole.notes]
    if by != "condition":
        other = gather(both, dataset, both.names, conditions, by)
        groups = [each for each in other.found if ERROR_RATES[each.unit] == metric]
        notes += other.notes
    found = compare_answers(groups, by)
    return Compared(
        next(iter(whole.rows), None), tuple(found.rows), tuple(dict.fromkeys([*notes, *found.notes]))
    )
