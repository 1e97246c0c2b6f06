"""One session of a run: transcribe what is not done yet, score what is done."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from ..engines.base import EngineSpec
from ..errors import AsrdiagError
from ..report.write import write_reports
from ..scoring import is_scored, score_cell
from ..store.folder import RunFolder
from ..store.log import JsonLog
from .cells import CellState, batches, normalizers_of
from .clip import Job, Outcome, Task
from .display import Display
from .plan import Plan
from .pool import WorkerPool


@dataclass(frozen=True, slots=True)
class Resources:
    """What a session may use; none of it changes a transcript."""

    workers: int
    device: str
    batch_size: int | None
    """`None`: what each engine prefers."""


class RunAborted(AsrdiagError):
    """Nothing works: the first clips of a cell all failed."""


@dataclass(frozen=True, slots=True)
class _Session:
    plan: Plan
    folder: RunFolder
    resources: Resources
    errors: JsonLog
    display: Display

    def finish(self, state: CellState) -> None:
        """Score a cell to which nothing more comes."""
        if self.folder.samples(state.key).exists():
            if not is_scored(self.folder, state.key, state.entry):
                score_cell(self.folder, state.key, state.entry)
            self.display.finished(state)

    def run_system(self, system: EngineSpec, states: list[CellState]) -> None:
        """Transcribe what is pending in one system's cells."""
        on_error = self.plan.suite.suite.on_error
        by_key = {state.key: state for state in states}
        left = {state.key: len(state.pending) for state in states}
        logs: dict[str, JsonLog] = {}
        tasks = _tasks(states, self.resources.batch_size or system.default_batch_size)
        with ExitStack() as stack, WorkerPool(self._job(system, states), self.resources.workers) as pool:
            for task, outcomes in pool.run(tasks):
                state = by_key[task.cell]
                if task.cell not in logs:
                    log = stack.enter_context(JsonLog(self.folder.samples(task.cell)))
                    logs[task.cell] = log
                    if log.bytes_cut:
                        self.display.note(f"{log.path}: cut {log.bytes_cut} bytes of a torn last line")
                for outcome in outcomes:
                    _record(state, outcome, logs[task.cell], self.errors)
                    self.display.advanced(state)
                _abort_if_hopeless(state, on_error.abort_if_first, outcomes)
                left[task.cell] -= len(outcomes)
                if not left[task.cell]:
                    logs.pop(task.cell).close()
                    self.finish(state)

    def _job(self, system: EngineSpec, states: list[CellState]) -> Job:
        suite = self.plan.suite.suite
        datasets = {state.cell.dataset.spec.id: state.cell.dataset for state in states}
        return Job(
            engine=system,
            device=self.resources.device,
            seed=suite.seed,
            utterances={name: dataset.utterances for name, dataset in datasets.items()},
            conditions={state.cell.condition.id: state.cell.condition for state in states},
            normalizers={
                (name, language): normalizer
                for name, dataset in datasets.items()
                for language, normalizer in normalizers_of(suite, dataset).items()
            },
            retry=suite.on_error.retry,
            save_audio=suite.report.save_audio,
            run_folder=self.folder.path,
        )


def execute(
    plan: Plan, folder: RunFolder, states: list[CellState], resources: Resources, display: Display
) -> None:
    """Do what is pending, cell by cell, and write scores and reports.

    Raises:
        RunAborted: the first clips of a cell all failed.
        AsrdiagError: a system cannot be opened.
        SaveError: a result could not be written.
    """
    with JsonLog(folder.errors) as errors, display:
        session = _Session(plan, folder, resources, errors, display)
        display.begin(states)
        for system in plan.systems:
            mine = [state for state in states if state.cell.system.id == system.id]
            for state in mine:
                if not state.pending:
                    session.finish(state)
            waiting = [state for state in mine if state.pending]
            if waiting:
                session.run_system(system, waiting)
    write_reports(folder)


def _tasks(states: Iterable[CellState], size: int) -> Iterator[Task]:
    for state in states:
        for positions in batches(state.pending, size):
            cell = state.cell
            yield Task(cell.key, cell.dataset.spec.id, cell.condition.id, positions)


def _record(state: CellState, outcome: Outcome, samples: JsonLog, errors: JsonLog) -> None:
    for failure in outcome.failures:
        errors.append(failure)
    record = outcome.record
    state.done += 1
    state.seen += 1
    if record["hypothesis_raw"] is None:
        state.failed += 1
        if record["sample_id"] in state.failed_before:
            return  # it is on record as failed already; the new attempt is in errors.jsonl
    else:
        state.errors += outcome.errors
        state.tokens += outcome.tokens
        state.audio_s += record["audio"]["duration_s"]
        state.transcribe_s += record["timing"]["transcribe_s"]
    samples.append(record)


def _abort_if_hopeless(state: CellState, first: int, outcomes: list[Outcome]) -> None:
    if first and state.seen >= first and state.failed == state.seen == state.done:
        error = outcomes[-1].record["error"]
        raise RunAborted(
            f"{state.key}: stopped, since the first {state.seen} clips all failed; "
            f"the last one at the stage {error['stage']!r}: {error['type']}: {error['message']}"
        )
