"""One system's clips through the actors of a Ray cluster, each with a recogniser; see `Pool`."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

from .. import __version__
from ..engines.base import EngineSpec
from ..errors import AsrdiagError, UsageError
from ..ray_cluster import RayCluster
from ..store.atomic import replacing
from ..store.fingerprint import differences
from .clip import Job, Outcome, Task
from .crew import WorkerDied
from .lost_device import DeviceLost
from .pool import singles
from .ray_worker import Brought, Hello, RayWorker
from .transcribing import Usage
from .worker import died

BATCHES = {"cpu": 2, "cuda": 3}
"""Batches that an actor has at a time: one to transcribe, and beside a GPU two that it prepares meanwhile."""
STARTS = 3
"""So many actors in a row may end before they are ready."""


def goes_to_ray(system: EngineSpec) -> bool:
    """Whether a cluster is any use to it: not where one process has to do all, or nothing is heard."""
    return system.hears and system.most_workers != 1 and not system.callers()


def require_room(cluster: RayCluster, systems: Iterable[EngineSpec], device: str) -> None:
    """Make sure that the cluster can run each of the systems that go to it.

    Raises:
        UsageError: one of them cannot use GPUs as Ray lends them, or there are too few on every machine.
    """
    for system in filter(goes_to_ray, systems):
        on_gpu = device != "cpu" and not system.cpu_only
        if on_gpu and (reason := system.refuses_lent_gpus()):
            raise UsageError(reason)
        cluster.slots("cuda" if on_gpu else "cpu", system.gpus())


@dataclass(slots=True, eq=False)
class _Hand:
    handle: Any
    number: int
    busy: dict[Any, Task] = field(default_factory=dict)
    alone: bool = False
    """Whether what it has is one clip over which an actor may have been lost."""


class RayPool:
    """Actors that take batches; one that is lost costs a clip at most, and another takes its place.

    Over which clip it was lost nobody can say: those that it had are tried again, each clip by an actor that
    has nothing else, and the one over which an actor is lost once more has failed.
    """

    def __init__(self, job: Job, cluster: RayCluster, workers: int | None) -> None:
        """`workers` actors; `None`: as many as there is room for."""
        self.usage: dict[int, Usage] = {}
        self._job, self._ray = job, cluster.ray
        self._identity = job.engine.identity()
        on_gpu = job.device != "cpu"
        gpus = job.engine.gpus() if on_gpu else 0
        self._batches = BATCHES["cuda" if on_gpu else "cpu"]
        self._actor = self._ray.remote(
            num_cpus=1,
            num_gpus=gpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=self._batches if on_gpu else 1,
        )(RayWorker)
        self._shared_job = self._ray.put(job)
        self._numbers = count()
        self._hands: list[_Hand] = []
        self._starting: dict[Any, _Hand] = {}
        self._failed_starts = 0
        self._suspects: deque[Task] = deque()
        wanted = workers or cluster.slots(job.device, gpus)
        for _ in range(min(wanted, job.engine.most_workers or wanted)):
            self._hire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in [*self._hands, *self._starting.values()]:
            self._dismiss(hand)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """See `Pool.run`."""
        waiting = iter(tasks)
        while True:
            more = self._hand_out(waiting)
            under_way = [ref for hand in self._hands for ref in hand.busy]
            if not under_way and not self._suspects and not more:
                return  # an actor for which no place was found till now is not waited for
            refs = [*self._starting, *under_way]
            try:
                self._ray.wait(refs, num_returns=1)
                done, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
                yield from self._collect(done)
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from error
            except self._ray.exceptions.RayError as error:
                raise AsrdiagError(f"Ray: {type(error).__name__}: {error}") from error

    def _hand_out(self, waiting: Iterator[Task]) -> bool:
        """Give the actors what they have room for; whether there may be more to do."""
        for batches in range(self._batches):
            for hand in self._hands:
                if hand.alone or len(hand.busy) != batches:
                    continue
                if self._suspects:
                    if not hand.busy:
                        self._send(hand, self._suspects.popleft(), alone=True)
                elif (task := next(waiting, None)) is not None:
                    self._send(hand, task, alone=False)
                else:
                    return False
        return True

    def _send(self, hand: _Hand, task: Task, *, alone: bool) -> None:
        hand.busy[hand.handle.bring.remote(task)] = task
        hand.alone = alone

    def _collect(self, done: Iterable[Any]) -> Iterator[tuple[Task, list[Outcome]]]:
        having = {ref: hand for hand in self._hands for ref in hand.busy}
        lost: dict[int, tuple[_Hand, Exception]] = {}
        errors = self._ray.exceptions
        for ref in done:
            if ref in self._starting:
                self._welcome(ref)
                continue
            hand = having[ref]
            try:
                brought: Brought = self._ray.get(ref)
            except (errors.RayActorError, errors.ObjectLostError, errors.OutOfMemoryError):
                lost.setdefault(hand.number, (hand, WorkerDied(WorkerDied.__doc__)))
                continue
            except errors.RayTaskError as error:
                if not isinstance(error.cause, DeviceLost):
                    raise
                lost[hand.number] = hand, error.cause
                continue
            task = hand.busy.pop(ref)
            hand.alone = False
            if brought.usage is not None:
                self.usage[hand.number] = brought.usage
            self._keep(brought.audio)
            yield task, brought.outcomes
        for hand, cause in lost.values():
            yield from self._replace(hand, cause)

    def _replace(self, hand: _Hand, cause: Exception) -> Iterator[tuple[Task, list[Outcome]]]:
        self._hands.remove(hand)
        self._dismiss(hand)
        self._hire()
        tasks = list(hand.busy.values())
        if hand.alone:
            yield tasks[0], [died(self._job, tasks[0], cause)]
        else:
            self._suspects.extend(single for task in tasks for single in singles(task))

    def _keep(self, audio: Mapping[str, bytes]) -> None:
        for name, encoded in audio.items():
            path = self._job.run_folder / "audio" / name
            if not path.exists():
                with replacing(path) as temporary:
                    temporary.write_bytes(encoded)

    def _hire(self) -> None:
        hand = _Hand(self._actor.remote(self._shared_job), next(self._numbers))
        self._starting[hand.handle.hello.remote()] = hand

    def _welcome(self, ref: Any) -> None:
        """Take in an actor that has started."""
        hand = self._starting.pop(ref)
        try:
            found: Hello = self._ray.get(ref)
        except self._ray.exceptions.RayActorError as error:
            self._failed_starts += 1
            if error.actor_init_failed or self._failed_starts == STARTS:
                raise AsrdiagError(f"a Ray actor could not be started: {error}") from error
            self._hire()
            return
        if reason := self._differs(found):
            self._dismiss(hand)
            raise AsrdiagError(reason)
        self._failed_starts = 0
        self._hands.append(hand)

    def _differs(self, found: Hello) -> str | None:
        where = f"{found.machine}, a machine of the Ray cluster, has"
        if found.asrdiag != __version__:
            return f"{where} asrdiag {found.asrdiag}, this one {__version__}"
        if unlike := list(differences(self._identity, found.identity)):
            return (
                f"{where} another {self._job.engine.id!r} than this one (here -> there): "
                f"{'; '.join(unlike)}; the files of a model have to be the same on all of them"
            )
        return None

    def _dismiss(self, hand: _Hand) -> None:
        with suppress(self._ray.exceptions.RayError):  # it is gone already
            self._ray.kill(hand.handle)
