"""Which way a router sent clips, as their sample records say it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..metrics import Counts

FACTOR = "route"
"""By which `groups.csv` breaks the results of a routed system down: `base` and `adapted`."""
ADAPTED, BASE = "adapted", "base"


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
    """The answered clips that a router heard: how many it sent each way, and the errors there."""

    n: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Any], counts: Counts) -> None:
        """Count an answered clip."""
        if (route := route_of(record)) is not None:
            self.n[route] += 1
            self.errors[route] += counts.errors
            self.tokens[route] += counts.reference_tokens

    def __add__(self, other: "Routes") -> "Routes":
        return Routes(self.n + other.n, self.errors + other.errors, self.tokens + other.tokens)

    def columns(self) -> dict[str, Any]:
        """The columns of the leaderboard; none where no router heard anything.

        >>> routes = Routes()
        >>> routes.add({"details": {"route": "base"}}, Counts(correct=9, deletions=1, lcs=9))
        >>> routes.columns()
        {'n_routed': 0, 'routed_share_pct': 0.0, 'adapted_error_rate_pct': None, 'base_error_rate_pct': 10.0}
        """
        total = sum(self.n.values())
        if not total:
            return {}
        return {
            "n_routed": self.n[ADAPTED],
            "routed_share_pct": 100 * self.n[ADAPTED] / total,
            "adapted_error_rate_pct": self._rate_pct(ADAPTED),
            "base_error_rate_pct": self._rate_pct(BASE),
        }

    def _rate_pct(self, route: str) -> float | None:
        return 100 * self.errors[route] / self.tokens[route] if self.tokens[route] else None
