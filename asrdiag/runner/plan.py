"""Which cells a run has, and what each one's result depends on."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.base import DatasetSpec, Utterance
from ..engines.base import EngineSpec
from ..errors import UsageError, unknown
from ..metrics import unit_for
from ..scoring import default_normalizer
from ..simulation.base import Condition
from ..spec import Json
from ..suite.load import LoadedSuite
from ..suite.schema import Suite

PIPELINE = 1
"""Raised whenever decoding, resampling or seeding changes the audio that systems hear."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line narrows a suite down to; empty means everything."""

    systems: Sequence[str] = ()
    datasets: Sequence[str] = ()
    conditions: Sequence[str] = ()
    limit: int | None = None
    """At most so many utterances of each dataset, from the front."""
    strict: bool = False
    """An unset dataset root is an error."""
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class LoadedDataset:
    """A dataset's utterances, all of them, and how many of them the run takes."""

    spec: DatasetSpec
    utterances: tuple[Utterance, ...]
    n_selected: int
    n_expected: Mapping[str, Mapping[str, int]]
    """How many utterances it has, by subset and language."""
    groups: Mapping[str, Mapping[str, Mapping[str, int]]]
    """The same by factor and its value, for the factors that are reported."""
    factors: tuple[str, ...]
    """All factors that any utterance has."""

    @property
    def selected(self) -> tuple[Utterance, ...]:
        return self.utterances[: self.n_selected]


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
        return f"{self.system.id}/{self.dataset.spec.id}/{self.condition.id}"

    def identity(self) -> dict[str, Json]:
        """What all of this cell's transcripts depend on; each also depends on its own clip, see `same_audio`.

        Batch size and device are recorded with the session and must not matter.
        """
        return {
            "pipeline": PIPELINE,
            "engine": self.system.engine,
            "system": self.system.identity(),
            "sample_rate_hz": self.system.sample_rate_hz,
            "condition": self.condition.identity(),
            "seed": None if self.condition.keeps_audio() else self.seed,
            "pool": self.pool_sha256,
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

    @property
    def systems(self) -> tuple[EngineSpec, ...]:
        return tuple({cell.system.id: cell.system for cell in self.cells}.values())

    @property
    def datasets(self) -> tuple[LoadedDataset, ...]:
        return tuple({cell.dataset.spec.id: cell.dataset for cell in self.cells}.values())


def make_plan(loaded: LoadedSuite, selection: Selection) -> Plan:
    """Expand a suite into cells and read its datasets.

    Raises:
        UsageError: a selected id is unknown, a system cannot run on this machine, a dataset is not as
            documented, or nothing is left to run.
    """
    suite = loaded.suite
    _known(selection.systems, [system.id for system in suite.systems], "system")
    _known(selection.datasets, [dataset.id for dataset in suite.datasets], "dataset")
    _known(selection.conditions, [*loaded.entry_of.values(), *loaded.entry_of], "condition")
    triples = _triples(loaded)
    wanted = [triple for triple in triples if _chosen(loaded, selection, *(part.id for part in triple))]
    not_run = {spec.id: loaded.unset[spec.id] for _, spec, _ in triples if spec.id in loaded.unset}
    left_out = dict.fromkeys(spec.id for _, spec, _ in wanted if spec.id in not_run)
    wanted = [triple for triple in wanted if triple[1].id not in not_run]
    if left_out and (selection.strict or not wanted):
        raise UsageError("\n".join(f"dataset {name!r} cannot be run: {not_run[name]}" for name in left_out))
    if not wanted:
        raise UsageError("no cell of the suite's matrix matches the selection")
    _usable(tuple({system.id: system for system, _, _ in wanted}.values()), selection.device)
    datasets = {spec.id: spec for _, spec, _ in wanted}
    groups = suite.report.groups
    read = {name: _load_dataset(spec, selection.limit, groups) for name, spec in datasets.items()}
    for dataset in read.values():
        normalizers_of(suite, dataset)
    _known_groups(groups, read.values())
    drawn_on = dict.fromkeys(spec.id for _, spec, condition in wanted if condition.draws_on_pool())
    pools = {name: _pool_sha256(read[name].utterances) for name in drawn_on}
    cells = tuple(
        Cell(
            system,
            read[spec.id],
            condition,
            suite.seed,
            pools[spec.id] if condition.draws_on_pool() else None,
        )
        for system, spec, condition in wanted
    )
    keys = tuple("/".join(part.id for part in triple) for triple in triples)
    return Plan(loaded, cells, not_run, keys)


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
    names = {condition, loaded.entry_of[condition]}
    return (
        (not selection.systems or system in selection.systems)
        and (not selection.datasets or dataset in selection.datasets)
        and (not selection.conditions or bool(names & set(selection.conditions)))
    )


def _known(wanted: Iterable[str], known: Sequence[str], what: str) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"the suite has no {what} {name!r}; it has: {', '.join(dict.fromkeys(known))}")


def normalizers_of(suite: Suite, dataset: LoadedDataset) -> dict[str, str]:
    """The normaliser for each language of a dataset.

    Raises:
        UsageError: a language is not a language tag.
    """
    languages = dict.fromkeys(utterance.language for utterance in dataset.utterances)
    for language in languages:
        try:
            unit_for(language)
        except ValueError as error:
            raise UsageError(f"dataset {dataset.spec.id!r}: {error}") from error
    named = dataset.spec.normalizer or suite.normalizer
    return {language: named or default_normalizer(language) for language in languages}


def _known_groups(groups: Sequence[str], datasets: Iterable[LoadedDataset]) -> None:
    if groups == "all":
        return
    factors = dict.fromkeys(factor for dataset in datasets for factor in dataset.factors)
    for name in groups:
        if name not in factors:
            raise UsageError(f"report.groups: {unknown('factor', name, factors)}")


def _usable(systems: Sequence[EngineSpec], device: str) -> None:
    for system in systems:
        if reason := system.unavailable():
            raise UsageError(f"system {system.id!r} cannot run on this machine: {reason}")
        _identified(system)
        if not system.cpu_only and (reason := system.refuses(device)):
            raise UsageError(reason)
    if device != "cpu" and all(system.cpu_only for system in systems):
        raise UsageError(f"no selected system can use the device {device!r}: all run on the cpu only")


def _identified(system: EngineSpec) -> None:
    where = f"system {system.id!r}: {type(system).__name__}.identity()"
    identity = system.identity()
    if missing := {"model", "revision", "decoding"} - identity.keys():
        raise UsageError(f"{where} lacks {', '.join(sorted(missing))}")
    try:
        json.dumps(identity, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where} gave what is no JSON: {error}") from error


def _load_dataset(spec: DatasetSpec, limit: int | None, groups: Sequence[str]) -> LoadedDataset:
    if reason := spec.missing():
        raise UsageError(f"dataset {spec.id!r} cannot be read: {reason}")
    utterances = spec.utterances()
    expected: dict[str, Counter[str]] = {}
    grouped: dict[str, dict[str, Counter[str]]] = {}
    for utterance in utterances:
        expected.setdefault(utterance.subset, Counter())[utterance.language] += 1
        for factor, value in utterance.groups().items():
            grouped.setdefault(factor, {}).setdefault(value, Counter())[utterance.language] += 1
    reported = {name: grouped[name] for name in grouped if groups == "all" or name in groups}
    n_selected = len(utterances) if limit is None else min(limit, len(utterances))
    return LoadedDataset(spec, utterances, n_selected, expected, reported, tuple(grouped))


def _pool_sha256(utterances: Sequence[Utterance]) -> str:
    """Over what decides who talks and what is heard: ids, speakers, texts, stretches, sizes of the files."""
    digest = hashlib.sha256()
    sizes: dict[Path, int | None] = {}
    for utterance in sorted(utterances, key=lambda utterance: utterance.sample_id):
        path = utterance.audio_path
        if path not in sizes:
            sizes[path] = path.stat().st_size if path.is_file() else None
        row = [
            utterance.sample_id,
            utterance.speaker,
            utterance.reference,
            utterance.offset_s,
            utterance.duration_s,
            sizes[path],
        ]
        digest.update(json.dumps(row, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()
