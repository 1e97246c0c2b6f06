"""Which way a router sent clips, as their sample records say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FACTOR = "route"
"""By which `groups.csv` breaks the results of a routed system down: `base` and `adapted`."""
_ADAPTED = "adapted"


def route_of(record: Mapping[str, Any]) -> str | None:
    """`adapted` or `base`; `None` for a clip that no router heard.

    >>> route_of({"details": {"route": "base", "p_degraded": 0.02}})
    'base'
    >>> route_of({"details": {"gated": True}}) is None
    True
    """
    route = (record.get("details") or {}).get(FACTOR)
    return None if route is None else str(route)


@dataclass(slots=True)
class Routes:
    """How many answered clips a router heard, and how many of them it gave to the adapted weights."""

    n_heard: int = 0
    n_adapted: int = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """Count an answered clip."""
        route = route_of(record)
        self.n_heard += route is not None
        self.n_adapted += route == _ADAPTED

    def __add__(self, other: "Routes") -> "Routes":
        return Routes(self.n_heard + other.n_heard, self.n_adapted + other.n_adapted)

    def columns(self) -> dict[str, Any]:
        """The columns of the leaderboard; none where no router heard anything.

        >>> Routes(n_heard=8, n_adapted=6).columns()
        {'n_routed': 6, 'routed_share_pct': 75.0}
        """
        if not self.n_heard:
            return {}
        return {"n_routed": self.n_adapted, "routed_share_pct": 100 * self.n_adapted / self.n_heard}
