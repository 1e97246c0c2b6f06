"""YAML read into plain data that remembers the line each value stands on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import UsageError

Location = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top, e.g. `("systems", 0, "id")`."""


_PLAIN_TAGS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `data` of dicts, lists and scalars, and the 1-based `lines` of its values."""

    path: Path
    data: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int:
        """The line of a value, or of the nearest value around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


class _Loader(yaml.SafeLoader):
    """Safe YAML without timestamps: `2026-01-01` stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> Document:
    """Parse a YAML file.

    Raises:
        UsageError: it cannot be read, is not YAML, or gives a key twice; the message names file and line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a UTF-8 text file: {error}") from error
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Location, int] = {}
        data = None if node is None else _Reader(loader, path, lines).read(node, (), ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from error
    finally:
        loader.dispose()
    return Document(path, data, lines)


@dataclass(frozen=True, slots=True)
class _Reader:
    loader: _Loader
    path: Path
    lines: dict[Location, int]

    def read(self, node: yaml.Node, location: Location, parents: tuple[int, ...]) -> Any:
        line = node.start_mark.line + 1
        if id(node) in parents:
            raise UsageError(f"{self.path}:{line}: an alias may not contain itself")
        parents = (*parents, id(node))
        self.lines[location] = line
        if isinstance(node, yaml.CollectionNode) and node.tag not in _PLAIN_TAGS:
            raise UsageError(f"{self.path}:{line}: not valid YAML: found the tag {node.tag!r}, expected none")
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*location, index), parents) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return self.loader.construct_object(node)
        self.loader.flatten_mapping(node)
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.loader.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise UsageError(f"{self.path}:{line}: found the key {key!r}, expected text (quote it)")
            if key in data:
                raise UsageError(f"{self.path}:{line}: the key {key!r} is given twice")
            data[key] = self.read(value_node, (*location, key), parents)
            self.lines[*location, key] = line
        return data
