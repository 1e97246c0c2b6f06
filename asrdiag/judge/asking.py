"""One question brought to its end: asked, read, repaired once if need be, and written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..hosted.calling import Called, Endpoint, Gone
from ..hosted.chat import chat_text, json_object
from ..hosted.failures import (
    CutOff,
    Filtered,
    HostedFailure,
    NoText,
    Refused,
    RequestFailed,
    UnreadableAnswer,
)
from ..hosted.key import Key, read_key
from ..hosted.request import Request
from ..hosted.sending import Trouble, shortened
from ..hosted.usage import Usage, read_usage
from ..spec import Json
from .checking import check
from .costs import most_input_tokens, settled_cost
from .formats import FORMATS, Format, Negotiation
from .ledger import Ledger
from .pairs import Question
from .prompt import Failed
from .settings import JudgeSettings
from .verdict import Malformed, Verdict, read_verdict

LONGEST_TEXT = 20_000
"""Characters of a transcript; a longer one is not sent."""
_KEPT = 4_000
"""Characters that are kept of an answer that cannot be used."""
_FINAL = (Refused, Filtered, CutOff, Malformed)
"""What the model itself gave: at temperature 0 it would do so again, and be paid again."""
_DEAD = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 405})
"""Statuses that every further request would have, too."""

Step = Literal["judge", "repair"]


class TooLong(HostedFailure):
    """A transcript is longer than what is sent to a judge."""


class EndpointRefuses(Exception):
    """The endpoint will not answer anything: a wrong key, address or model."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A text of the judge's, or why there is none, and the request that it came from."""

    text: str | HostedFailure
    request: int
    cost: float
    details: Mapping[str, Json]


@dataclass(slots=True)
class _Meter:
    """Reserves the worst cost of each try of one request."""

    ledger: Ledger
    question: Question
    step: Step
    worst_cost: float
    request: int = -1
    format: str = ""

    def refusal(self) -> str:
        return self.ledger.refusal()

    async def admit(self) -> str:
        admitted = await self.ledger.admit(self.question, self.step, self.worst_cost)
        if isinstance(admitted, str):
            return admitted
        self.request = admitted
        return ""

    def unanswered(self, trouble: Trouble) -> None:
        cost = self.worst_cost if trouble.may_cost else 0.0
        self.ledger.settle(self.request, "unanswered", cost, reason=str(trouble), status=trouble.status)


@dataclass(slots=True)
class Asker:
    """Asks one judge; `concurrency` questions at a time, as the endpoint's manner says."""

    settings: JudgeSettings
    key: Key
    endpoint: Endpoint
    ledger: Ledger
    negotiation: Negotiation = field(default_factory=Negotiation)

    @classmethod
    def open(cls, settings: JudgeSettings, ledger: Ledger) -> "Asker":
        """Make a client; nothing is sent yet.

        Raises:
            UsageError: httpx2 or the key is missing.
        """
        settings.require_usable()
        key = read_key(settings.api_key_env)
        return cls(settings, key, Endpoint(settings.base_url, key, settings.manner), ledger)

    async def ask(self, question: Question) -> bool:
        """Bring a question to its end, which is in the ledger then; whether it has an answer.

        Raises:
            NotSent: a limit keeps it from being asked; it can be asked later.
            EndpointRefuses: so it would every other question.
        """
        slot = question.key, question.repeat
        malformed = self.ledger.state.malformed.get(slot)
        try:
            if max(map(len, question.pair.as_data().values())) > LONGEST_TEXT:
                raise TooLong(f"a transcript has more than {LONGEST_TEXT} characters")
            answer = await self._answer(question, "judge") if malformed is None else None
            if answer is not None and (reason := self._take(question, answer, "judge")):
                malformed = {"content": str(answer.text), "reason": reason}
            if malformed is not None:
                failed = Failed(malformed["content"], malformed["reason"])
                self._take(question, await self._answer(question, "repair", failed), "repair")
        except (RequestFailed, TooLong) as failure:
            dead = isinstance(failure, Gone) and _is_dead(failure.trouble)
            self._fail(question, None, failure)
            if dead:
                raise EndpointRefuses(str(failure)) from failure
        return slot in self.ledger.state.answers

    async def _answer(self, question: Question, step: Step, failed: Failed | None = None) -> _Answer:
        """The judge's text, in the first form of request that the endpoint takes."""
        async with self.negotiation.turn() as formats:
            for place, name in enumerate(formats):
                body = self._body(question, name, failed)
                most = most_input_tokens(body), self.settings.max_output_tokens
                meter = _Meter(self.ledger, question, step, self.settings.prices.of(*most))
                try:
                    called = await self.endpoint.call(Request("chat/completions", {"json": body}), meter)
                except Gone as gone:
                    if gone.trouble.code == "content_filter":  # Azure's way to withhold an answer
                        return _Answer(Filtered(str(gone)), meter.request, 0.0, {})
                    if gone.trouble.status not in (400, 415, 422) or place + 1 == len(formats):
                        raise
                else:
                    self.negotiation.settle(name)
                    return self._read(called, meter, name)
        raise AssertionError("there is a last format")

    def _body(self, question: Question, name: Format, failed: Failed | None) -> dict[str, Any]:
        settings = self.settings
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": settings.told.messages(question.key, question.pair.as_data(), failed),
            "max_completion_tokens": settings.max_output_tokens,
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        if (response_format := FORMATS[name](settings.told)) is not None:
            body["response_format"] = response_format
        return body | dict(settings.extra_body)

    def _read(self, called: Called, meter: _Meter, name: Format) -> _Answer:
        details: dict[str, Json] = {"format": name, "took_s": round(called.took_s, 3)}
        usage = Usage()
        text: str | HostedFailure
        try:
            document = json_object(called.body)
            usage = read_usage(document)
            if isinstance(model := document.get("model"), str) and model != self.settings.model:
                details["model"] = shortened(model)
            text = chat_text(document, details)
            text.encode()
        except HostedFailure as failure:
            text = failure
        except UnicodeEncodeError as error:
            text = UnreadableAnswer(f"found half a character: {error}")
        if found := usage.as_details():
            details["usage"] = dict(found)
        cost = settled_cost(
            self.settings.prices, usage, meter.worst_cost, said_something=isinstance(text, str) and text != ""
        )
        return _Answer(text, meter.request, cost, cast("dict[str, Json]", self.key.hide_in_answer(details)))

    def _take(self, question: Question, answer: _Answer, step: Step) -> str:
        """Write an answer down; the reason why it has to be repaired, if so."""
        try:
            verdict = self._verdict(answer)
        except Malformed as problem:
            content = "" if isinstance(answer.text, HostedFailure) else answer.text[:_KEPT]
            kept = {
                "content": str(self.key.hide_in_answer(content)),
                "reason": self.key.hide_in(str(problem)),
            }
            if step == "judge":
                self._settle(question, answer, "malformed", kept)
                return kept["reason"]
            self._fail(question, answer, problem, kept)
        except HostedFailure as failure:
            self._fail(question, answer, failure)
        else:
            found = check(verdict, question.pair.reference, question.pair.hypothesis)
            self._settle(
                question,
                answer,
                "answer",
                {
                    "pair": question.pair.as_record(),
                    "verdict": self.key.hide_in_answer(verdict.as_record()),
                    "unverified": self.key.hide_in_answer(list(found.unverified)),
                    "repaired": step == "repair",
                },
            )
        return ""

    @staticmethod
    def _verdict(answer: _Answer) -> Verdict:
        if isinstance(answer.text, NoText):
            raise Malformed(str(answer.text))
        if isinstance(answer.text, HostedFailure):
            raise answer.text
        try:
            return read_verdict(answer.text)
        except Malformed as problem:
            cut = "; the limit of tokens came before its end (max_output_tokens)"
            raise Malformed(f"{problem}{cut if answer.details.get('truncated') else ''}") from None

    def _settle(self, question: Question, answer: _Answer, event: str, details: Mapping[str, Any]) -> None:
        slot = {"key": question.key, "repeat": question.repeat}
        self.ledger.settle(answer.request, event, answer.cost, **slot, **answer.details, **details)

    def _fail(
        self,
        question: Question,
        answer: _Answer | None,
        failure: HostedFailure,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        kind = "RequestFailed" if isinstance(failure, Gone) else type(failure).__name__
        told = {
            "key": question.key,
            "repeat": question.repeat,
            "pair": question.pair.as_record(),
            "type": kind,
            "final": isinstance(failure, _FINAL),
            "reason": self.key.hide_in(str(failure)),
        }
        extra = {**(answer.details if answer else {}), **(details or {})}
        request, cost = (answer.request, answer.cost) if answer else (None, 0.0)
        self.ledger.settle(request, "failed", cost, **{**extra, **told})


def _is_dead(trouble: Trouble) -> bool:
    return trouble.status in _DEAD or trouble.code == "insufficient_quota"
