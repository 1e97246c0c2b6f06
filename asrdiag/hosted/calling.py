"""Requests through an endpoint, several at a time, each tried until it is answered or given up."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from .failures import RequestFailed
from .key import Key
from .pace import Pace, backoff_s
from .request import Request
from .sending import Trouble, send


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How requests are sent."""

    concurrency: int = 8
    """Requests under way at a time."""
    requests_per_minute: float | None = None
    timeout_s: float = 120.0
    """For a request, from connecting to the last byte."""
    retries: int = 5
    backoff_s: float = 1.0
    longest_wait_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Called:
    """An answer of status 200."""

    body: bytes
    tries: int
    took_s: float
    """The request that was answered, without waits."""


class NotSent(Exception):
    """A limit keeps the request from being sent; the message says which."""


class Gone(RequestFailed):
    """No answer; the trouble that the last try ended with is kept."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


class Meter(Protocol):
    """Is asked before each try, and told what became of it."""

    def refusal(self) -> str:
        """Why no further try may be sent whatever happens; empty if one may."""

    async def admit(self) -> str:
        """Count a try that is sent at once; or why it may not be."""

    def unanswered(self, trouble: Trouble) -> None:
        """The try that was admitted last ended without an answer."""


class Endpoint:
    """An endpoint; at most `manner.concurrency` requests are under way. For one event loop.

    Raises:
        ImportError: httpx2 is missing.
    """

    def __init__(self, base_url: str, key: Key, manner: Manner) -> None:
        import httpx2

        self._key, self._manner = key, manner
        self._client = httpx2.AsyncClient(
            base_url=base_url,
            headers=key.headers,
            timeout=None,  # `send` limits the whole of a request, not each step of it
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=manner.concurrency),
        )
        self._slots = asyncio.Semaphore(manner.concurrency)
        self._pace = Pace(manner.requests_per_minute)

    async def call(self, request: Request, meter: Meter) -> Called:
        """Send a request until it is answered.

        Raises:
            NotSent: the meter refused.
            Gone: no answer after all tries, or trouble that does not pass.
        """
        tries = 0
        while True:
            tries += 1
            async with self._slots:
                await self._pace.turn()
                if reason := await meter.admit():
                    raise NotSent(reason)
                started = time.perf_counter()
                try:
                    body = await send(self._client, request, self._manner.timeout_s, self._key)
                except Trouble as found:
                    trouble = found
                    meter.unanswered(trouble)
                else:
                    return Called(body, tries, time.perf_counter() - started)
            if reason := self._give_up(trouble, tries):
                raise Gone(reason, trouble)
            if reason := meter.refusal():
                raise NotSent(reason)
            await asyncio.sleep(self._wait_s(trouble, tries))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _give_up(self, trouble: Trouble, tries: int) -> str:
        """The reason not to try again, if there is one."""
        wait_s, longest_s = trouble.retry_after_s or 0.0, self._manner.longest_wait_s
        asks_too_much = f", which asks to wait {wait_s:g} s (longest_wait_s: {longest_s:g})"
        if not trouble.again or tries > self._manner.retries or wait_s > longest_s:
            tried = "" if tries == 1 else f"{tries} requests, the last: "
            return f"{tried}{trouble}{asks_too_much if wait_s > longest_s else ''}"
        return ""

    def _wait_s(self, trouble: Trouble, tries: int) -> float:
        manner = self._manner
        if trouble.retry_after_s is None:
            return backoff_s(tries, manner.backoff_s, manner.longest_wait_s)
        self._pace.hold(trouble.retry_after_s)  # the others would be told the same
        return trouble.retry_after_s + backoff_s(1, manner.backoff_s, manner.longest_wait_s)
