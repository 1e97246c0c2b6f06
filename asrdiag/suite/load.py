"""Finding a suite by name or path, and loading it with errors that name file and line."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from ..errors import UsageError, unknown
from ..metrics import NORMALIZERS
from ..simulation.base import Condition
from .document import Document, Location, read_document
from .explain import explain
from .schema import Suite
from .variables import Unset, expand


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """A suite with what was found out while loading it."""

    suite: Suite
    path: Path
    text: bytes
    """The file, byte for byte."""
    conditions: tuple[Condition, ...]
    """Every level of every entry, in the order of the file."""
    entry_of: Mapping[str, str]
    """The id of the entry that each condition id comes from."""
    unset: Mapping[str, str]
    """Why a dataset cannot be run: its root's variable is not set."""


def packaged_suites() -> dict[str, Path]:
    """The suites that come with asrdiag, by name."""
    folder = Path(str(resources.files("asrdiag.suites")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_suite(reference: str) -> Path:
    """The file that a command line's SUITE means: a path, or the name of a packaged suite.

    Raises:
        UsageError: there is no such file and no such name.
    """
    path = Path(reference)
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected a suite file")
    if path.exists():
        return path
    packaged = packaged_suites()
    if reference in packaged:
        return packaged[reference]
    raise UsageError(f"{unknown('packaged suite', reference, packaged)}; nor is there a file of that name")


def load_suite(path: Path, data: Mapping[str, str] | None = None) -> LoadedSuite:
    """Read and check a suite file.

    Args:
        path: the YAML file.
        data: values for `${NAME}` variables; they win over the environment.

    Raises:
        UsageError: anything is wrong with it, or a name in `data` is not one it uses. The message has a line
            for each problem: file, line, what was found, what was expected.
    """
    document = read_document(path)
    if not isinstance(document.data, dict):
        found = "nothing" if document.data is None else f"a {type(document.data).__name__}"
        raise UsageError(f"{path}:1: found {found}, expected a suite: keys and values")
    filled, unset, used = expand(document.data, {**os.environ, **(data or {})})
    for name in data or {}:
        if name not in used:
            raise UsageError(f"{path}: {unknown('variable', name, sorted(used))}; the suite does not use it")
    _refuse(
        document, [(u.location, f"${{{u.name}}} is not set") for u in unset if u.location[0] != "datasets"]
    )
    try:
        suite = Suite.model_validate_json(
            json.dumps(filled, default=repr), context={"folder": path.resolve().parent}
        )
    except ValidationError as error:
        _refuse(document, explain(error, filled))
        raise
    _refuse(document, _semantic_problems(suite))
    conditions, entry_of = _expand_conditions(document, suite)
    _refuse(document, _matrix_problems(suite, entry_of))
    return LoadedSuite(suite, path, document.content, conditions, entry_of, _unset_roots(suite, unset))


def _refuse(document: Document, problems: Iterable[tuple[Location, str]]) -> None:
    found = sorted((document.line(location), _dotted(location), text) for location, text in problems)
    if found:
        raise UsageError("\n".join(f"{document.path}:{line}: {where}: {text}" for line, where, text in found))


def _dotted(location: Location) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "suite"


def _semantic_problems(suite: Suite) -> Iterable[tuple[Location, str]]:
    for field in ("systems", "datasets", "conditions"):
        seen: set[str] = set()
        for index, entry in enumerate(getattr(suite, field)):
            if entry.id in seen:
                yield (field, index, "id"), f"the id {entry.id!r} is used twice"
            seen.add(entry.id)
    if suite.normalizer is not None and suite.normalizer not in NORMALIZERS:
        yield ("normalizer",), unknown("normaliser", suite.normalizer, NORMALIZERS)
    for index, dataset in enumerate(suite.datasets):
        if dataset.normalizer is not None and dataset.normalizer not in NORMALIZERS:
            yield ("datasets", index, "normalizer"), unknown("normaliser", dataset.normalizer, NORMALIZERS)


def _expand_conditions(document: Document, suite: Suite) -> tuple[tuple[Condition, ...], dict[str, str]]:
    conditions: list[Condition] = []
    entry_of: dict[str, str] = {}
    for index, entry in enumerate(suite.conditions):
        if reason := entry.missing():
            _refuse(document, [(("conditions", index), reason)])
        try:
            levels = entry.expand()
        except UsageError as error:
            _refuse(document, [(("conditions", index), str(error))])
            raise
        for condition in levels:
            if condition.id in entry_of:
                _refuse(document, [(("conditions", index), f"the condition {condition.id!r} exists already")])
            conditions.append(condition)
            entry_of[condition.id] = entry.id
    return tuple(conditions), entry_of


def _matrix_problems(suite: Suite, entry_of: Mapping[str, str]) -> Iterable[tuple[Location, str]]:
    known: dict[str, Sequence[str]] = {
        "systems": [system.id for system in suite.systems],
        "datasets": [dataset.id for dataset in suite.datasets],
        "conditions": list(dict.fromkeys([*entry_of.values(), *entry_of])),
    }
    for row, block in enumerate(suite.matrix):
        for field, ids in known.items():
            named = getattr(block, field)
            for index, name in enumerate(() if named == "all" else named):
                if name not in ids:
                    yield ("matrix", row, field, index), unknown(field[:-1], name, ids)


def _unset_roots(suite: Suite, unset: Iterable[Unset]) -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for variable in unset:
        dataset = suite.datasets[int(variable.location[1])]
        names.setdefault(dataset.id, []).append(variable.name)
    return {dataset: f"set {' and '.join(dict.fromkeys(found))}" for dataset, found in names.items()}
