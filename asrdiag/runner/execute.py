"""One session of a run: transcribe what is not done yet, score what is done."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

from ..engines.base import EngineSpec
from ..engines.hardware import cpus
from ..errors import AsrdiagError
from ..ray_cluster import RayCluster
from ..scoring import is_scored, score_cell
from ..store.folder import RunFolder
from ..store.log import JsonLog
from .batching import Room, batches
from .cells import CellState
from .clip import Job, Task
from .dataset import LoadedDataset, normalizers_of
from .display import Display
from .fed_pool import FedPool
from .plan import Plan
from .pool import Pool, WorkerPool
from .ray_pool import RayPool, goes_to_ray
from .recording import abort_if_hopeless, record_outcome, require_unchanged
from .source import promised_duration_s
from .usage import used_by_device


@dataclass(frozen=True, slots=True)
class Resources:
    """What a session may use; none of it changes a transcript."""

    workers: int | None
    """`None`: as many as there is room for."""
    device: str
    batch_size: int | None
    """`None`: what each engine prefers."""
    cluster: RayCluster | None = None
    """`None`: this machine."""

    @property
    def workers_here(self) -> int:
        """Worker processes on this machine."""
        return self.workers or cpus()


class LimitReached(AsrdiagError):
    """A limit that the user set (requests, cost) leaves clips to do; what is answered is kept."""


@dataclass(frozen=True, slots=True)
class _Session:
    plan: Plan
    folder: RunFolder
    resources: Resources
    errors: JsonLog
    display: Display
    used: dict[str, Any]

    def finish(self, state: CellState) -> None:
        """Score a cell to which nothing more comes."""
        if finish_cells(self.folder, {state.key: state.entry}) and not state.seen:
            self.display.note(f"{state.key}: scored anew")
        summary = self.folder.read_summary(state.key)
        self.display.finished(state, summary["rows"] if summary else [])

    def run_system(self, system: EngineSpec, states: list[CellState]) -> None:
        """Transcribe what is pending in one system's cells."""
        require_unchanged(system, states)
        on_error = self.plan.suite.suite.on_error
        by_key = {state.key: state for state in states}
        left = {state.key: len(state.pending) for state in states}
        logs: dict[str, JsonLog] = {}
        job = self._job(system, states)
        limits: list[str] = []
        with ExitStack() as stack, self._pool(job) as pool:
            stack.callback(lambda: self.used.update({system.id: used_by_device(pool.usage.values())}))
            # What is under way when a limit is reached is still waited for: it is paid for.
            tasks = takewhile(lambda _: not limits, _tasks(states, job.room))
            for task, outcomes in pool.run(tasks):
                state = by_key[task.cell]
                if task.cell not in logs:
                    log = stack.enter_context(JsonLog(self.folder.samples(task.cell)))
                    logs[task.cell] = log
                    if log.bytes_cut:
                        self.display.note(f"{log.path}: cut {log.bytes_cut} bytes of a torn last line")
                for outcome in outcomes:
                    if outcome.left_undone:
                        limits.append(f"{state.key}: stopped, {outcome.left_undone}")
                        continue
                    record_outcome(state, outcome, logs[task.cell], self.errors)
                    self.display.advanced(state)
                    left[task.cell] -= 1
                abort_if_hopeless(state, on_error.abort_if_first, on_error.abort_if_in_a_row, job.room)
                if not left[task.cell]:
                    logs.pop(task.cell).close()
                    self.finish(state)
        if limits:
            raise LimitReached(f"{limits[0]}; what is answered is kept, and the same command goes on")

    def _pool(self, job: Job) -> Pool:
        engine, cluster = job.engine, self.resources.cluster
        if cluster is not None and goes_to_ray(engine):
            return RayPool(job, cluster, self.resources.workers)
        workers = self.resources.workers_here
        if engine.callers():
            return FedPool(job, workers, ())
        if job.device == "cpu" or not engine.hears:  # `cpu,cpu` is fed: so that is seen without a GPU too
            return WorkerPool(job, min(workers, engine.most_workers or workers))
        devices = [device for name in job.device.split(",") for device in engine.devices(name)]
        return FedPool(job, workers, list(dict.fromkeys(devices))[: engine.most_workers])

    def _job(self, system: EngineSpec, states: list[CellState]) -> Job:
        suite = self.plan.suite.suite
        datasets = {state.cell.dataset.spec.id: state.cell.dataset for state in states}
        return Job(
            engine=system.pinned(),
            device="cpu" if system.cpu_only else self.resources.device,
            seed=suite.seed,
            utterances={name: dataset.utterances for name, dataset in datasets.items()},
            conditions={state.cell.condition.id: state.cell.condition for state in states},
            normalizers={
                (name, language): normalizer
                for name, dataset in datasets.items()
                for language, normalizer in normalizers_of(suite, dataset).items()
            },
            room=Room(
                self.resources.batch_size or system.batch_size(), system.default_batch_seconds or math.inf
            ),
            retry=suite.on_error.retry,
            save_audio=suite.report.save_audio,
            run_folder=self.folder.path,
        )


def execute(
    plan: Plan,
    folder: RunFolder,
    states: list[CellState],
    resources: Resources,
    display: Display,
    *,
    used: dict[str, Any],
) -> None:
    """Do what is pending, cell by cell, and score what is done.

    Args:
        used: filled in as systems are done, or given up: what each has used, by device.

    Raises:
        RunAborted: the recogniser failed on all of the first clips of a cell.
        LimitReached: a system's limit leaves clips to do.
        AsrdiagError: a system cannot be opened.
        SaveError: a result could not be written.
    """
    with JsonLog(folder.errors) as errors, display:
        session = _Session(plan, folder, resources, errors, display, used)
        display.begin(states)
        for system in plan.systems:
            mine = [state for state in states if state.cell.system.id == system.id]
            for state in mine:
                if not state.pending:
                    session.finish(state)
            waiting = [state for state in mine if state.pending]
            if waiting:
                session.run_system(system, waiting)


def finish_cells(folder: RunFolder, cells: Mapping[str, Mapping[str, Any]]) -> int:
    """Score the cells that have samples, unless their scores are up to date.

    Args:
        folder: the run directory.
        cells: entries of `run.json` by key.

    Returns:
        How many cells were scored.
    """
    stale = {
        key: cell
        for key, cell in cells.items()
        if folder.has_samples_of(key, cell) and not is_scored(folder, key, cell)
    }
    for key, cell in stale.items():
        score_cell(folder, key, cell)
    return len(stale)


def _tasks(states: Iterable[CellState], room: Room) -> Iterator[Task]:
    lengths: dict[str, Callable[[int], float]] = {}
    for state in states:
        dataset = state.cell.dataset
        length_s = lengths.setdefault(dataset.spec.id, _lengths(dataset))
        for positions in batches(state.pending, length_s, room):
            yield Task(state.key, dataset.spec.id, state.cell.condition.id, positions)


def _lengths(dataset: LoadedDataset) -> Callable[[int], float]:
    """Of utterances by their position, in seconds; each is looked up once. What cannot be read has none."""
    return cache(lambda position: promised_duration_s(dataset.utterances[position]) or 0.0)
