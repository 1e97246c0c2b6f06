"""What a run would read: clips, hours, and what is wrong with them, from file headers alone."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..audio_header import outside, plain_wav, read_header, stretch_s
from ..errors import SampleError
from ..metrics import spoken_languages
from .dataset import LoadedDataset
from .plan import Plan

_PROBLEMS_KEPT = 1000
_HEADERS_KEPT = 100_000
_THREADS = 8
_FILES_A_TASK = 256


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a dataset's selected utterances amount to."""

    clips: int
    audio_s: float
    """Of the clips whose headers can be read."""
    empty_references: int
    n_problems: int
    """Clips that cannot be read."""
    problems: tuple[str, ...]
    """One line for each of the first 1000 of them, naming it and its file."""

    def problem_lines(self) -> list[str]:
        """The problems, and a line on those that are left out."""
        more = self.n_problems - len(self.problems)
        return [*self.problems, *([f"and {more} more clips that cannot be read"] if more else [])]


def take_inventory(dataset: LoadedDataset) -> Inventory:
    """Look at the header of each audio file."""
    lengths: dict[_Place, float | str] = {}
    audio_s, n_empty, n_problems = 0.0, 0, 0
    problems: list[str] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for ids, paths, rows, names, offsets, durations, references in dataset.selected.columns(
            *("sample_id", "audio_path", "audio_row", "audio_column"),
            *("offset_s", "duration_s", "reference"),
        ):
            places = list(zip(paths, rows, names, strict=True))
            _look_up(places, lengths, threads)
            stretches = list(zip(places, offsets, durations, strict=True))
            seconds = np.array([_seconds(lengths[place], *stretch) for place, *stretch in stretches])
            unreadable = np.flatnonzero(np.isnan(seconds))
            audio_s += float(np.nansum(seconds))
            n_problems += len(unreadable)
            for position in unreadable[: _PROBLEMS_KEPT - len(problems)]:
                place, *stretch = stretches[position]
                length = lengths[place]
                found = (
                    length
                    if isinstance(length, str)
                    else f"{os.fsdecode(place[0])}: {outside(length, *stretch)}"
                )
                problems.append(f"{dataset.spec.id}: {ids[position]}: {found}")
            n_empty += sum(not reference.strip() for reference in references)
    return Inventory(dataset.n_selected, audio_s, n_empty, n_problems, tuple(problems))


def mismatches(plan: Plan) -> list[str]:
    """Clips that cannot be answered: in languages their system does not know, or with nobody to babble."""
    found: dict[str, None] = {}
    for cell in plan.cells:
        name, known = cell.dataset.spec.id, cell.system.known_languages()
        languages = {language for [language], _ in cell.dataset.selected.counts("language")}
        foreign = sorted(
            tag for tag in languages if known and not set(known).issuperset(spoken_languages(tag))
        )
        if known and foreign:
            clips = f"dataset {name} has clips in {', '.join(foreign)}"
            found[f"{clips}; system {cell.system.id} knows {', '.join(known)}"] = None
        if cell.system.hears and cell.condition.draws_on_pool() and len(cell.dataset.utterances) == 1:
            found[f"dataset {name} has one utterance; {cell.condition.id} draws on others"] = None
    return list(found)


_Place: TypeAlias = tuple[bytes, int | None, str]
"""Path, row and column, the latter two of a table of clips."""


def _look_up(places: Iterable[_Place], lengths: dict[_Place, float | str], threads: Executor) -> None:
    """Join the lengths of files, or what is wrong with them, to those known, and forget these in time."""
    wanted = list(dict.fromkeys(places))
    if len(lengths) > _HEADERS_KEPT:
        kept = {place: lengths[place] for place in wanted if place in lengths}
        lengths.clear()
        lengths |= kept
    unknown = [place for place in wanted if place not in lengths]
    # The rows of a table are quickest one after the other.
    each = map if any(row is not None for _, row, _ in unknown) else threads.map
    tasks = [unknown[start : start + _FILES_A_TASK] for start in range(0, len(unknown), _FILES_A_TASK)]
    for task, found in zip(tasks, each(_lengths, tasks), strict=True):
        lengths |= zip(task, found, strict=True)


def _lengths(places: list[_Place]) -> list[float | str]:
    return list(starmap(_length, places))


def _length(path: bytes, row: int | None, column: str) -> float | str:
    if row is None and (header := plain_wav(path)):
        return header.duration_s
    try:
        return read_header(Path(os.fsdecode(path)), row=row, column=column).duration_s
    except SampleError as error:
        return str(error)


def _seconds(length: float | str, offset_s: float, duration_s: float | None) -> float:
    return np.nan if isinstance(length, str) else stretch_s(length, offset_s, duration_s)
