"""YAML read into plain data that remembers the line each value stands on."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import UsageError

Location = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top, e.g. `("systems", 0, "id")`."""

_TAG = "tag:yaml.org,2002:"
_LARGEST = 100_000
"""Values in a suite, at most: a few nested aliases can stand for billions."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `data` of dicts, lists and scalars, and the 1-based `lines` of its values."""

    path: Path
    content: bytes
    """The file, byte for byte."""
    data: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int:
        """The line of a value, or of the nearest value around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: `no` and `2026-01-01` are text, `010` is ten, `1:30` is text."""


_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor(_TAG + "int", lambda _, node: int(node.value))


def read_document(path: Path) -> Document:
    """Parse a YAML file.

    Raises:
        UsageError: it cannot be read, is not YAML, or gives a key twice; the message names file and line.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a UTF-8 text file: {error}") from error
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        reader = _Reader(loader, path)
        data = None if node is None else reader.read(node, (), ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).replace("\n", " ")
        if context := getattr(error, "context_mark", None):
            problem = f"{problem}, {error.context} that begins in line {context.line + 1}"  # type: ignore[attr-defined]
        raise UsageError(f"{path}{line}: not valid YAML: {problem}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deeply for a suite") from error
    return Document(path, content, data, reader.lines if node else {})


def read_value(text: str) -> Any:
    """A value as a suite has it: `no` is text, `[net, meeting]` a list.

    Raises:
        UsageError: it is not YAML, or has aliases, which could be endless.
    """
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader)):
            raise UsageError(f"found an alias in {text!r:.80}, expected a value without any")
        return yaml.load(text, _Loader)  # noqa: S506  (it is a SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(f"found {text!r}, expected a value as in a suite: {error}") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    loader: _Loader
    path: Path
    lines: dict[Location, int] = field(default_factory=dict)

    def read(self, node: yaml.Node, location: Location, parents: tuple[int, ...]) -> Any:
        if id(node) in parents:
            raise self.error(node, "an alias may not contain itself")
        if len(self.lines) > _LARGEST:
            raise self.error(node, f"more than {_LARGEST} values, too many for a suite")
        parents = (*parents, id(node))
        self.lines[location] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, location, parents)
        if isinstance(node, yaml.SequenceNode):
            self.refuse_tag(node, "seq")
            return [self.read(item, (*location, index), parents) for index, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, location: Location, parents: tuple[int, ...]) -> dict[str, Any]:
        self.refuse_tag(node, "map")
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.scalar(key_node)
            if not isinstance(key, str):
                raise self.error(key_node, f"found the key {key!r}, expected text (quote it)")
            if key == "<<":
                raise self.error(key_node, "found '<<', which merges nothing here (write the keys out)")
            if key in data:
                raise self.error(key_node, f"the key {key!r} is given twice")
            data[key] = self.read(value_node, (*location, key), parents)
            self.lines[*location, key] = key_node.start_mark.line + 1
        return data

    def scalar(self, node: yaml.Node) -> Any:
        self.refuse_tag(node, "str", "int", "float", "bool", "null")
        try:
            node.value.encode()
            return self.loader.construct_object(node)
        except (ValueError, KeyError) as error:
            kind = node.tag.removeprefix(_TAG)
            raise self.error(node, f"found {node.value[:80]!r}, which is no valid {kind}") from error

    def refuse_tag(self, node: yaml.Node, *known: str) -> None:
        """Refuse explicit tags, and a list or mapping where text is expected."""
        tag = node.tag.removeprefix(_TAG)
        if tag not in known:
            raise self.error(node, f"not valid YAML: found {tag!r}, expected {' or '.join(known)}")

    def error(self, node: yaml.Node, text: str) -> UsageError:
        return UsageError(f"{self.path}:{node.start_mark.line + 1}: {text}")
