"""Loading a suite, with all that it includes, and with errors that name file and line."""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from ..datasets.corpus import CorpusSpec
from ..errors import UsageError, unknown
from ..simulation.base import Condition
from ..spec import Spec
from .checks import empty_lists, expand_conditions, matrix_problems, used_twice, wrong_normalizers
from .document import Document, Location
from .explain import explain
from .problems import Problem, refuse
from .schema import Definitions, MatrixEntry, Suite
from .sources import KINDS, Entry, Source, definitions, not_included, read_sources

Ids = Mapping[str, Collection[str]]
"""Ids by list: `systems`, `datasets`, `conditions`."""


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """A suite with what was found out while loading it."""

    suite: Suite
    """With the included definitions that it uses in place of their names."""
    path: Path
    text: bytes
    """The file, byte for byte."""
    included: tuple[Document, ...]
    """The files that it includes, directly or through others."""
    conditions: tuple[Condition, ...]
    """Every level of every entry, in the order of the file."""
    entry_of: Mapping[str, str]
    """The id of the entry that each condition id comes from."""
    unset: Mapping[str, str]
    """Why a dataset cannot be run: its root's variable is not set."""
    added: Mapping[str, tuple[str, ...]]
    """By list, the entries that the suite does not name itself; they are run only when asked for."""
    unused: Mapping[str, tuple[str, ...]]
    """By list, what included files define and could be added."""


def load_suite(path: Path, data: Mapping[str, str] | None = None, add: Ids | None = None) -> LoadedSuite:
    """Read and check a suite file.

    Args:
        path: the YAML file.
        data: values for `${NAME}` variables; they win over the environment.
        add: ids of included definitions to add to those that the suite names. Others are passed over.

    Raises:
        UsageError: anything is wrong with it, or a name in `data` is not one it uses. The message has a line
            for each problem: file, line, what was found, what was expected.
    """
    sources = read_sources(path, {**os.environ, **(data or {})})
    names = frozenset().union(*(source.variables for source in sources))
    for name in data or {}:
        if name not in names:
            raise UsageError(f"{path}: {unknown('variable', name, sorted(names))}; the suite does not use it")
    defined = definitions(sources[1:])
    named, added = _use(sources[0], defined, add or {})
    used = {kind: [*named[kind], *added[kind]] for kind in KINDS}
    refuse(_unset_problems(sources, used))
    suite = _validate(sources, used)
    refuse([*empty_lists(suite, sources[0]), *used_twice(used), *wrong_normalizers(suite, sources[0], used)])
    conditions, entry_of = expand_conditions(suite, used["conditions"])
    refuse(matrix_problems(suite, sources[0], entry_of))
    ids = {kind: tuple(str(entry.id) for entry in added[kind]) for kind in KINDS}
    taken = {kind: {entry.id for entry in used[kind]} for kind in KINDS}
    return LoadedSuite(
        suite.model_copy(update={"matrix": (*suite.matrix, *_own_blocks(suite, ids))}),
        path,
        sources[0].document.content,
        tuple(source.document for source in sources[1:]),
        conditions,
        entry_of,
        _unset_roots(used["datasets"]),
        ids,
        {kind: tuple(name for name in defined[kind] if name not in taken[kind]) for kind in KINDS},
    )


def allow_missing(loaded: LoadedSuite, number: int, only: Collection[str] = ()) -> LoadedSuite:
    """The suite with another `allow_missing` for its corpora, or for those among the datasets `only`.

    Raises:
        UsageError: none of these datasets is a corpus.
    """
    chosen = [spec for spec in loaded.suite.datasets if not only or spec.id in only]
    changed = {
        spec.id: spec.model_copy(update={"allow_missing": number})
        for spec in chosen
        if isinstance(spec, CorpusSpec)
    }
    if not changed:
        ids = ", ".join(spec.id for spec in chosen)
        raise UsageError(f"--allow-missing {number}: no selected dataset is a published corpus ({ids})")
    datasets = tuple(changed.get(spec.id, spec) for spec in loaded.suite.datasets)
    return replace(loaded, suite=loaded.suite.model_copy(update={"datasets": datasets}))


Used = dict[str, list[Entry]]


def _use(main: Source, defined: Mapping[str, Mapping[str, Entry]], add: Ids) -> tuple[Used, Used]:
    """The entries that the suite's lists name, and those that are added to them."""
    named: Used = {kind: [] for kind in KINDS}
    problems: list[Problem] = []
    for kind in KINDS:
        for index in range(len(main.entries(kind))):
            entry = Entry(main, kind, index)
            if isinstance(entry.data, str):
                if entry.data not in defined[kind]:
                    problems.append(entry.problem(not_included(kind, entry.data, defined[kind])))
                    continue
                if entry.data in main.entries(kind)[:index]:
                    problems.append(entry.problem(f"{entry.data!r} is named twice"))
                    continue
                entry = defined[kind][entry.data]
            elif entry.id in defined[kind]:
                where = defined[kind][str(entry.id)].where
                problems.append(
                    entry.problem(f"the id {entry.id!r} is used in {where} already, which is included", "id")
                )
            named[kind].append(entry)
    refuse(problems)
    added: Used = {}
    for kind in KINDS:
        ids = {entry.id for entry in named[kind]}
        wanted = set(add.get(kind, ())) - ids
        added[kind] = [entry for name, entry in defined[kind].items() if name in wanted]
    return named, added


def _unset_problems(sources: tuple[Source, ...], used: Used) -> Iterator[Problem]:
    """Variables without a value that are no dataset's, in the suite or in an entry that it uses."""
    places = {(entry.source.path, entry.kind, entry.index) for kind in KINDS for entry in used[kind]}
    for source in sources:
        for unset in source.unset:
            here = source is sources[0] or (source.path, *unset.location[:2]) in places
            if here and unset.location[0] != "datasets":
                yield Problem(source.document, unset.location, f"${{{unset.name}}} is not set")


def _validate(sources: tuple[Source, ...], used: Used) -> Suite:
    """Check each file's part, with the paths that start at that file, and put the suite together."""
    suite: Suite | None = None
    specs: dict[tuple[Path, str, int], Spec] = {}
    problems: list[Problem] = []
    for source in sources:
        main = source is sources[0]
        taken = {
            kind: [entry.index for entry in used[kind] if entry.source is source]
            for kind in KINDS
            if isinstance(source.data.get(kind), list)
        }
        lists = {kind: [source.entries(kind)[index] for index in taken[kind]] for kind in taken}
        text = json.dumps({**source.data, **lists} if main else lists, default=repr)
        context = {"folder": source.path.resolve().parent}
        part: Suite | Definitions
        try:
            if main:
                part = suite = Suite.model_validate_json(text, context=context)
            else:
                part = Definitions.model_validate_json(text, context=context)
        except ValidationError as error:
            for location, what in explain(error, {**source.data, **lists}):
                problems.append(Problem(source.document, _as_written(location, taken), what))
            continue
        for kind, indices in taken.items():
            for index, spec in zip(indices, getattr(part, kind), strict=True):
                specs[source.path, kind, index] = spec
    refuse(problems)
    assert suite is not None  # otherwise there was a problem
    merged = {
        kind: tuple(specs[entry.source.path, kind, entry.index] for entry in used[kind]) for kind in KINDS
    }
    return suite.model_copy(update=merged)


def _as_written(location: Location, taken: Mapping[str, list[int]]) -> Location:
    """A location among the entries taken of a file, as one in the file."""
    match location:
        case (str(kind), int(index), *rest) if kind in taken:
            return (kind, taken[kind][index], *rest)
    return location


def _own_blocks(suite: Suite, added: Mapping[str, tuple[str, ...]]) -> Iterator[MatrixEntry]:
    """A block for each added entry that no block of the matrix has."""
    for kind, ids in added.items():
        named = [getattr(block, kind) for block in suite.matrix]
        if "all" not in named:
            yield from (MatrixEntry(**{kind: (name,)}) for name in ids)


def _unset_roots(datasets: list[Entry]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for entry in datasets:
        place = (entry.kind, entry.index)
        names = dict.fromkeys(unset.name for unset in entry.source.unset if unset.location[:2] == place)
        if names:
            reasons[str(entry.id)] = f"set {' and '.join(names)}"
    return reasons
