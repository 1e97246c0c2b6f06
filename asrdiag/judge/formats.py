"""How an endpoint is asked for JSON: by a schema, if it takes one, else as it can."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Literal, get_args

from .prompt import Prompt

Format = Literal["json_schema", "json_object", "text"]


def _by_schema(prompt: Prompt) -> dict[str, Any]:
    schema = {"name": "verdict", "strict": True, "schema": dict(prompt.schema)}
    return {"type": "json_schema", "json_schema": schema}


FORMATS: Mapping[Format, Callable[[Prompt], dict[str, Any] | None]] = MappingProxyType(
    {
        "json_schema": _by_schema,
        "json_object": lambda prompt: {"type": "json_object"},
        "text": lambda prompt: None,
    }
)
"""The field `response_format` of a request, in the order in which they are tried."""


class Negotiation:
    """Which format the endpoint takes: the first one that it does not refuse.

    Until that is known one question is asked at a time, so that no more than one is refused for its form.
    """

    def __init__(self) -> None:
        self.settled: Format | None = None
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Sequence[Format]]:
        """The formats to try, in order."""
        if self.settled is None:
            async with self._lock:
                if self.settled is None:
                    yield get_args(Format)
                    return
        assert self.settled is not None
        yield (self.settled,)

    def settle(self, found: Format) -> None:
        """The endpoint answered to this one."""
        self.settled = self.settled or found
