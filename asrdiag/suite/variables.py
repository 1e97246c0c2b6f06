"""`${NAME}` in a suite's text, filled in from `--data NAME=PATH` and the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .document import Location

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that nothing sets, and where it is used."""

    name: str
    location: Location


class Expanded(NamedTuple):
    """Data with its variables filled in, those that nothing sets, and the names of all."""

    data: Any
    unset: list[Unset]
    used: set[str]


def expand(data: Any, values: Mapping[str, str]) -> Expanded:
    """Replace `${NAME}` in every text below `data`.

    A variable that is not in `values`, or is empty there, stays as written and is listed.
    """
    unset: list[Unset] = []
    used: set[str] = set()

    def walk(value: Any, location: Location) -> Any:
        if isinstance(value, dict):
            return {key: walk(item, (*location, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*location, index)) for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value

        def fill(match: re.Match[str]) -> str:
            used.add(match[1])
            found = values.get(match[1], "")
            if not found:
                unset.append(Unset(match[1], location))
            return found or match[0]

        return _VARIABLE.sub(fill, value)

    return Expanded(walk(data, ()), unset, used)
