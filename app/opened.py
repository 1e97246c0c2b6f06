"""The runs that are open, and what was read of them: kept between pages and sessions until files change."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.errors import SampleError

from .data.case import Case, open_case
from .data.filters import Filters
from .data.index import CaseKey, Index, read_index
from .data.offsets import AllOffsets
from .data.picture import Clip, read_clip
from .data.rows import rows_of
from .data.runs import OpenRun, Signature, newest_run, run_names, signature_of
from .data.search import search
from .data.sound import Sound

Signatures = tuple[Signature, ...]

ROLLOUTS = "--rollouts"
"""What stands before rollout logs on the command line."""


def arguments() -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The command line: run directories, and the rollout logs that stand behind `--rollouts`."""
    given = sys.argv[1:]
    place = given.index(ROLLOUTS) if ROLLOUTS in given else len(given)
    runs, logs = ([Path(text) for text in part] for part in (given[:place], given[place + 1 :]))
    return tuple(dict.fromkeys(runs)), tuple(dict.fromkeys(logs))


def paths() -> tuple[Path, ...]:
    """The run directories of the command line, or the newest in `./runs`, or none."""
    given, _ = arguments()
    newest = None if given else newest_run()
    return given or ((newest,) if newest else ())


def runs() -> tuple[OpenRun, ...]:
    """The open runs as they are now; read anew when their files changed."""
    chosen = paths()
    return tuple(
        _run(str(path.absolute()), name, signature_of(path))
        for path, name in zip(chosen, run_names(chosen), strict=True)
    )


def by_name() -> dict[str, OpenRun]:
    """The open runs by what they are called."""
    return {run.name: run for run in runs()}


def index() -> Index:
    """The scores of all open runs as columns."""
    found = runs()
    return _index(_signatures(found), found)


def rows() -> list[dict[str, Any]]:
    """The leaderboard's rows of all open runs, see `data.rows`."""
    found = runs()
    return _rows(_signatures(found), found)


def chosen(filters: Filters, order: str = "n_errors", descending: bool = True) -> NDArray[np.int64]:
    """The rows of the index that pass, in the order of a column of numbers; those without a number come last.

    Raises:
        UsageError: the text to look for is an expression that cannot be used.
    """
    found = runs()
    return _chosen(_signatures(found), filters, order, descending, found)


def case(key: CaseKey) -> Case:
    """One answer in full."""
    return open_case(by_name()[key.run], key, _offsets())


def audio(sound: Sound, sample_rate_hz: int) -> Clip | str:
    """The stretch to be played and seen, or why it cannot be read."""
    try:
        return _audio(sound, sample_rate_hz, sound.path.stat().st_mtime_ns)
    except (OSError, SampleError) as error:
        return str(error)


def _signatures(found: tuple[OpenRun, ...]) -> Signatures:
    return tuple(run.signature for run in found)


@st.cache_resource(max_entries=32, show_spinner=False)
def _run(path: str, name: str, signature: Signature) -> OpenRun:
    return OpenRun(Path(path), name)


@st.cache_resource(max_entries=2, show_spinner="Reading the scores …")
def _index(signatures: Signatures, _runs: tuple[OpenRun, ...]) -> Index:
    return read_index(_runs)


@st.cache_resource(max_entries=4, show_spinner=False)
def _rows(signatures: Signatures, _runs: tuple[OpenRun, ...]) -> list[dict[str, Any]]:
    return rows_of(_runs)


@st.cache_resource(max_entries=8, show_spinner=False)
def _chosen(
    signatures: Signatures, filters: Filters, order: str, descending: bool, _runs: tuple[OpenRun, ...]
) -> NDArray[np.int64]:
    columns = _index(signatures, _runs)
    found = np.flatnonzero(filters.mask(columns))
    if filters.text:
        found = _found(signatures, filters, _runs)
    values = columns.numbers[order][found]
    values = -values if descending else values
    return found[np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")]


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(signatures: Signatures, filters: Filters, _runs: tuple[OpenRun, ...]) -> NDArray[np.int64]:
    columns = _index(signatures, _runs)
    bar = st.progress(0.0, "Searching …")

    def told(done: int, of: int) -> None:
        bar.progress(done / of, f"Searching … {done} of {of} cells")

    try:
        return search(
            {run.name: run for run in _runs},
            columns,
            np.flatnonzero(filters.mask(columns)),
            filters.text,
            regex=filters.regex,
            side=filters.side,
            progress=told,
        )
    finally:
        bar.empty()


@st.cache_resource(show_spinner=False)
def _offsets() -> AllOffsets:
    return AllOffsets()


@st.cache_data(max_entries=16, show_spinner=False)
def _audio(sound: Sound, sample_rate_hz: int, mtime_ns: int) -> Clip:
    return read_clip(sound, sample_rate_hz)
