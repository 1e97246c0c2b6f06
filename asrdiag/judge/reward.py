"""The judge as a reward, for the comparison with rewards that go by rule."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock, Thread
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from ..errors import AsrdiagError, UsageError
from ..hosted.calling import NotSent
from ..metrics.inputs import as_list
from ..metrics.rewards import Values
from ..metrics.rewards.measured import measure
from ..store.lock import RunLock
from .asking import Asker, EndpointRefuses
from .checking import check
from .ledger import Ledger, Slot
from .pairs import Pair, Question, key_of
from .reading import verdict_in
from .settings import JudgeSettings

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"meaning": 1.0, "hallucination": 0.2, "missed": 0.1, "key_error": 0.1}
)
"""Ours: nothing is published of how a judge's answer becomes a number. Deducting keeps silence below every
transcript that tells something, and above an invention."""
PARTS = tuple(WEIGHTS)


class JudgeStopped(AsrdiagError):
    """The judge cannot be asked any more: a budget is spent, or the endpoint refuses everything."""


class JudgeReward:
    """What a judge says of a transcript, as one number.

    R = w_meaning * meaning - w_hallucination * hallucination - w_missed * missed - w_key_error * key_error,
    with `meaning` from 0 to 1 (how much of what was said a reader would know) and 1 for the others where the
    judge finds such a thing. By default 1 is the best and -0.4 the worst. Texts that are equal after
    normalisation have the meaning 1 and no fault, and nobody is asked about them; an empty hypothesis has the
    meaning 0 and `missed`, words where nobody spoke the meaning 0 and `hallucination`.

    It has the interface of `asrdiag.metrics.rewards`, for `WeightedReward` and the adapters. Where the judge
    gave no usable answer the reward is NaN, which the adapter for TRL hands on as `None`: such a rollout is
    left out of its group. Each pair of texts is asked about once, whatever the batch, and several at a time.

    Args:
        settings: the judge, its limits and prices.
        weights: of the parts, those that are not named weigh 0; without it, `WEIGHTS`.
        language: the tag of utterances for which a call names none.
        answers: a file in which answers are kept, so that a later training finds them; `None`: in memory.
            Limits count everything in it. One process at a time holds it, and its folder.

    Raises:
        UsageError: a weight is unknown, negative or all are 0, httpx2 or the key is missing, or another
            process holds the file.
        AsrdiagError: the file is damaged.
    """

    def __init__(
        self,
        settings: JudgeSettings,
        *,
        weights: Mapping[str, float] | None = None,
        language: str = "en",
        answers: Path | str | None = None,
    ) -> None:
        self.settings, self.language = settings, language
        self.weights = _weights(WEIGHTS if weights is None else weights)
        self.path = None if answers is None else Path(answers)
        settings.require_usable()
        self._lock = Lock()
        self._open()

    def __repr__(self) -> str:
        return f"JudgeReward({self.settings.id!r}, weights={self.weights!r}, language={self.language!r})"

    def __getstate__(self) -> dict[str, Any]:
        """For another process: without connections; what was answered in memory stays here."""
        kept = ("settings", "language", "weights", "path")
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._lock = Lock()
        self._open()

    def score(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Values:
        """Return the reward of each utterance, a float64 array of shape (utterances,).

        It is NaN where the judge failed.

        Raises:
            JudgeStopped: a limit is reached, or the endpoint refuses everything; what is answered is kept.
            TypeError, ValueError: as in `asrdiag.metrics.rewards`.
        """
        return self.components(hypotheses=hypotheses, references=references, languages=languages)["reward"]

    def components(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> dict[str, Values]:
        """Return the reward under `reward`, beside it each part, and `asked`: 0 where no judge was needed.

        Raises:
            JudgeStopped, TypeError, ValueError: see `score`.
        """
        spoken = self.language if languages is None else languages
        measured = measure(hypotheses, references, spoken)
        tags = [spoken] * len(measured.answers) if isinstance(spoken, str) else as_list(spoken, "languages")
        expected = as_list(references, "references")
        pairs = [
            Pair(str(tag), reference, hypothesis)
            for tag, reference, hypothesis in zip(tags, expected, measured.answers, strict=True)
        ]
        parts = np.full((len(pairs), len(PARTS)), np.nan)
        equal = measured.column("correct") == np.maximum(
            measured.reference_tokens, measured.hypothesis_tokens
        )
        unsaid, empty = measured.reference_tokens == 0, measured.hypothesis_tokens == 0
        parts[empty] = (0, 0, 1, 0)
        parts[unsaid] = (0, 1, 0, 0)
        parts[equal] = (1, 0, 0, 0)
        open_ = np.flatnonzero(~(equal | unsaid | empty)).tolist()
        identity = self.settings.identity()
        keys = {index: key_of(identity, pairs[index]) for index in open_}
        self._ask({keys[index]: pairs[index] for index in open_})
        for index, key in keys.items():
            if (event := self._ledger.state.answers.get((key, 0))) is not None:
                parts[index] = _parts(event, pairs[index])
        signed = [-weight if name != "meaning" else weight for name, weight in self.weights.items()]
        found = {"reward": parts @ np.array(signed)}
        found |= {name: np.ascontiguousarray(parts[:, place]) for place, name in enumerate(PARTS)}
        asked = np.zeros(len(pairs))
        asked[open_] = 1
        return found | {"asked": asked}

    def spent(self) -> dict[str, float]:
        """Requests sent and what they cost at most, over everything that is kept."""
        return {"requests": self._ledger.state.requests, "cost": self._ledger.state.cost}

    def close(self) -> None:
        """Close the connections; doing so twice is harmless."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._asker.endpoint.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._files.close()

    def __enter__(self) -> "JudgeReward":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        self._files = ExitStack()
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._files.enter_context(RunLock(self.path.parent))
        try:
            self._ledger = Ledger(self.path, self.settings.max_requests, self.settings.max_cost)
            self._files.callback(self._ledger.close)
            self._asker = Asker.open(self.settings, self._ledger)
        except BaseException:
            self._files.close()
            raise
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="judge", daemon=True)
        self._thread.start()

    def _ask(self, pairs: Mapping[str, Pair]) -> None:
        with self._lock:  # threads with the same pair must not both pay for it
            state = self._ledger.state
            final = {slot for slot, failure in state.failures.items() if failure["final"]}
            todo = [
                Question(key, pair)
                for key, pair in sorted(pairs.items())
                if (key, 0) not in state.answers and (key, 0) not in final
            ]
            if not todo:
                return
            asyncio.run_coroutine_threadsafe(self._ask_all(todo), self._loop).result()
            failed = [_slot(question) for question in todo if _slot(question) not in state.answers]
            reasons = [state.failures[slot] for slot in failed if slot in state.failures]
            if len(failed) == len(todo) and all(reason["type"] == "RequestFailed" for reason in reasons):
                raise JudgeStopped(
                    f"the judge answered none of {len(todo)} questions: {reasons[0]['reason']}"
                )

    async def _ask_all(self, todo: Sequence[Question]) -> None:
        ended = await asyncio.gather(*map(self._asker.ask, todo), return_exceptions=True)
        for error in ended:
            if isinstance(error, NotSent | EndpointRefuses):
                raise JudgeStopped(f"the judge cannot be asked: {error}") from error
            if isinstance(error, BaseException):
                raise error


def _slot(question: Question) -> Slot:
    return question.key, question.repeat


def _parts(event: Mapping[str, Any], pair: Pair) -> tuple[float, float, float, float]:
    verdict = verdict_in(event)
    checked = check(verdict, pair.reference, pair.hypothesis)
    found = (bool(each) for each in (checked.hallucinated, checked.missed, checked.key_errors))
    return (verdict.meaning / 100, *map(float, found))  # type: ignore[return-value]


def _weights(given: Mapping[str, float]) -> dict[str, float]:
    if unknown := sorted(set(given) - set(PARTS)):
        raise UsageError(f"unknown part {unknown[0]!r} of a judge's reward; known: {', '.join(PARTS)}")
    weights = {name: float(given.get(name, 0.0)) for name in PARTS}
    if not all(0 <= weight < float("inf") for weight in weights.values()) or not any(weights.values()):
        raise UsageError(f"weights are {dict(given)}, expected numbers from 0 up, one of them above 0")
    return weights
