"""Named components, imported only when they are used."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UsageError, unknown


@dataclass(frozen=True, slots=True)
class Registry:
    """Maps a name to `module:attribute`; adding a component is one file and one line here.

    `kind` is the noun that error messages use ("engine", "dataset loader").
    """

    kind: str
    entries: Mapping[str, str]

    def names(self) -> list[str]:
        """The known names, in the order they were registered."""
        return list(self.entries)

    def load(self, name: str) -> Any:
        """Import and return the component.

        Raises:
            UsageError: `name` is not registered; the message lists the known names.
        """
        if name not in self.entries:
            raise UsageError(unknown(self.kind, name, self.entries))
        module, attribute = self.entries[name].split(":")
        return getattr(importlib.import_module(module), attribute)
