"""Clips through an endpoint, several at a time."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from threading import Lock, Thread
from typing import cast

from ...errors import SampleError
from ...spec import Json
from ..base import Answer, Clip, Failed, NotAsked, Transcript
from .answer import read_answer
from .failures import HostedFailure, RequestFailed
from .key import Key
from .pace import Pace, backoff_s
from .request import Request, request_for
from .sending import Trouble, send
from .spec import OpenAISpec
from .spending import Spending


class OpenAIRecognizer:
    """An endpoint; whichever threads ask it, at most `concurrency` requests are under way.

    They are all sent from one thread, that of an event loop.
    """

    def __init__(self, spec: OpenAISpec, key: Key) -> None:
        import httpx2

        self._spec, self._key = spec, key
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="requests", daemon=True)
        self._thread.start()
        self._opening, self._closed = Lock(), False
        self._client = httpx2.AsyncClient(
            base_url=spec.base_url,
            headers=key.headers,
            timeout=None,  # `send` limits the whole of a request, not each step of it
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=spec.concurrency),
        )
        self._slots = asyncio.Semaphore(spec.concurrency)
        self._pace = Pace(spec.requests_per_minute)
        self._spending = Spending(spec.max_requests, spec.max_cost)

    def transcribe(self, clips: Sequence[Clip]) -> list[Answer]:
        """One answer a clip, in order; nothing that happens to a clip touches another.

        Details: `requests` if it took more than one; `usage` and `cost` as far as the endpoint and the prices
        say; and those of `read_answer`. `transcribe_s` is the time of the request that was answered.

        Raises:
            RuntimeError: it is closed.
            CancelledError: it was closed meanwhile.
        """
        requests = [self._request(clip) for clip in clips]
        with self._opening:
            if self._closed:
                raise RuntimeError("the connections to the endpoint are closed")
            answers = asyncio.run_coroutine_threadsafe(self._all(clips, requests), self._loop)
        return answers.result()

    def spent(self) -> Mapping[str, Json]:
        """See `Spending.as_record`."""
        return self._spending.as_record(priced=self._spec.prices.known)

    def close(self) -> None:
        """Close the connections; what is under way is given up."""
        with self._opening:
            if self._closed:
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._client.aclose()

    def _request(self, clip: Clip) -> Request | Failed:
        try:
            return request_for(self._spec, clip)
        except SampleError as error:
            return Failed(SampleError(f"{clip.sample_id}: {error}"))
        except Exception as error:  # noqa: BLE001  (a batch must not fail with one of its clips; it is recorded)
            return Failed(error)

    async def _all(self, clips: Sequence[Clip], requests: Sequence[Request | Failed]) -> list[Answer]:
        return await asyncio.gather(*map(self._one, clips, requests))

    async def _one(self, clip: Clip, request: Request | Failed) -> Answer:
        if isinstance(request, Failed):
            return request
        try:
            answer = await self._ask(clip, request)
        except Exception as error:  # noqa: BLE001  (likewise)
            answer = Failed(error)
        return self._without_key(answer)

    async def _ask(self, clip: Clip, request: Request) -> Answer:
        tries = 0
        while True:
            tries += 1
            async with self._slots:
                await self._pace.turn()
                if reason := self._spending.refusal():
                    return NotAsked(reason)
                self._spending.requests += 1
                started = time.perf_counter()
                try:
                    body = await send(self._client, request, self._spec.timeout_s, self._key)
                except Trouble as found:
                    trouble = found
                else:
                    return self._answered(clip, body, tries, time.perf_counter() - started)
            if reason := self._give_up(trouble, tries):
                return Failed(RequestFailed(reason))
            if reason := self._spending.refusal():
                return NotAsked(reason)
            await asyncio.sleep(self._wait_s(trouble, tries))

    def _give_up(self, trouble: Trouble, tries: int) -> str:
        """The reason not to try again, if there is one."""
        wait_s, longest_s = trouble.retry_after_s or 0.0, self._spec.longest_wait_s
        asks_too_much = f", which asks to wait {wait_s:g} s (longest_wait_s: {longest_s:g})"
        if not trouble.again or tries > self._spec.retries or wait_s > longest_s:
            tried = "" if tries == 1 else f"{tries} requests, the last: "
            return f"{tried}{trouble}{asks_too_much if wait_s > longest_s else ''}"
        return ""

    def _wait_s(self, trouble: Trouble, tries: int) -> float:
        spec = self._spec
        if trouble.retry_after_s is None:
            return backoff_s(tries, spec.backoff_s, spec.longest_wait_s)
        self._pace.hold(trouble.retry_after_s)  # the others would be told the same
        return trouble.retry_after_s + backoff_s(1, spec.backoff_s, spec.longest_wait_s)

    def _answered(self, clip: Clip, body: bytes, tries: int, took_s: float) -> Answer:
        read = read_answer(self._spec.api, body, self._spec.model)
        cost = self._spec.prices.cost(read.usage, clip.duration_s)
        self._spending.add(read.usage, cost)
        details = dict(read.details)
        if tries > 1:
            details["requests"] = tries
        if usage := read.usage.as_details():
            details["usage"] = dict(usage)
        if cost is not None:
            details["cost"] = cost
        if isinstance(read.text, HostedFailure):
            return Failed(read.text, details)
        return Transcript(read.text, details, took_s)

    def _without_key(self, answer: Answer) -> Answer:
        """An endpoint that repeats the key must not bring it into a run directory."""
        if isinstance(answer, Failed):
            error, message = answer.error, self._key.hide_in(str(answer.error))
            if message != str(error):
                error = type(error)(message) if isinstance(error, HostedFailure) else HostedFailure(message)
            return Failed(error, cast("dict[str, Json]", self._key.hide(dict(answer.details))))
        if isinstance(answer, Transcript) and not self._key.is_placeholder:
            details = cast("dict[str, Json]", self._key.hide(dict(answer.details)))
            return Transcript(self._key.hide_in(answer.text), details, answer.transcribe_s)
        return answer
