"""What pages work out from the scores of the open runs, kept until files change."""

import streamlit as st

from asrdiag.errors import AsrdiagError
from asrdiag.report.dataset_scores import DatasetScores

from . import opened
from .data.health import CellHealth, Reason, cells_of, failed_rows, reasons_of
from .data.index import Index
from .data.offsets import AllOffsets
from .data.pairs import Both, Compared, Pairs, Side, compared, pairs_of
from .data.robustness import NOTHING, Part, Robustness, dataset_scores, robustness_of
from .data.runs import OpenRun, called
from .opened import Signatures


def systems() -> dict[str, tuple[str, str]]:
    """The systems of all open runs by what they are called: the run's name, and the id there."""
    return {name: key for key, name in called(opened.runs()).items()}


def robustness(dataset: str, metric: str, part: Part) -> dict[str, Robustness]:
    """Curves and changes of one dataset under one metric, by run."""
    found = opened.runs()
    signatures = tuple(run.signature for run in found)
    return {
        run.name: _robustness(signatures, run.name, (dataset, metric), part, run, opened.index())
        for run in found
    }


# What systems are called depends on which runs are open, so the signatures of all say what is meant.
@st.cache_resource(max_entries=32, show_spinner="Drawing intervals …")
def _robustness(
    signatures: Signatures, name: str, of: tuple[str, str], part: Part, _run: OpenRun, _index: Index
) -> Robustness:
    try:
        scores = _scores(signatures, name, of, _run, _index)
    except AsrdiagError as error:
        return Robustness((), (), (str(error),))
    return NOTHING if scores is None else robustness_of(_run, _index, scores, part)


@st.cache_resource(max_entries=2, show_spinner=False)
def _scores(
    signatures: Signatures, name: str, of: tuple[str, str], _run: OpenRun, _index: Index
) -> DatasetScores | None:
    names = {system: called for called, (run, system) in systems().items() if run == name}
    return dataset_scores(_run, _index, *of, names)


def pairs(sides: tuple[Side, Side], dataset: str, metric: str, conditions: tuple[str, ...]) -> Pairs:
    """The answers of two systems to the same samples."""
    found = opened.runs()
    signatures = tuple(run.signature for run in found)
    return _pairs(signatures, sides, (dataset, metric), conditions, opened.index())


def comparison(
    sides: tuple[Side, Side], dataset: str, metric: str, conditions: tuple[str, ...], by: str
) -> Compared:
    """What `asrdiag compare` says of the two."""
    found = opened.runs()
    signatures = tuple(run.signature for run in found)
    both = Both(opened.by_name(), sides)
    return _comparison(signatures, sides, (dataset, metric), conditions, by, both)


@st.cache_resource(max_entries=8, show_spinner=False)
def _pairs(
    signatures: Signatures,
    sides: tuple[Side, Side],
    of: tuple[str, str],
    conditions: tuple[str, ...],
    _index: Index,
) -> Pairs:
    return pairs_of(_index, sides, *of, conditions)


@st.cache_resource(max_entries=32, show_spinner="Drawing intervals …")
def _comparison(
    signatures: Signatures,
    sides: tuple[Side, Side],
    of: tuple[str, str],
    conditions: tuple[str, ...],
    by: str,
    _both: Both,
) -> Compared:
    return compared(_both, *of, conditions, by)


def health(run: OpenRun) -> tuple[list[CellHealth], list[Reason], int]:
    """A run's cells, the reasons of its failures, and how many there are."""
    found = opened.runs()
    signatures = tuple(each.signature for each in found)
    index = opened.index()
    reasons, n_failed = _reasons(signatures, run.name, run, index)
    # Cells that are being written have records but no signature, so they are counted each time.
    return cells_of(run, index), reasons, n_failed


@st.cache_resource(max_entries=8, show_spinner="Reading failures …")
def _reasons(signatures: Signatures, name: str, _run: OpenRun, _index: Index) -> tuple[list[Reason], int]:
    rows = failed_rows(_index, name)
    return reasons_of(_run, _index, rows, AllOffsets()), len(rows)
