"""What is known of each answer of a run: a judge's verdict as far as it holds, or what a rule says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import AsrdiagError
from ..store.folder import RunFolder
from .checking import KeyContentError, Stretch, check
from .folder import JudgeFolder, find_judge
from .ledger import State, read_state
from .pairs import key_of
from .population import Answer, Place, Population, read_population
from .sampling import Drawn, Sample, draw
from .verdict import Malformed, Verdict, verdict_of

_SAYS = {
    "correct": "equal to the reference after normalisation",
    "empty": "nothing was recognised",
    "nothing said": "the reference is empty: nobody said anything",
}


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One answer of a system, judged. Texts of the judge are as untrusted as transcripts are."""

    by: str
    """`judge`, or `rule` where none is needed."""
    hallucinated: tuple[Stretch, ...] = ()
    """Places in the raw hypothesis."""
    missed: tuple[Stretch, ...] = ()
    """Places in the raw reference."""
    meaning: int | None = None
    """0 to 100; `None` where there is no verdict."""
    key_errors: tuple[KeyContentError, ...] = ()
    n_key_errors: int = 0
    """As many as `key_errors`; by rule, the numbers and names that were lost, which have no places."""
    reason: str = ""
    unverified: tuple[str, ...] = ()
    """What the judge claims and is not in the texts: counted nowhere."""
    failure: str = ""
    """Why there is no verdict; empty if there is one."""
    repeats: int = 1
    """How many verdicts there are."""
    in_sample: bool | None = True
    """Whether it is part of the sample as it was drawn last; `None`: not looked up."""

    @property
    def has_hallucination(self) -> bool:
        return bool(self.hallucinated)

    @property
    def has_omission(self) -> bool:
        return bool(self.missed)

    @property
    def has_key_error(self) -> bool:
        return self.n_key_errors > 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A run as one judge sees it."""

    judge: str
    name: str
    """The judge's model and the version of its prompt."""
    sample: Sample
    population: Population
    """The scored answers among which the sample was drawn."""
    keys: Mapping[Place, str]
    """The hashes of the questions about those that a rule does not judge."""
    drawn: Drawn | None
    """The sample, over `population.open`; `None` where only some cells were read."""
    state: State
    answers: Mapping[Place, JudgedAnswer]
    """Those that are judged, or failed to be."""


def read_answers(
    folder: RunFolder, judge: str | None = None, cells: Collection[str] | None = None
) -> Judged | None:
    """Read a judge's verdicts on a run.

    Args:
        folder: the run.
        judge: the judge's id or how it begins; without it, the judge with the most answers.
        cells: only these (`system/dataset/condition`); then `in_sample` is not looked up.

    Returns:
        `None` if no judge was asked.

    Raises:
        UsageError: there is no such run or judge.
        AsrdiagError: a file is damaged.
    """
    files = find_judge(folder, judge)
    if files is None:
        return None
    sample = files.read_sample()
    population = read_population(folder, sample.selection, cells)
    identity = files.read_judge()["identity"]
    state = read_state(files.answers)
    keys = {answer.place: key_of(identity, answer.pair) for answer in population.open}
    drawn = draw(population.open, sample) if cells is None else None
    chosen = iter(drawn.chosen if drawn else ())
    found: dict[Place, JudgedAnswer] = {}
    verdicts: dict[str, JudgedAnswer | None] = {}
    for answer in population.answers:
        if answer.rule is not None:
            found[answer.place] = by_rule(answer)
            continue
        key, in_sample = keys[answer.place], next(chosen, None)
        if key not in verdicts:
            verdicts[key] = _by_judge(state, key, answer, files)
        if (verdict := verdicts[key]) is not None:
            found[answer.place] = _placed(verdict, in_sample)
    return Judged(files.id, files.name, sample, population, keys, drawn, state, found)


def by_rule(answer: Answer) -> JudgedAnswer:
    """What can be said of an answer without a judge."""
    assert answer.rule is not None
    pair, says = answer.pair, _SAYS[answer.rule]
    if answer.rule == "correct":
        return JudgedAnswer("rule", meaning=100, reason=says)
    if answer.rule == "empty":
        lost = (Stretch(0, len(pair.reference), pair.reference),)
        return JudgedAnswer("rule", missed=lost, meaning=0, n_key_errors=answer.entity_errors, reason=says)
    invented = (Stretch(0, len(pair.hypothesis), pair.hypothesis),)
    return JudgedAnswer("rule", hallucinated=invented, meaning=0, reason=says)


def verdict_in(event: Mapping[str, Any]) -> Verdict:
    """The verdict of an event `answer`.

    Raises:
        Malformed: it was changed by hand.
    """
    return verdict_of(event.get("verdict"))


def _by_judge(state: State, key: str, answer: Answer, files: JudgeFolder) -> JudgedAnswer | None:
    event = state.answers.get((key, 0))
    if event is None:
        failure = state.failures.get((key, 0))
        if failure is None or not failure["final"]:
            return None
        return JudgedAnswer("judge", failure=f"{failure['type']}: {failure['reason']}", repeats=0)
    try:
        verdict = verdict_in(event)
    except Malformed as problem:
        raise AsrdiagError(f"{files.answers}: the answer {key}: {problem}") from problem
    checked = check(verdict, answer.pair.reference, answer.pair.hypothesis)
    repeats = 1
    while (key, repeats) in state.answers:
        repeats += 1
    return JudgedAnswer(
        "judge",
        checked.hallucinated,
        checked.missed,
        verdict.meaning,
        checked.key_errors,
        len(checked.key_errors),
        verdict.reason,
        checked.unverified,
        repeats=repeats,
    )


def _placed(verdict: JudgedAnswer, in_sample: bool | None) -> JudgedAnswer:
    from dataclasses import replace

    return verdict if verdict.in_sample == in_sample else replace(verdict, in_sample=in_sample)
