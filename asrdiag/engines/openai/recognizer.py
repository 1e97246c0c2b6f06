"""Clips through an endpoint, several at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from threading import Lock, Thread
from typing import cast

from ...errors import SampleError
from ...hosted.calling import Endpoint, Gone, NotSent
from ...hosted.failures import HostedFailure, RequestFailed
from ...hosted.key import Key
from ...hosted.request import Request
from ...spec import Json
from ..base import Answer, Clip, Failed, NotAsked, Transcript
from .answer import read_answer
from .request import request_for
from .spec import OpenAISpec
from .spending import Spending


class OpenAIRecognizer:
    """An endpoint; whichever threads ask it, at most `concurrency` requests are under way.

    They are all sent from one thread, that of an event loop.
    """

    def __init__(self, spec: OpenAISpec, key: Key) -> None:
        self._spec, self._key = spec, key
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="requests", daemon=True)
        self._thread.start()
        self._opening, self._closed = Lock(), False
        self._endpoint = Endpoint(spec.base_url, key, spec.manner)
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
        await self._endpoint.close()

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
        try:
            called = await self._endpoint.call(request, self._spending)
        except NotSent as limit:
            return NotAsked(str(limit))
        except Gone as failure:
            return Failed(RequestFailed(str(failure)))
        read = read_answer(self._spec.api, called.body, self._spec.model)
        cost = self._spec.prices.cost(read.usage, clip.duration_s)
        self._spending.add(read.usage, cost)
        details = dict(read.details)
        if called.tries > 1:
            details["requests"] = called.tries
        if usage := read.usage.as_details():
            details["usage"] = dict(usage)
        if cost is not None:
            details["cost"] = cost
        if isinstance(read.text, HostedFailure):
            return Failed(read.text, details)
        return Transcript(read.text, details, called.took_s)

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
