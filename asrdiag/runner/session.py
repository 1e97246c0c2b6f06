"""The run directory around a session: created, locked, resumed, and left with a true `run.json`."""

import importlib.metadata
import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..datasets.corpus import CorpusSpec
from ..errors import AsrdiagError, SaveError, UsageError
from ..report.write import write_reports
from ..store.atomic import free_name, is_leftover, remove_leftovers
from ..store.folder import RunFolder
from ..store.lock import RunLock
from .cells import CellState, cell_entry, open_cell
from .display import Display
from .execute import Resources, execute, finish_cells
from .plan import Plan
from .suite_record import write_suite

_RECORDED = (
    *("numpy", "scipy", "soundfile", "soxr", "onnxruntime", "rapidfuzz", "whisper-normalizer", "opencc"),
    *("torch", "transformers", "peft", "vllm"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How a session ended."""

    nothing_to_do: bool
    complete: bool
    """Every utterance of every cell of the suite has an answer, whatever this session selected."""
    failures: tuple[str, ...]
    """Cells of which a larger share failed than the suite allows, a line each."""


def run_session(
    plan: Plan, path: Path, resources: Resources, display: Display, *, command: str, fresh: bool = False
) -> Result:
    """Run a plan in a directory, going on from what is there.

    Args:
        plan: what to run.
        path: the run directory; made if it is not there.
        resources: workers, device and batch size.
        display: shows progress.
        command: the command line, for `run.json`.
        fresh: move a run directory that is there aside first.

    Raises:
        UsageError: the directory is something else, or another process holds it.
        RunAborted, SaveError: see `execute`.
        KeyboardInterrupt: the user stopped it; what was done is kept.
    """
    refuse_foreign(path)
    if path.name in ("", ".."):
        path = path.resolve()
    folder = RunFolder(path)
    if fresh and path.exists():
        with RunLock(path):
            aside = free_name(path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            path.rename(aside)
        display.note(f"the old run is now in {aside}")
    _make(path)
    with RunLock(path) as lock:
        if lock.taken_over:
            display.note(f"took over from process {lock.taken_over.get('pid')}, which is gone")
        run = _open_run(folder, plan, display)
        session = _session(command, resources)
        run["sessions"].append(session)
        log = _Log(folder.path / "log.txt")
        log.line(command)
        try:
            # What cells are comes before what is in them: until a cell's samples fit, they are not reported.
            run["cells"] = _entries(folder, plan, run["cells"], display)
            folder.write_run(run)
            write_suite(folder, plan.suite)
            for note in (*plan.answers.problems, *plan.answers.remarks):
                display.note(note)
                log.line(note)
            states = _open_cells(folder, plan, run["cells"], display)
            todo = sum(len(state.pending) for state in states)
            log.line(f"{todo} clips to do in {len(states)} cells")
            execute(plan, folder, states, resources, display, used=session["systems"])
            finish_cells(folder, run["cells"])
            write_reports(folder)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            session |= {"status": status, "ended": _now()}
            _leave(folder, run | {"status": status}, error)
            log.line(f"{status}: {type(error).__name__}: {error}")
            raise
        failures = tuple(_failures(plan, states))
        for state in states:
            if state.foreign:
                display.note(
                    f"{state.key}: {state.foreign} clips are in languages that the system does not know"
                )
        complete = _is_complete(folder, plan)
        status = "failed" if failures else "complete" if complete else "partial"
        session |= {"status": status, "ended": _now()}
        folder.write_run(run | {"status": status})
        log.line(status)
    return Result(todo == 0, complete, failures)


def refuse_foreign(path: Path) -> None:
    """Refuse a place that is neither free nor a run directory.

    Raises:
        UsageError: it is a file, or a folder with other things in it.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file, expected a run directory or a free name")
    if not path.is_dir() or (path / "run.json").exists():
        return
    # A session that dies before it has written its run.json leaves its lock and nothing else.
    if any(entry.name != ".lock" and not is_leftover(entry) for entry in path.iterdir()):
        raise UsageError(f"{path} has files in it but is no run directory; choose another --out")


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{path}: could not be made: {error.strerror}") from error


def refuse_other_suite(run: Mapping[str, Any], plan: Plan, path: Path) -> None:
    """Refuse the directory of a suite by another name.

    Raises:
        UsageError: it is one.
    """
    if run["suite"] != plan.suite.suite.name:
        raise UsageError(
            f"{path} holds a run of the suite {run['suite']!r}, not of {plan.suite.suite.name!r}; "
            "choose another --out, or --fresh to move it aside"
        )


def _open_run(folder: RunFolder, plan: Plan, display: Display) -> dict[str, Any]:
    name = plan.suite.suite.name
    now = {
        "status": "running",
        "not_run": dict(plan.not_run),
        "suite_cells": list(plan.suite_keys),
        "added": {kind: list(ids) for kind, ids in plan.suite.added.items()},
    }
    if (folder.path / "run.json").exists():
        run = folder.read_run()
        refuse_other_suite(run, plan, folder.path)
        run |= now
    else:
        run_id = f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        run = {"schema": 1, "run_id": run_id, "suite": name, "cells": {}, "sessions": [], **now}
        folder.write_run(run)
    gone = run["cells"].keys() - set(plan.suite_keys)
    if gone:
        display.note(f"{len(gone)} cells are no longer in the suite and not reported; they stay in cells/")
    return run


def _entries(
    folder: RunFolder, plan: Plan, known: Mapping[str, Any], display: Display
) -> dict[str, dict[str, Any]]:
    """The cells that this session runs, and of the others those whose samples are still true."""
    suite = plan.suite.suite
    entries = {cell.key: cell_entry(suite, cell) for cell in plan.cells}
    for cell in plan.unselected:
        entry = cell_entry(suite, cell)
        if folder.has_samples_of(cell.key, entry):
            entries[cell.key] = entry
    for key, identity in plan.unread.items():
        if key in known and identity.items() <= known[key]["identity"].items():
            entries[key] = known[key]
    out_of_date = [key for key in known if key in plan.suite_keys and key not in entries]
    if out_of_date:
        display.note(f"{len(out_of_date)} cells are out of date and not reported until they are run again")
    return {key: entries[key] for key in plan.suite_keys if key in entries}


def _open_cells(
    folder: RunFolder, plan: Plan, entries: Mapping[str, dict[str, Any]], display: Display
) -> list[CellState]:
    for place in (folder.path, folder.path / "audio"):
        remove_leftovers(place)
    states = []
    for cell in (*plan.cells, *plan.unselected):
        if cell.key in entries:
            state, notes = open_cell(folder, cell, entries[cell.key])
            states.append(state)
            for note in notes:
                display.note(note)
            remove_leftovers(folder.cell(cell.key))
    return states[: len(plan.cells)]


def _session(command: str, resources: Resources) -> dict[str, Any]:
    return {
        "started": _now(),
        "command": command,
        "asrdiag": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "host": platform.node(),
        "cpus": os.cpu_count(),
        "packages": dict(_installed()),
        "device": resources.device,
        "executor": "local" if resources.cluster is None else "ray",
        "workers": resources.workers_here if resources.cluster is None else resources.workers,
        "batch_size": resources.batch_size,
        "systems": {},
    }


def _installed() -> Iterator[tuple[str, str]]:
    for name in _RECORDED:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that is not installed


def _failures(plan: Plan, states: list[CellState]) -> Iterator[str]:
    allowed = plan.suite.suite.on_error.max_failure_share
    for state in states:
        # Leave was given for clips that the corpus lacks; what a system cannot be asked is no failure of it.
        spec = state.cell.dataset.spec
        excused = min(state.unread, spec.allow_missing) if isinstance(spec, CorpusSpec) else 0
        if state.failed - state.foreign - excused > allowed * state.total:
            share = f"{state.failed} of {state.total} clips failed (allowed: {100 * allowed:g} %)"
            yield f"{state.key}: {share}; the last: {state.last_error}"


def _is_complete(folder: RunFolder, plan: Plan) -> bool:
    found = {summary["cell"]: summary for summary in folder.summaries()}
    return all(key in found and all(row["complete"] for row in found[key]["rows"]) for key in plan.suite_keys)


def _leave(folder: RunFolder, run: dict[str, Any], error: BaseException) -> None:
    """Leave a directory that tells the truth, as far as that can be written."""
    try:
        folder.write_run(run)
        finish_cells(folder, run["cells"])
        write_reports(folder, compare=False)
    except (AsrdiagError, OSError) as second:
        if str(second) != str(error):  # the first error is the one to show
            error.add_note(str(second))


class _Log:
    """`log.txt`: what happened when, a line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def line(self, text: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(f"{_now()} {text}\n")
        except OSError as error:
            raise SaveError(f"{self.path}: could not be written: {error.strerror}") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
