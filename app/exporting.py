"""What `asrdiag export` writes: answers that pass filters, or the cases of a study. No Streamlit here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import UsageError, unknown
from asrdiag.store.folder import RunFolder

from .data.archive import save_zip
from .data.export import Cases, save_csv, save_jsonl
from .data.filters import PARAMETERS, Filters, from_parameters
from .data.happened import happened
from .data.index import Index, read_index
from .data.notes import read_notes
from .data.order import ORDERS, in_order
from .data.runs import OpenRun, run_names
from .data.search import search
from .study.file import read_study
from .study.find import find_all
from .study.page import page_of


@dataclass(frozen=True, slots=True)
class Order:
    """What to write."""

    runs: tuple[Path, ...]
    form: str
    """`csv`, `jsonl`, `zip`, or `html`, which needs `cases`."""
    where: tuple[str, ...] = ()
    """Filters, each as in an address: `mode=empty&rate=20..`."""
    order: str = next(iter(ORDERS))
    """One of `ORDERS`; of a study the file says it."""
    cases: Path | None = None
    """The file of a study."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    n_cases: int
    problems: tuple[str, ...]
    """Files of the runs that cannot be read; their answers are not there."""
    notes: tuple[str, ...]


def export(order: Order, stream: IO[bytes]) -> Exported:
    """Write answers to a stream.

    Raises:
        UsageError: a folder is no run, a filter or the study cannot be used, or a case of it is in no run.
        AsrdiagError: scores cannot be read.
    """
    study = read_study(order.cases) if order.cases else None
    for path in order.runs:
        RunFolder(path).read_run()  # what is no run at all is an error; what is damaged in one is left out
    runs = [OpenRun(path, name) for path, name in zip(order.runs, run_names(order.runs), strict=True)]
    index = read_index(runs)
    found = (*(problem for run in runs for problem in run.problems), *index.problems)
    problems = tuple(f"{problem.place}: {problem.what}" for problem in found)
    told: list[str] = []
    if study and order.cases:
        keys = find_all(study, order.cases, runs, index)
        if order.form == "html":
            for part in page_of(study, keys, runs):
                stream.write(part.encode("utf-8", "replace"))
            return Exported(len(keys), problems, ())
        rows = np.array([index.row(key) for key in keys], dtype=np.int64)
    else:
        filters = _filters(order, index)
        rows = _passing(filters, order, runs, index)
        told += filters.unknown(index)
    notes = {key: note for run in runs for key, note in read_notes(run).items()}
    cases = Cases({run.name: run for run in runs}, index, rows, notes)
    if order.form == "zip":
        told += (f"{n:,} without audio: {why}" for why, n in save_zip(stream, cases).missing.items())
    else:
        {"csv": save_csv, "jsonl": save_jsonl}[order.form](stream, cases)
    return Exported(len(rows), problems, tuple(told))


def _filters(order: Order, index: Index) -> Filters:
    given: dict[str, list[str]] = {}
    for text in order.where:
        for name, values in _parameters(text).items():
            given.setdefault(name, []).extend(values)
    filters, problems = from_parameters(given)
    # Nothing may well have failed in some way; but a system that is not there is a slip of the pen.
    problems += [
        unknown(column, text, index.labels[column].names)
        for column in ("run", "system", "dataset", "condition")
        for text in filters.of(column)
        if text not in index.labels[column].names
    ]
    if problems:
        raise UsageError(f"--where: {'; '.join(problems)}")
    return filters


def _passing(filters: Filters, order: Order, runs: Sequence[OpenRun], index: Index) -> NDArray[np.int64]:
    """The rows that pass the filters, in order."""
    rows = np.flatnonzero(filters.mask(index))
    by_name = {run.name: run for run in runs}
    if filters.event is not None:
        rows = happened(by_name, index, rows, filters.event)
    if filters.text:
        rows = search(by_name, index, rows, filters.text, regex=filters.regex, side=filters.side)
    return in_order(index, rows, *ORDERS[order.order])


def _parameters(text: str) -> dict[str, list[str]]:
    found = parse_qs(text, keep_blank_values=True) if "=" in text else {}
    if not found:
        raise UsageError(f"--where {text}: expected a filter such as mode=empty or rate=20..")
    for name in found:
        if name not in PARAMETERS:
            raise UsageError(f"--where {text}: {unknown('filter', name, sorted(PARAMETERS))}")
    return found
