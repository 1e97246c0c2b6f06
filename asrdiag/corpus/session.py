"""A corpus from beginning to end: listed, made, resumed after whatever ended it."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from ..errors import AsrdiagError, SaveError, UsageError
from ..ray_cluster import require_ray
from ..store.atomic import free_name, is_leftover, remove_leftovers
from ..store.lock import RunLock
from .formats import require_format
from .line import Crew, run_line
from .local_crew import LocalCrew
from .log import CorpusLog
from .progress import CorpusDisplay
from .ray_crew import RayCrew
from .recipe import Recipe
from .source import entries_of
from .spool import write_spool
from .state import Books, State, read_state
from .work import Job, Stretch
from .writers import Shards

MOST_LOOSE_CLIPS = 128
"""How many clips a process makes at most before their lines are entered; a shard is always made in one go."""
_TURNS = 16
"""So often each process gets something to do where there are few clips, that none waits long for the last."""

Executor = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    given: str
    """A folder, a manifest, or a dataset by name."""
    language: str
    limit: int | None
    """Only versions of the first so many clips."""
    recipe: Recipe
    format: str
    shards: Shards | None
    shard_size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended."""

    state: State
    total: int
    nothing_to_do: bool
    without_text: int
    """Clips of the input of which nobody wrote down what was said."""


def make_corpus(
    order: Order,
    out: Path,
    display: CorpusDisplay,
    *,
    workers: int | None,
    executor: Executor = "local",
    command: str,
    fresh: bool = False,
) -> Outcome:
    """Make a corpus in a folder, going on from what is there.

    Args:
        order: what to make.
        out: the folder; made if it is not there.
        display: shows progress.
        workers: how many processes work; `None`: one for each CPU there is.
        executor: processes on this machine, or Ray's.
        command: the command line, to be recorded.
        fresh: move what is there aside first.

    Raises:
        UsageError: the input is not as documented; the folder holds something else, or a corpus made
            otherwise; another process works in it; Ray is not installed.
        SaveError: something could not be written.
        KeyboardInterrupt: the user stopped it; what was done is kept.
    """
    chosen = require_format(order.format, order.recipe.sample_rate_hz)
    if executor == "ray":
        require_ray()
    _refuse_foreign(out)
    # The first clip is looked at before anything is made, so that a misspelt input leaves no folder behind.
    entries = entries_of(order.given, order.language, out)
    first = next(entries, None)
    if first is None:
        raise UsageError(f"{order.given} has no clips; expected at least one")
    if fresh and out.exists():
        with RunLock(out):
            aside = free_name(out.with_name(f"{out.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            out.rename(aside)
        display.note(f"the old corpus is now in {aside}")
    work = out / ".work"
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{out}: could not be made: {error.strerror}") from error
    with RunLock(out):
        _tidy(out)
        display.note(f"listing the clips of {order.given}")
        listed = write_spool(work, chain([first], entries))
        log = CorpusLog(
            out,
            order.given,
            {
                "input": {"clips": listed.clips, "sha256": listed.sha256},
                "recipe": order.recipe.identity(),
                "format": order.format,
                "shards": order.shards,
            },
            {"command": command, "executor": executor},
        )
        state = read_state(out)
        clips = listed.clips if order.limit is None else min(order.limit, listed.clips)
        total = clips * order.recipe.versions
        nothing_to_do = state.tried >= total
        if not nothing_to_do:
            log.begin(state)  # before anything else is there: it is what tells that the folder is a corpus
            job = Job(order.recipe, chosen, order.shards, out.absolute(), work.absolute())
            with closing(Books(out, state)) as books:
                try:
                    with _crew(job, workers, executor) as crew:
                        log.session["workers"] = crew.workers
                        _make(crew, order, books, total=total, display=display)
                except BaseException as error:
                    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
                    _leave(log, status, books.state, error)
                    raise
            state = books.state
        log.end("complete", state)
        _tidy(out)
    return Outcome(state, total, nothing_to_do, listed.without_text)


def _make(crew: Crew[Any], order: Order, books: Books, *, total: int, display: CorpusDisplay) -> None:
    with display:
        display.begin(total, books.state.tried, books.state.failed)
        for stretch, result in run_line(crew, _stretches(order, books.state, total, crew.workers)):
            books.enter(stretch, result)
            display.advance(stretch.end - stretch.first, len(result.failures), result.audio_s)


def _crew(job: Job, workers: int | None, executor: Executor) -> Crew[Any]:
    return RayCrew(job, workers) if executor == "ray" else LocalCrew(job, workers)


def _stretches(order: Order, state: State, total: int, workers: int) -> Iterator[Stretch]:
    size = order.shard_size
    if order.shards is None:
        size = max(1, min(MOST_LOOSE_CLIPS, (total - state.tried) // (_TURNS * workers)))
    for file, first in enumerate(range(state.tried, total, size), start=state.files):
        yield Stretch(first, min(first + size, total), file)


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file, expected a folder or a free name")
    if not out.is_dir() or (out / "simulate.json").exists():
        return
    # A session that dies early leaves its lock, its list of clips and nothing else.
    if any(entry.name not in (".lock", ".work") and not is_leftover(entry) for entry in out.iterdir()):
        raise UsageError(f"{out} has files in it but is no simulated corpus; choose another --out")


def _tidy(out: Path) -> None:
    """Remove what only a session under way needs."""
    remove_leftovers(out)
    for path in (out / ".work").iterdir():
        if path.name != "state.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _leave(log: CorpusLog, status: str, state: State, error: BaseException) -> None:
    try:
        log.end(status, state)
    except (AsrdiagError, OSError) as second:
        if str(second) != str(error):  # the first error is the one to show
            error.add_note(str(second))
