"""Which cells a run has, and what each one's result depends on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..datasets.base import DatasetSpec
from ..datasets.corpus import CorpusSpec
from ..engines.base import EngineSpec
from ..errors import UsageError
from ..simulation.base import Condition
from ..spec import Json
from ..suite.load import LoadedSuite
from .answers import AnswersFound, look_at_answers
from .dataset import LoadedDataset, load_dataset, normalizers_of, pool_sha256, require_known_groups
from .usable import require_usable

PIPELINE = 1
"""Raised whenever decoding, resampling or seeding changes the audio that systems hear."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line narrows a suite down to; empty means everything that the suite names itself."""

    systems: Sequence[str] = ()
    datasets: Sequence[str] = ()
    conditions: Sequence[str] = ()
    limit: int | None = None
    """At most so many utterances of each dataset, from the front."""
    strict: bool = False
    """An unset dataset root is an error."""
    device: str = "cpu"
    device_is_here: bool = True
    """Otherwise it is on other machines, and only they can say whether a system can use it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One system on one dataset under one condition."""

    system: EngineSpec
    dataset: LoadedDataset
    condition: Condition
    seed: int
    pool_sha256: str | None
    """Of the utterances that the condition draws on besides the clip itself, if it does."""

    @property
    def key(self) -> str:
        return _key(self.system, self.dataset.spec, self.condition)

    def identity(self) -> dict[str, Json]:
        """What all of this cell's transcripts depend on; each also on its own clip, see `review_cell`.

        Batch size and device are recorded with the session and must not matter.
        """
        known = identity_without_pool(self.system, self.dataset.spec.id, self.condition, self.seed)
        return known | {"pool": self.pool_sha256}


def identity_without_pool(
    system: EngineSpec, dataset: str, condition: Condition, seed: int
) -> dict[str, Json]:
    """The part of a cell's identity that can be told without its dataset."""
    return {
        "pipeline": PIPELINE,
        "engine": system.engine,
        "system": system.identity_of(dataset, condition),
        "sample_rate_hz": system.sample_rate_hz,
        "condition": condition.identity(),
        "seed": None if condition.keeps_audio() else seed,
    }


@dataclass(frozen=True, slots=True)
class Plan:
    """The cells of a run in the order they are run (system, dataset, condition), and what is left out."""

    suite: LoadedSuite
    cells: tuple[Cell, ...]
    not_run: Mapping[str, str]
    """Datasets that cannot be run, with what to do about it."""
    suite_keys: tuple[str, ...]
    """The keys of all cells of the suite, whatever was selected."""
    unselected: tuple[Cell, ...]
    """Further cells of the suite on datasets that were read: their results must still be true."""
    unread: Mapping[str, Mapping[str, Json]]
    """By key, `identity_without_pool` of the cells on datasets that were not read."""
    answers: AnswersFound
    """What is to be said of the answers of systems that do not hear."""

    @property
    def systems(self) -> tuple[EngineSpec, ...]:
        return tuple({cell.system.id: cell.system for cell in self.cells}.values())

    @property
    def datasets(self) -> tuple[LoadedDataset, ...]:
        return tuple({cell.dataset.spec.id: cell.dataset for cell in self.cells}.values())

    def is_heard(self, dataset: str) -> bool:
        """Whether any system listens to the dataset's audio."""
        return any(cell.system.hears for cell in self.cells if cell.dataset.spec.id == dataset)


def make_plan(loaded: LoadedSuite, selection: Selection) -> Plan:
    """Expand a suite into cells and read its datasets.

    Raises:
        UsageError: a selected id is unknown, a system cannot run on this machine, a dataset is not as
            documented, or nothing is left to run.
    """
    suite = loaded.suite
    _known(loaded, "systems", selection.systems, [system.id for system in suite.systems])
    _known(loaded, "datasets", selection.datasets, [dataset.id for dataset in suite.datasets])
    _known(loaded, "conditions", selection.conditions, [*loaded.entry_of.values(), *loaded.entry_of])
    triples = _triples(loaded)
    wanted = [triple for triple in triples if _chosen(loaded, selection, *(part.id for part in triple))]
    not_run = {spec.id: loaded.unset[spec.id] for _, spec, _ in triples if spec.id in loaded.unset}
    left_out = {spec.id: spec for _, spec, _ in wanted if spec.id in not_run}
    wanted = [triple for triple in wanted if triple[1].id not in not_run]
    if left_out and (selection.strict or not wanted):
        raise UsageError(_cannot_run(not_run, left_out.values()))
    if not wanted:
        raise UsageError("no cell of the suite's matrix matches the selection")
    systems = {system.id: system for system, _, _ in wanted}
    require_usable(tuple(systems.values()), selection.device, here=selection.device_is_here)
    datasets = {spec.id: spec for _, spec, _ in wanted}
    groups = suite.report.groups
    read = {name: load_dataset(spec, selection.limit, groups) for name, spec in datasets.items()}
    for dataset in read.values():
        normalizers_of(suite, dataset)
    require_known_groups(groups, read.values())
    here = [triple for triple in triples if triple[0].unavailable() is None]
    beside = [triple for triple in here if triple[1].id in read and triple not in wanted]
    drawn_on = {triple[1].id for triple in [*wanted, *beside] if _draws_on_pool(*triple)}
    pools = {name: pool_sha256(read[name].utterances) for name in drawn_on}

    def cell(system: EngineSpec, spec: DatasetSpec, condition: Condition) -> Cell:
        pool = pools[spec.id] if _draws_on_pool(system, spec, condition) else None
        return Cell(system, read[spec.id], condition, suite.seed, pool)

    cells = tuple(cell(*triple) for triple in wanted)
    return Plan(
        loaded,
        cells=cells,
        not_run=not_run,
        suite_keys=tuple(_key(*triple) for triple in triples),
        unselected=tuple(cell(*triple) for triple in beside),
        unread={
            _key(*triple): identity_without_pool(triple[0], triple[1].id, triple[2], suite.seed)
            for triple in here
            if triple[1].id not in read
        },
        answers=look_at_answers(cells),
    )


def _draws_on_pool(system: EngineSpec, dataset: DatasetSpec, condition: Condition) -> bool:
    return system.hears and condition.draws_on_pool()


def _key(system: EngineSpec, dataset: DatasetSpec, condition: Condition) -> str:
    return f"{system.id}/{dataset.id}/{condition.id}"


def _triples(loaded: LoadedSuite) -> list[tuple[EngineSpec, DatasetSpec, Condition]]:
    suite = loaded.suite
    named: set[tuple[str, str, str]] = set()
    for block in suite.matrix:
        for system in suite.systems:
            for dataset in suite.datasets:
                for condition in loaded.conditions:
                    names = {condition.id, loaded.entry_of[condition.id]}
                    if (
                        (block.systems == "all" or system.id in block.systems)
                        and (block.datasets == "all" or dataset.id in block.datasets)
                        and (block.conditions == "all" or names & set(block.conditions))
                    ):
                        named.add((system.id, dataset.id, condition.id))
    return [
        (system, dataset, condition)
        for system in suite.systems
        for dataset in suite.datasets
        for condition in loaded.conditions
        if (system.id, dataset.id, condition.id) in named
    ]


def _chosen(loaded: LoadedSuite, selection: Selection, system: str, dataset: str, condition: str) -> bool:
    return (
        _asked_for({system}, selection.systems, loaded.added["systems"])
        and _asked_for({dataset}, selection.datasets, loaded.added["datasets"])
        and _asked_for(
            {condition, loaded.entry_of[condition]}, selection.conditions, loaded.added["conditions"]
        )
    )


def _asked_for(names: set[str], selected: Sequence[str], added: Sequence[str]) -> bool:
    """Whether a part of a cell is selected; where nothing is, all are that the suite itself names."""
    return bool(names.intersection(selected)) if selected else not names.intersection(added)


def _known(loaded: LoadedSuite, kind: str, wanted: Iterable[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            has = dict.fromkeys(known)
            close = get_close_matches(name, [*has, *loaded.unused[kind]], n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            more = f"; included files define: {', '.join(unused)}" if (unused := loaded.unused[kind]) else ""
            what = f"the suite has no {kind.removesuffix('s')} {name!r}{hint}"
            raise UsageError(f"{what}; it has: {', '.join(has)}{more}")


def _cannot_run(reasons: Mapping[str, str], datasets: Collection[DatasetSpec]) -> str:
    lines = [f"dataset {spec.id!r} cannot be run: {reasons[spec.id]}" for spec in datasets]
    lines.append("set it in the environment or by --data NAME=PATH")
    if corpora := [spec.loader for spec in datasets if isinstance(spec, CorpusSpec)]:
        lines[-1] += f"; `asrdiag datasets show {corpora[0]}` says where to get it"
    return "\n".join(lines)
