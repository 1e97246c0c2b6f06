"""Components by name: asrdiag's own, and those of other packages."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from .errors import UsageError, unknown


@dataclass(frozen=True, slots=True)
class Registry:
    """Maps a name to `module:attribute`.

    A component of asrdiag's own is one file and one line in `own`; another package adds one by an entry
    point in `group`, without touching this one.
    """

    kind: str
    """The noun that error messages use ("engine", "dataset loader")."""
    group: str
    """The entry point group of other packages' components."""
    own: Mapping[str, str]

    def entries(self) -> dict[str, str]:
        """All known components, asrdiag's own first.

        Raises:
            UsageError: another package gives a name that is taken.
        """
        found = dict(self.own)
        for point in entry_points(group=self.group):
            if found.setdefault(point.name, point.value) != point.value:
                where = point.dist.name if point.dist else "a package"
                raise UsageError(
                    f"{where} gives the {self.kind} {point.name!r} a second time ({point.value})"
                )
        return found

    def names(self) -> list[str]:
        """The known names, in the order they were registered."""
        return list(self.entries())

    def load(self, name: str) -> Any:
        """Import and return the component.

        Raises:
            UsageError: `name` is not registered, and the message lists the known names; or its module
                cannot be imported.
        """
        entries = self.entries()
        if name not in entries:
            raise UsageError(unknown(self.kind, name, entries))
        module, _, attribute = entries[name].partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:  # whatever another package's module does when it is imported
            what = f"{self.kind} {name!r} ({entries[name]})"
            raise UsageError(f"{what} cannot be loaded: {type(error).__name__}: {error}") from error
