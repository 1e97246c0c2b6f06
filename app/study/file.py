"""The file of a case study: YAML that people write as well as the explorer does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from asrdiag.errors import UsageError
from asrdiag.store.atomic import write_text
from asrdiag.suite.document import Document, Location, read_document

from ..data.index import CaseKey
from ..data.notes import kept_beside
from ..data.runs import OpenRun

MOST_CASES = 500
LONGEST = 10_000
"""Characters of a text."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What a study that is not the first of its run may be called."""

_ENDING = "cases.yaml"
_PARTS = ("system", "dataset", "condition", "sample")
_CASE = {"run", *_PARTS, "note"}
_TOP = {"title", "about", "cases"}
_WRITTEN = {"title", "about", "note"}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9._/-]|[A-Za-z]")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A case of a study: where it is, and what is said of it.

    Without `run`, the first of the open runs that has the case is meant.
    """

    system: str
    dataset: str
    condition: str
    sample: str
    run: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)
    """Where it stands in its file; 0 if it is in none."""

    def is_of(self, key: CaseKey) -> bool:
        """Whether this names a case; without a run, whichever run it is in."""
        names = (self.system, self.dataset, self.condition, self.sample)
        return names == (key.system, key.dataset, key.condition, key.sample_id) and self.run in ("", key.run)


@dataclass(frozen=True, slots=True)
class Study:
    """Chosen cases in their order, under a title."""

    title: str = ""
    about: str = ""
    cases: tuple[Entry, ...] = ()

    def place(self, key: CaseKey) -> int | None:
        """Where a case is; `None` if it is not in the study."""
        return next((place for place, entry in enumerate(self.cases) if entry.is_of(key)), None)

    def adding(self, key: CaseKey, *, name_run: bool) -> "Study":
        """With a case at the end, unless it is there."""
        if self.place(key) is not None:
            return self
        entry = Entry(key.system, key.dataset, key.condition, key.sample_id, key.run if name_run else "")
        return replace(self, cases=(*self.cases, entry))

    def without(self, entry: Entry) -> "Study":
        """Without a case."""
        return replace(self, cases=tuple(each for each in self.cases if each != entry))

    def moving(self, entry: Entry, by: int) -> "Study":
        """With a case so many places later, or earlier."""
        others = [each for each in self.cases if each != entry]
        if len(others) == len(self.cases):
            return self
        others.insert(max(0, self.cases.index(entry) + by), entry)
        return replace(self, cases=tuple(others))

    def noting(self, entry: Entry, note: str) -> "Study":
        """With another note on a case."""
        return replace(
            self,
            cases=tuple(replace(each, note=_text(note)) if each == entry else each for each in self.cases),
        )


def study_path(run: OpenRun, name: str = "") -> Path:
    """The file of a run's study: `<run>.cases.yaml` beside it, or `<run>.<name>.cases.yaml`.

    Raises:
        UsageError: no study can have this name.
    """
    if name and not NAME.fullmatch(name):
        raise UsageError(
            f"found the name {name!r}, expected lower-case letters, digits and hyphens, 40 at most"
        )
    return kept_beside(run, f"{name}.{_ENDING}" if name else _ENDING)


def study_names(run: OpenRun) -> list[str]:
    """The names of a run's studies; "" is the first, there or not."""
    first = study_path(run)
    start, ending = first.name.removesuffix(_ENDING), f".{_ENDING}"
    files = first.parent.iterdir() if first.parent.is_dir() else iter(())
    found = (
        path.name.removeprefix(start).removesuffix(ending)
        for path in files
        if path.name.startswith(start) and path.name.endswith(ending)
    )
    return ["", *sorted(name for name in found if NAME.fullmatch(name))]


def read_study(path: Path) -> Study:
    """Read a study; an empty file is a study without cases.

    Raises:
        UsageError: it cannot be read or says something that no study says; the message names the line.
    """
    document = read_document(path)
    data = document.data if document.data is not None else {}
    if not isinstance(data, dict):
        raise UsageError(f"{path}:1: expected `title`, `about` and `cases`, found {_kind(data)}")
    _refuse_unknown(document, (), data, _TOP)
    listed = data.get("cases") or []
    if not isinstance(listed, list):
        raise UsageError(
            f"{path}:{document.line(('cases',))}: expected a list of cases, found {_kind(listed)}"
        )
    if len(listed) > MOST_CASES:
        raise UsageError(f"{path}: found {len(listed)} cases, expected at most {MOST_CASES}")
    entries = tuple(_entry(document, place, each) for place, each in enumerate(listed))
    seen: dict[Entry, int] = {}
    for entry in entries:
        bare = replace(entry, note="")
        if bare in seen:
            raise UsageError(f"{path}:{entry.line}: this case is in line {seen[bare]}, too")
        seen[bare] = entry.line
    return Study(_string(document, ("title",), data), _string(document, ("about",), data), entries)


def write_study(path: Path, study: Study) -> None:
    """Write a study, whole or not at all. Comments that somebody wrote into the file are lost.

    Raises:
        SaveError: it could not be written.
    """
    cases = [
        {
            **({"run": entry.run} if entry.run else {}),
            **{part: getattr(entry, part) for part in _PARTS},
            **({"note": entry.note} if entry.note else {}),
        }
        for entry in study.cases
    ]
    data = {"title": _text(study.title), "about": _text(study.about)}
    data = {name: text for name, text in data.items() if text}
    text = yaml.dump(data | {"cases": cases}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    write_text(path, text)


def edit_study(path: Path, change: Callable[[Study], Study]) -> Study:
    """Change a study as it is in its file now, which need not be there; returns what is written.

    Raises:
        UsageError: the file says something that no study says; it is left as it is.
        SaveError: it could not be written.
    """
    before = read_study(path) if path.exists() else Study()
    after = change(before)
    if len(after.cases) > MOST_CASES:
        raise UsageError(f"a study has at most {MOST_CASES} cases")
    if after != before:
        write_study(path, after)
    return after


def _entry(document: Document, place: int, value: object) -> Entry:
    where: Location = ("cases", place)
    line = document.line(where)
    if not isinstance(value, dict):
        raise UsageError(
            f"{document.path}:{line}: found {_kind(value)}, expected a case: {', '.join(_PARTS)}"
        )
    _refuse_unknown(document, where, value, _CASE)
    if missing := [part for part in _PARTS if part not in value]:
        raise UsageError(f"{document.path}:{line}: the case has no {', '.join(missing)}")
    texts = {name: _string(document, (*where, name), value) for name in value}
    return Entry(**texts, line=line)


def _string(document: Document, where: Location, values: Mapping[str, Any]) -> str:
    value = values.get(str(where[-1]), "")
    place = f"{document.path}:{document.line(where)}: {where[-1]}"
    if value is None and where[-1] in _WRITTEN:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{place} is {_kind(value)}, expected a text (quote it)")
    if len(value) > LONGEST:
        raise UsageError(f"{place} has {len(value)} characters, expected at most {LONGEST}")
    return value.strip("\n") if where[-1] in _WRITTEN else value


def _refuse_unknown(document: Document, where: Location, data: Mapping[str, Any], known: set[str]) -> None:
    for name in data:
        if name not in known:
            line = document.line((*where, name))
            raise UsageError(
                f"{document.path}:{line}: unknown key {name!r}; known: {', '.join(sorted(known))}"
            )


def _kind(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else f"{value!r:.40}"


def _text(text: str) -> str:
    """A text as it is kept: lines end in one way, and no empty line is first or last."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")[:LONGEST]


class _Dumper(yaml.SafeDumper):
    """Lists below their key are indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quotes around all that some reader of YAML might not take for text; several lines as they are."""
    lines = text.split("\n")
    if len(lines) > 1 and all(line.isprintable() for line in lines) and not lines[0].startswith(" "):
        style = "|"
    else:
        style = "" if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)
