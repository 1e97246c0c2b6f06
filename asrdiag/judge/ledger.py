"""Everything that was asked and answered, as it happened, and the budget that follows from it.

Each request is written down before it is sent and again when its end is known, so that whatever becomes of
this process the file says what may have been paid. What was sent and has no end counts at its worst.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import AsrdiagError
from ..store.log import JsonLog, read_log
from .pairs import Question

Slot = tuple[str, int]
"""The key of a question and which repeat of it."""

_EVENTS = frozenset({"sent", "unanswered", "malformed", "answer", "failed"})
_TOLERANCE = 1e-9


@dataclass(slots=True)
class State:
    """What the events so far come to."""

    answers: dict[Slot, dict[str, Any]] = field(default_factory=dict)
    malformed: dict[Slot, dict[str, Any]] = field(default_factory=dict)
    """Answers that are still to be repaired."""
    failures: dict[Slot, dict[str, Any]] = field(default_factory=dict)
    """The last failure of what has no answer."""
    open: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Requests without an end, by number."""
    requests: int = 0
    settled_cost: float = 0.0
    answers_counted: int = 0
    """Answers that said how many tokens they have."""
    output_tokens: int = 0
    """How many these have."""

    @property
    def cost(self) -> float:
        """What was paid, and what may still have to be."""
        return self.settled_cost + sum(float(sent["worst_cost"]) for sent in self.open.values())

    def add(self, event: Mapping[str, Any]) -> None:
        """Take an event in."""
        kind = event["event"]
        if kind == "sent":
            self.requests += 1
            self.open[event["request"]] = dict(event)
            return
        if event.get("request") is not None and self.open.pop(event["request"], None) is not None:
            self.settled_cost += event["cost"]
        if isinstance(tokens := (event.get("usage") or {}).get("output_tokens"), int):
            self.answers_counted += 1
            self.output_tokens += tokens
        if kind == "unanswered":
            return
        slot = event["key"], event["repeat"]
        if kind == "malformed":
            self.malformed[slot] = dict(event)
            return
        self.malformed.pop(slot, None)
        if kind == "answer":
            self.answers[slot] = dict(event)
            self.failures.pop(slot, None)
        elif slot not in self.answers:
            self.failures[slot] = dict(event)


def read_state(path: Path) -> State:
    """What a file of events comes to; nothing if there is none.

    Raises:
        AsrdiagError: a line is damaged; the message names file and line.
    """
    state = State()
    for number, event in enumerate(read_log(path), start=1):
        try:
            if event["event"] not in _EVENTS:
                raise ValueError(f"found the event {event['event']!r}")
            state.add(event)
        except (KeyError, TypeError, ValueError) as error:
            raise AsrdiagError(
                f"{path}:{number}: not a line that this version of asrdiag wrote: {error!r}"
            ) from error
    return state


class Ledger:
    """The events of one judge, open for more.

    Args:
        path: of the file; `None` keeps them in memory.
        max_requests, max_cost: for everything that the file says, whichever session it was.

    Raises:
        AsrdiagError: a line is damaged.
        SaveError: the file cannot be written.
    """

    def __init__(
        self, path: Path | None, max_requests: int | None = None, max_cost: float | None = None
    ) -> None:
        self.state = State() if path is None else read_state(path)
        done = self.state.answers.keys() | self.state.failures.keys()
        self.lost = sum((sent["key"], sent["repeat"]) not in done for sent in self.state.open.values())
        """Requests that were under way when an earlier session was killed, and were not made up for since."""
        self.stopping = ""
        """Why nothing more is to be sent, once something says so."""
        self._log = None if path is None else JsonLog(path)
        self._max_requests, self._max_cost = max_requests, max_cost
        self._under_way: set[int] = set()
        self._settled = asyncio.Event()

    def refusal(self) -> str:
        """Why nothing more may be sent, whatever becomes of what is under way; empty if something may."""
        if self.stopping:
            return self.stopping
        if self._max_requests is not None and self.state.requests >= self._max_requests:
            return f"{self.state.requests} requests are all that max_requests allows"
        return ""

    async def admit(self, question: Question, step: str, worst_cost: float) -> int | str:
        """Reserve a request's worst cost and write down that it is sent; wait while it may still fit in.

        Returns:
            The request's number; or why it may not be sent.
        """
        while not (reason := self.refusal()):
            spent = self.state.cost
            if self._max_cost is None or spent + worst_cost <= self._max_cost + _TOLERANCE:
                return self._sent(question, step, worst_cost)
            if not self._under_way:
                may = f"the next request may cost {worst_cost:.6g}"
                return f"up to {spent:.6g} is spent, {may}, and max_cost is {self._max_cost:g}"
            self._settled.clear()
            await self._settled.wait()
        return reason

    def settle(self, request: int | None, event: str, cost: float, **details: Any) -> None:
        """Write down how a request ended, or with `None` that a question failed without one."""
        self._write({"event": event, "request": request, "at": _now(), "cost": cost, **details})
        if request is not None:
            self._under_way.discard(request)
        self._settled.set()

    def stop(self, reason: str) -> None:
        """Send nothing more."""
        self.stopping = self.stopping or reason
        self._settled.set()

    def close(self) -> None:
        if self._log is not None:
            self._log.close()

    def _sent(self, question: Question, step: str, worst_cost: float) -> int:
        number = self.state.requests
        self._under_way.add(number)
        sent = {"event": "sent", "request": number, "at": _now(), "key": question.key}
        self._write({**sent, "repeat": question.repeat, "step": step, "worst_cost": worst_cost})
        return number

    def _write(self, event: dict[str, Any]) -> None:
        event = _writable(event)
        if self._log is not None:
            self._log.append(event)
        self.state.add(event)


def _writable(value: Any) -> Any:
    """The value with every half character in its texts replaced: UTF-8 has none."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    return [_writable(item) for item in value] if isinstance(value, list) else value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
