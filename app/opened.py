"""The runs that are open, and what was read of them: kept between pages and sessions until files change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError, SampleError
from asrdiag.judge import Judged, JudgedAnswer, read_answers
from asrdiag.metrics import Unit

from .data.case import Case, open_case
from .data.evidence import Evidence, evidence
from .data.filters import Filters
from .data.happened import happened
from .data.index import CaseKey, Index, read_index
from .data.keywords import count_keywords
from .data.modes import Modes, modes_of, strongest
from .data.offsets import AllOffsets
from .data.order import in_order
from .data.picture import Clip, read_clip
from .data.rows import rows_of
from .data.runs import OpenRun, Problem, Signature, newest_run, run_names, signature_of
from .data.search import search
from .data.sound import Sound
from .data.tallies import Counted, TallyStore, count_words

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


def counted(filters: Filters, unit: str) -> Counted:
    """What happened to the words of the answers that pass, counted in those of one unit.

    Raises:
        UsageError: the text to look for is an expression that cannot be used.
    """
    found = runs()
    return _counted(_signatures(found), filters, unit, found)


def keyword_counts(filters: Filters, keywords: tuple[str, ...], unit: Unit) -> NDArray[np.int64]:
    """How often keywords were said and right in the answers that `counted` counts, see `phrase_counts`."""
    found = runs()
    return _keyword_counts(_signatures(found), filters, keywords, unit, found)


def modes(filters: Filters) -> Modes:
    """How the answers that pass fail.

    Raises:
        UsageError: the text to look for is an expression that cannot be used.
    """
    found = runs()
    return _modes(_signatures(found), filters, found)


def strongest_cases(filters: Filters, mode: str, most: int) -> tuple[list[Evidence], list[Problem]]:
    """The strongest cases of a mode among the answers that pass, with what decided them."""
    found = runs()
    return _strongest(_signatures(found), filters, mode, most, found)


def case(key: CaseKey) -> Case:
    """One answer in full."""
    return open_case(by_name()[key.run], key, _offsets())


def verdict(key: CaseKey) -> tuple[str, JudgedAnswer] | str | None:
    """The judge's name and verdict on an answer, or why it cannot be read; `None` if it was not asked."""
    run = by_name()[key.run]
    if not (run.path / "judge").is_dir():
        return None
    found = _judged(run.signature, key.cell, run)
    if found is None or isinstance(found, str):
        return found
    answer = found.answers.get((key.system, key.dataset, key.condition, key.sample_id))
    return None if answer is None else (found.name, answer)


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
    found = _passing(signatures, filters, _runs)
    return in_order(columns, found, order, descending)


def _passing(signatures: Signatures, filters: Filters, _runs: tuple[OpenRun, ...]) -> NDArray[np.int64]:
    """The rows that pass, rising."""
    if filters.text or filters.event:
        return _found(signatures, filters, _runs)
    return np.flatnonzero(filters.mask(_index(signatures, _runs)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(signatures: Signatures, filters: Filters, _runs: tuple[OpenRun, ...]) -> NDArray[np.int64]:
    columns = _index(signatures, _runs)
    by_name = {run.name: run for run in _runs}
    found = np.flatnonzero(filters.mask(columns))
    with _progress("Searching") as told:
        if filters.event is not None:
            found = happened(by_name, columns, found, filters.event, told)
        if filters.text:
            found = search(
                by_name, columns, found, filters.text, regex=filters.regex, side=filters.side, progress=told
            )
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _counted(signatures: Signatures, filters: Filters, unit: str, _runs: tuple[OpenRun, ...]) -> Counted:
    columns = _index(signatures, _runs)
    rows = _passing(signatures, filters, _runs)
    with _progress("Counting words") as told:
        return count_words(
            _tallies(), {run.name: run for run in _runs}, columns, rows, unit=unit, progress=told
        )


@st.cache_resource(max_entries=8, show_spinner="Counting failure modes …")
def _modes(signatures: Signatures, filters: Filters, _runs: tuple[OpenRun, ...]) -> Modes:
    rows = _passing(signatures, filters, _runs)
    return modes_of(_index(signatures, _runs), rows)


@st.cache_resource(max_entries=32, show_spinner=False)
def _strongest(
    signatures: Signatures, filters: Filters, mode: str, most: int, _runs: tuple[OpenRun, ...]
) -> tuple[list[Evidence], list[Problem]]:
    rows = strongest(_modes(signatures, filters, _runs).found, mode, most)
    return evidence({run.name: run for run in _runs}, _index(signatures, _runs), rows)


@st.cache_resource(max_entries=8, show_spinner=False)
def _keyword_counts(
    signatures: Signatures,
    filters: Filters,
    keywords: tuple[str, ...],
    unit: Unit,
    _runs: tuple[OpenRun, ...],
) -> NDArray[np.int64]:
    rows = _counted(signatures, filters, unit, _runs).rows
    with _progress("Looking for keywords") as told:
        return count_keywords(
            {run.name: run for run in _runs},
            _index(signatures, _runs),
            rows,
            keywords,
            unit=unit,
            progress=told,
        )


@st.cache_resource(max_entries=4, show_spinner=False)
def _judged(signature: Signature, cell: str, _run: OpenRun) -> Judged | str | None:
    try:
        return read_answers(_run, cells=[cell])
    except (AsrdiagError, OSError, ValueError) as error:
        return f"{_run.path / 'judge'}: cannot be read ({error})"


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the page, shown from the first cell on and taken away at the end."""
    place = st.empty()

    def told(done: int, of: int) -> None:
        place.progress(done / of, f"{what} … {done} of {of} cells")

    try:
        yield told
    finally:
        place.empty()


@st.cache_resource(show_spinner=False)
def _tallies() -> TallyStore:
    return TallyStore()


@st.cache_resource(show_spinner=False)
def _offsets() -> AllOffsets:
    return AllOffsets()


@st.cache_data(max_entries=16, show_spinner=False)
def _audio(sound: Sound, sample_rate_hz: int, mtime_ns: int) -> Clip:
    return read_clip(sound, sample_rate_hz)
