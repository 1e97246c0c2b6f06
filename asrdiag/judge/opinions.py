"""What several say of the same answers: the judge, the rules, the judge again, another judge, people."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..metrics.diagnosis import HALLUCINATIONS, MODES, OMISSIONS
from .agreement import Agreement, MeaningAgreement, compare_labels, compare_meaning
from .checking import check
from .human import Label
from .population import Answer
from .reading import Judged, JudgedAnswer, verdict_in

YES_NO = ("yes", "no")
QUESTIONS: dict[str, tuple[Callable[[JudgedAnswer], bool], Callable[[Answer], bool]]] = {
    "hallucinated": (lambda found: found.has_hallucination, lambda answer: answer.mode in HALLUCINATIONS),
    "missed": (lambda found: found.has_omission, lambda answer: answer.mode in OMISSIONS),
    "key_error": (lambda found: found.has_key_error, lambda answer: answer.entity_errors > 0),
}
"""What a judge and the rules both say of an answer."""


def asked(judged: Judged) -> Iterator[tuple[Answer, JudgedAnswer]]:
    """The answers in the sample on which the judge gave a verdict."""
    for answer in judged.population.open:
        found = judged.answers.get(answer.place)
        if found is not None and found.in_sample and not found.failure:
            yield answer, found


def against_rules(judged: Judged) -> list[Agreement]:
    """The rules with the judge, on the answers that it was asked about."""
    found_by_judge = list(asked(judged))
    return [
        compare_labels(
            name,
            ("rules", _labels(by_rule(answer) for answer, _ in found_by_judge)),
            ("judge", _labels(by_judge(found) for _, found in found_by_judge)),
            YES_NO,
        )
        for name, (by_judge, by_rule) in QUESTIONS.items()
    ]


def against_itself(judged: Judged) -> Iterator[Agreement | MeaningAgreement]:
    """The judge's first verdict on each pair of texts with its second, third and so on."""
    pairs = {judged.keys[answer.place]: answer.pair for answer, _ in asked(judged)}
    answers = judged.state.answers
    repeat = 1
    while both := [key for key in pairs if (key, 0) in answers and (key, repeat) in answers]:
        sides = []
        for number in (0, repeat):
            verdicts = [verdict_in(answers[key, number]) for key in both]
            checked = [
                check(verdict, pairs[key].reference, pairs[key].hypothesis)
                for key, verdict in zip(both, verdicts, strict=True)
            ]
            sides.append((verdicts, checked))
        names = "first time", f"time {repeat + 1}"
        for name, part in (
            ("hallucinated", "hallucinated"),
            ("missed", "missed"),
            ("key_error", "key_errors"),
        ):
            labels = [_labels(bool(getattr(each, part)) for each in checked) for _, checked in sides]
            yield compare_labels(name, (names[0], labels[0]), (names[1], labels[1]), YES_NO)
        first, second = ([float(each.meaning) for each in verdicts] for verdicts, _ in sides)
        yield compare_meaning((names[0], first), (names[1], second))
        repeat += 1


def against_other(judged: Judged, other: Judged) -> Iterator[Agreement | MeaningAgreement]:
    """One judge with another one, on the answers that both judged."""
    both: list[tuple[JudgedAnswer, JudgedAnswer]] = []
    for answer, found in asked(judged):
        theirs = other.answers.get(answer.place)
        if theirs is not None and not theirs.failure:
            both.append((found, theirs))
    if not both:
        return
    for question, (by_judge, _) in QUESTIONS.items():
        yield compare_labels(
            question,
            (judged.name, _labels(by_judge(found) for found, _ in both)),
            (other.name, _labels(by_judge(found) for _, found in both)),
            YES_NO,
        )
    yield compare_meaning(
        (judged.name, [float(found.meaning or 0) for found, _ in both]),
        (other.name, [float(found.meaning or 0) for _, found in both]),
    )


def against_people(judged: Judged, labels: Mapping[int, Label]) -> Iterator[Agreement | MeaningAgreement]:
    """People with the judge (and where no judge is needed, the rule in its place), and with the rules."""
    answers = judged.population.answers
    verdicts = {
        place: found
        for place in labels
        if (found := judged.answers.get(answers[place].place)) is not None and not found.failure
    }
    for question, (by_judge, by_rule) in QUESTIONS.items():
        told = {place: getattr(label, question) for place, label in labels.items()}
        told = {place: flag for place, flag in told.items() if flag is not None}
        if not told:
            continue
        by_people = [place for place in told if place in verdicts]
        yield compare_labels(
            question,
            ("people", _labels(told[place] for place in by_people)),
            ("judge", _labels(by_judge(verdicts[place]) for place in by_people)),
            YES_NO,
        )
        yield compare_labels(
            question,
            ("people", _labels(told.values())),
            ("rules", _labels(by_rule(answers[place]) for place in told)),
            YES_NO,
        )
    if modes := {place: label.mode for place, label in labels.items() if label.mode is not None}:
        rules = [answers[place].mode for place in modes]
        yield compare_labels("mode", ("people", list(modes.values())), ("rules", rules), MODES)
    meanings = {
        place: float(label.meaning)
        for place, label in labels.items()
        if label.meaning is not None and place in verdicts
    }
    if meanings:
        theirs = [float(verdicts[place].meaning or 0) for place in meanings]
        yield compare_meaning(("people", list(meanings.values())), ("judge", theirs))


def _labels(flags: Iterable[bool]) -> list[str]:
    return [YES_NO[not flag] for flag in flags]
