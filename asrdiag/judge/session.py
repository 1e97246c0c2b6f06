"""One session of judging: what is still to be asked, in an order that tells nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ..errors import UsageError
from ..hosted.calling import NotSent
from ..store.folder import RunFolder
from .asking import Asker, EndpointRefuses
from .costs import likely_input_tokens, likely_output_tokens, most_input_tokens
from .folder import JudgeFolder
from .formats import FORMATS
from .interrupting import Interruptible
from .ledger import Ledger, State, read_state
from .pairs import Question, key_of
from .population import Population, read_population
from .sampling import Sample, draw
from .settings import JudgeSettings

FAILURES_IN_A_ROW = 5
"""Questions without an answer, one after the other, after which the endpoint is given up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session would ask."""

    settings: JudgeSettings
    sample: Sample
    """With the strata that were left."""
    population: Population
    n_sampled: int
    """Answers in the sample that only a judge can judge."""
    questions: tuple[Question, ...]
    """All that the sample comes to, each pair of texts once."""
    todo: tuple[Question, ...]
    """Of these, what has neither an answer nor a failure that would come again."""
    state: State

    @property
    def n_by_rule(self) -> int:
        return sum(answer.rule is not None for answer in self.population.answers)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking `todo` comes to: likely, and at most if nothing has to be asked again."""

    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """`None` without a price."""
    most_cost: float | None


@dataclass(slots=True)
class Result:
    """What became of a session."""

    answered: int = 0
    failed: int = 0
    """Questions that ended without an answer, in this session."""
    left: int = 0
    """Questions that were not asked to the end."""
    stopped: str = ""
    """Why not; empty if none is left."""
    interrupted: bool = False
    lost: int = 0
    """Requests that were under way when an earlier session was killed."""
    reasons: Counter[str] = field(default_factory=Counter)


def make_plan(
    folder: RunFolder,
    settings: JudgeSettings,
    sample: Sample,
    *,
    same_strata: bool = False,
    repeats: int = 1,
    retry_failed: bool = False,
) -> Plan:
    """Find out what is to be asked.

    Args:
        folder: the run.
        settings: the judge.
        sample: which answers.
        same_strata: take the strata of the sample that was drawn before, if there is one, so that the new one
            holds it.
        repeats: how often each pair is judged.
        retry_failed: ask again what failed in a way that would come again.

    Raises:
        UsageError: this is no run, it has no scores, or a name is unknown.
        AsrdiagError: a file is damaged.
    """
    files = JudgeFolder(folder, settings.id)
    if same_strata and (files.path / "sample.json").is_file():
        before = files.read_sample()
        sample = replace(sample, strata=before.strata, seed=before.seed)
    population = read_population(folder, sample.selection)
    if not population.answers:
        reason = population.notes[0] if population.notes else "it has no answers"
        raise UsageError(f"{folder.path}: nothing to judge: {reason}")
    answers = population.open
    drawn = draw(answers, sample)
    identity = settings.identity()
    state = read_state(files.answers)
    pairs = {
        key_of(identity, answer.pair): answer.pair
        for answer, chosen in zip(answers, drawn.chosen, strict=True)
        if chosen
    }
    # By hash: nothing in the order tells which system an answer is of.
    questions = tuple(Question(key, pairs[key], repeat) for repeat in range(repeats) for key in sorted(pairs))
    done = set(state.answers)
    if not retry_failed:
        done |= {slot for slot, failure in state.failures.items() if failure["final"]}
    todo = tuple(each for each in questions if (each.key, each.repeat) not in done)
    sample = replace(sample, strata=drawn.strata) if sample.size is not None else sample
    return Plan(settings, sample, population, sum(drawn.chosen), questions, todo, state)


def forecast(plan: Plan) -> Forecast:
    """Estimate what a session costs: tokens by the letters, and those of answers by what was seen so far."""
    settings, state = plan.settings, plan.state
    written = likely_output_tokens(state.answers_counted, state.output_tokens)
    read = most_read = 0
    for question in plan.todo:
        body = {
            "messages": settings.told.messages(question.key, question.pair.as_data()),
            "response_format": FORMATS["json_schema"](settings.told),
        }
        read += likely_input_tokens(body)
        most_read += most_input_tokens(body | {"model": settings.model})
    requests = len(plan.todo)
    tokens = round(requests * written)
    return Forecast(
        requests,
        read,
        tokens,
        settings.prices.of_several(requests, read, tokens),
        settings.prices.of_several(requests, most_read, requests * settings.max_output_tokens),
    )


def run_session(
    plan: Plan, folder: RunFolder, told: Callable[[Result, State], None], note: Callable[[str], None]
) -> Result:
    """Ask what is to be asked.

    SIGINT and SIGTERM stop the sending; what is under way is waited for, so that nothing is paid for twice. A
    second one gives it up.

    Args:
        plan: what to ask.
        folder: the run; the caller holds its lock.
        told: called after every question.
        note: called with what a user should know.

    Raises:
        UsageError: the judge cannot be asked here.
        SaveError: an answer could not be written.
        KeyboardInterrupt: interrupted twice.
    """
    files = JudgeFolder(folder, plan.settings.id)
    plan.settings.require_usable()
    files.write_judge(plan.settings)
    files.write_sample(plan.sample)
    ledger = Ledger(files.answers, plan.settings.max_requests, plan.settings.max_cost)
    result = Result(lost=ledger.lost)
    try:
        asyncio.run(_ask_all(plan, ledger, result, told, note))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        ledger.close()
    return result


async def _ask_all(
    plan: Plan,
    ledger: Ledger,
    result: Result,
    told: Callable[[Result, State], None],
    note: Callable[[str], None],
) -> None:
    asker = Asker.open(plan.settings, ledger)
    session = _Session(asker, iter(plan.todo), result, told)
    with Interruptible(ledger, session, note):
        workers = [asyncio.create_task(session.work()) for _ in range(plan.settings.manner.concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await asker.endpoint.close()
    result.left = len(plan.todo) - result.answered - result.failed
    result.stopped = ledger.stopping if result.left or ledger.stopping else ""


class _Session:
    """Questions taken one after the other by several workers."""

    def __init__(
        self,
        asker: Asker,
        questions: Iterator[Question],
        result: Result,
        told: Callable[[Result, State], None],
    ) -> None:
        self._asker, self._questions, self.result, self._told = asker, questions, result, told
        self._in_a_row = 0
        self.under_way = 0

    async def work(self) -> None:
        ledger = self._asker.ledger
        while not ledger.stopping and (question := next(self._questions, None)) is not None:
            self.under_way += 1
            try:
                answered = await self._asker.ask(question)
            except NotSent as limit:
                ledger.stop(str(limit))
                return
            except EndpointRefuses as refusal:
                self.result.failed += 1
                ledger.stop(f"the endpoint refuses: {refusal}")
                return
            finally:
                self.under_way -= 1
            self._count(question, answered)

    def _count(self, question: Question, answered: bool) -> None:
        ledger, result = self._asker.ledger, self.result
        if answered:
            result.answered += 1
            self._in_a_row = 0
        else:
            result.failed += 1
            failure = ledger.state.failures[question.key, question.repeat]
            result.reasons[f"{failure['type']}: {failure['reason']}"] += 1
            if failure["type"] == "RequestFailed":
                self._in_a_row += 1
                if self._in_a_row >= FAILURES_IN_A_ROW:
                    ledger.stop(f"{self._in_a_row} questions in a row got no answer: {failure['reason']}")
            else:
                self._in_a_row = 0
        self._told(result, ledger.state)
