"""A suite file and the files that it includes, each read once, with their variables filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError, unknown
from .document import Document, Location, read_document
from .packaged import packaged_documents, packaged_file
from .problems import Problem, place, refuse
from .schema import Definitions, Suite
from .variables import Unset, expand

KINDS = tuple(Definitions.model_fields)
"""The lists of a suite that hold entries: systems, datasets, conditions."""

_SUITE_KEYS = {field.alias or name for name, field in Suite.model_fields.items()}
_DEFINITION_KEYS = {"schema", "description", "include", *KINDS}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and its data with every variable filled in that is set."""

    document: Document
    data: dict[str, Any]
    unset: tuple[Unset, ...]
    variables: frozenset[str]
    """The names of all variables in it."""

    @property
    def path(self) -> Path:
        return self.document.path

    def entries(self, kind: str) -> list[Any]:
        """The entries of one of its lists; none if it is no list."""
        found = self.data.get(kind)
        return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in one of the lists of a file, and what stands there."""

    source: Source
    kind: str
    index: int

    @property
    def data(self) -> Any:
        return self.source.entries(self.kind)[self.index]

    @property
    def id(self) -> str | None:
        """The id; `None` where what stands there has none."""
        found = self.data.get("id") if isinstance(self.data, dict) else None
        return found if isinstance(found, str) else None

    @property
    def where(self) -> str:
        """The file and line of the id."""
        return place(self.source.document, (self.kind, self.index, "id"))

    def problem(self, text: str, *below: str | int) -> Problem:
        return Problem(self.source.document, (self.kind, self.index, *below), text)


def read_sources(path: Path, values: Mapping[str, str]) -> tuple[Source, ...]:
    """A suite file, then those that it includes, directly or through others, each once.

    Args:
        path: the suite file.
        values: of the variables.

    Raises:
        UsageError: a file cannot be read, is no suite or no file of definitions, is not there, or includes
            itself, directly or through others. The message names file and line.
    """
    found: dict[Path, Source] = {}
    _read(path, values, found, ())
    return tuple(found.values())


def definitions(included: tuple[Source, ...]) -> dict[str, dict[str, Entry]]:
    """What included files define, by list and id.

    Raises:
        UsageError: an entry has no id, or an id comes twice.
    """
    found: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
    problems: list[Problem] = []
    used = [Entry(source, kind, n) for source in included for kind in KINDS for n in _positions(source, kind)]
    for entry in used:
        if isinstance(entry.data, str):
            continue
        if entry.id is None:
            problems.append(entry.problem("found no id, expected one by which suites can name this entry"))
        elif (first := found[entry.kind].setdefault(entry.id, entry)) is not entry:
            problems.append(entry.problem(f"the id {entry.id!r} is used in {first.where} already", "id"))
    for entry in used:
        if isinstance(entry.data, str) and entry.data not in found[entry.kind]:
            problems.append(entry.problem(not_included(entry.kind, entry.data, found[entry.kind])))
    refuse(problems)
    return found


def not_included(kind: str, name: str, defined: Mapping[str, Entry]) -> str:
    """The message for a reference to what no included file defines."""
    if not defined:
        return f"found the name {name!r}, but no included file defines any {kind}; see the key 'include'"
    return unknown(kind.removesuffix("s"), name, defined)


def _positions(source: Source, kind: str) -> range:
    return range(len(source.entries(kind)))


def _read(path: Path, values: Mapping[str, str], found: dict[Path, Source], chain: tuple[Path, ...]) -> None:
    document = read_document(path)
    if not isinstance(document.data, dict):
        what = "nothing" if document.data is None else f"a {type(document.data).__name__}"
        expected = "definitions" if chain else "a suite"
        raise UsageError(f"{path}:1: found {what}, expected {expected}: keys and values")
    data, unset, names = expand(document.data, values)
    source = Source(document, data, tuple(unset), frozenset(names))
    refuse(_malformed(source) if chain else _no_suite(source))
    found[path.resolve()] = source
    for location, included in _included(source):
        key = included.resolve()
        through = [each.resolve() for each in (*chain, path)]
        if key in through:
            circle = [*(*chain, path)[through.index(key) :], included]
            refuse([Problem(document, location, f"a circle: {' includes '.join(map(str, circle))}")])
        if key not in found:
            _read(included, values, found, (*chain, path))


def _included(source: Source) -> Iterator[tuple[Location, Path]]:
    """The files that a file names, each found beside it or among those that come with asrdiag."""
    document = source.document
    refuse(
        Problem(document, unset.location, f"${{{unset.name}}} is not set")
        for unset in source.unset
        if unset.location[0] == "include"
    )
    named = source.data.get("include", [])
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        refuse([Problem(document, ("include",), f"found {named!r:.80}, expected a list of files")])
    for index, reference in enumerate(named):
        beside = document.path.parent / Path(reference).expanduser()
        path = beside if beside.is_file() else packaged_file(reference)
        if path is None:
            known = [packaged.path.name for packaged in packaged_documents()]
            text = f"there is no file {beside}; {unknown('packaged file', reference, known)}"
            refuse([Problem(document, ("include", index), text)])
        else:
            yield ("include", index), path


def _no_suite(source: Source) -> Iterator[Problem]:
    """Tell a file of definitions that is taken for a suite from a suite that lacks its name."""
    keys = source.data.keys()
    if keys <= _DEFINITION_KEYS and not keys >= set(KINDS):
        yield Problem(
            source.document,
            (),
            "found definitions for suites to include, and no name; expected a suite",
        )


def _malformed(source: Source) -> Iterator[Problem]:
    """What is wrong with an included file besides its definitions, which are checked where they are used."""
    document, data = source.document, source.data
    known = _SUITE_KEYS if "name" in data else _DEFINITION_KEYS
    for key in data.keys() - known:
        yield Problem(document, (key,), unknown("key", key, sorted(known)))
    if data.get("schema", 1) != 1:
        text = f"found {data['schema']!r:.80}, expected 1: the only version of the format there is"
        yield Problem(document, ("schema",), text)
    for kind in KINDS:
        if not isinstance(data.get(kind, []), list):
            yield Problem(document, (kind,), f"found {data[kind]!r:.80}, expected a list of entries")
