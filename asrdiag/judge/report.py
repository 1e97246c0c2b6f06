"""What a judge found in a run, beside what the rules say of the same answers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..metrics.diagnosis import HALLUCINATIONS, MODES, OMISSIONS
from ..store.folder import RunFolder
from .agreement import Agreement, MeaningAgreement
from .estimates import Estimate, Estimator
from .folder import judge_ids
from .human import read_labels
from .opinions import against_itself, against_other, against_people, against_rules, asked
from .reading import Judged, JudgedAnswer, read_answers


@dataclass(frozen=True, slots=True)
class Line:
    """One system on one dataset, over all its conditions, or a mean over datasets."""

    system: str
    dataset: str
    """Several joined by + in a mean."""
    estimate: Estimate | None
    """`None` in means, and where nothing is judged."""
    judged: dict[str, float | None]
    """`hallucination_pct`, `missed_pct`, `meaning`, `key_error_pct`."""
    rules: dict[str, float | None]
    """The same by rule, as far as rules can tell."""


@dataclass(frozen=True, slots=True)
class ModeLine:
    """What the judge says of the answers of one failure mode that it was asked about."""

    mode: str
    n: int
    hallucination_pct: float
    missed_pct: float
    meaning: float
    key_error_pct: float


@dataclass(slots=True)
class JudgeReport:
    """All of it."""

    judge: str
    name: str
    lines: list[Line]
    modes: list[ModeLine]
    rules: list[Agreement]
    repeats: list[Agreement | MeaningAgreement] = field(default_factory=list)
    others: list[Agreement | MeaningAgreement] = field(default_factory=list)
    human: list[Agreement | MeaningAgreement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "judge": self.judge,
            "name": self.name,
            "lines": [asdict(line) for line in self.lines],
            "modes": [asdict(line) for line in self.modes],
            "agreement": {
                part: [each.as_record() for each in getattr(self, part)]
                for part in ("rules", "repeats", "others", "human")
            },
            "notes": self.notes,
        }


def make_report(folder: RunFolder, judge: str | None = None, human: Path | None = None) -> JudgeReport:
    """Put together what a judge found.

    Raises:
        UsageError: no judge was asked, or a name or a label cannot be used.
        AsrdiagError: a file is damaged.
    """
    folder.read_run()
    judged = read_answers(folder, judge)
    if judged is None:
        raise UsageError(f"{folder.path}: no judge was asked yet: asrdiag judge {folder.path} --model ...")
    report = JudgeReport(judged.judge, judged.name, _lines(judged), _modes(judged), against_rules(judged))
    report.notes += judged.population.notes
    report.notes += _notes(judged, report.lines)
    report.repeats += against_itself(judged)
    for other in judge_ids(folder):
        if other != judged.judge:
            theirs = read_answers(folder, other)
            report.others += against_other(judged, theirs) if theirs else ()
    if human is not None:
        found = read_labels(human, judged.population.answers)
        if found.n_without_answer:
            report.notes.append(
                f"{human}: {found.n_without_answer} labels are of no answer of this run, the first on "
                f"{found.example}"
            )
        report.human += against_people(judged, found.labels)
    return report


def _lines(judged: Judged) -> list[Line]:
    estimator = Estimator(judged)
    places: dict[tuple[str, str], list[int]] = {}
    for place, answer in enumerate(judged.population.answers):
        places.setdefault((answer.system, answer.dataset), []).append(place)
    found = [_line(judged, estimator, *where, inside) for where, inside in places.items()]
    systems = list(dict.fromkeys(line.system for line in found))
    lines = []
    for system in systems:
        own = [line for line in found if line.system == system]
        lines += own
        if len(own) > 1:
            dataset = "+".join(sorted(line.dataset for line in own))
            judged_mean = _mean([line.judged for line in own])
            lines.append(Line(system, dataset, None, judged_mean, _mean([line.rules for line in own])))
    return lines


def _line(judged: Judged, estimator: Estimator, system: str, dataset: str, inside: Sequence[int]) -> Line:
    estimate = estimator.of(inside)
    answers = [judged.population.answers[place] for place in inside]
    return Line(
        system,
        dataset,
        estimate,
        _shown(estimate),
        {
            "hallucination_pct": _percent(answer.mode in HALLUCINATIONS for answer in answers),
            "missed_pct": _percent(answer.mode in OMISSIONS for answer in answers),
            "meaning": None,
            "key_error_pct": _percent(answer.entity_errors > 0 for answer in answers),
        },
    )


def _shown(estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return dict.fromkeys(("hallucination_pct", "missed_pct", "meaning", "key_error_pct"))
    return {
        "hallucination_pct": 100 * estimate.hallucination.value,
        "missed_pct": 100 * estimate.missed.value,
        "meaning": estimate.meaning.value,
        "key_error_pct": 100 * estimate.key_error.value,
    }


def _mean(members: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    """The mean of each number over members, `None` where one has none."""
    means: dict[str, float | None] = {}
    for name in members[0]:
        values = [value for member in members if (value := member[name]) is not None]
        means[name] = sum(values) / len(values) if len(values) == len(members) else None
    return means


def _percent(flags: Iterable[bool]) -> float:
    found = list(flags)
    return 100 * sum(found) / len(found)


def _modes(judged: Judged) -> list[ModeLine]:
    by_mode: dict[str, list[JudgedAnswer]] = {}
    for answer, found in asked(judged):
        by_mode.setdefault(answer.mode, []).append(found)
    return [
        ModeLine(
            mode,
            len(by_mode[mode]),
            _percent(found.has_hallucination for found in by_mode[mode]),
            _percent(found.has_omission for found in by_mode[mode]),
            sum(found.meaning or 0 for found in by_mode[mode]) / len(by_mode[mode]),
            _percent(found.has_key_error for found in by_mode[mode]),
        )
        for mode in MODES
        if mode in by_mode
    ]


def _notes(judged: Judged, lines: Sequence[Line]) -> Iterator[str]:
    failed = sum(bool(found.failure) for found in judged.answers.values() if found.in_sample)
    if failed:
        yield f"{failed} answers of the sample got no verdict from the judge; --retry-failed asks again"
    assert judged.drawn is not None
    chosen = zip(judged.population.open, judged.drawn.chosen, strict=True)
    left = sum(inside and answer.place not in judged.answers for answer, inside in chosen)
    if left:
        yield f"{left} answers of the sample are not judged yet; the command that asked goes on"
    uncovered = [line for line in lines if line.estimate is not None and line.estimate.covered < 1]
    for line in uncovered:
        assert line.estimate is not None
        yield (
            f"{line.system} on {line.dataset}: whole strata are not judged yet, the numbers are of "
            f"{100 * line.estimate.covered:.1f} % of the answers"
        )
    verdicts = [found for _, found in asked(judged)]
    claims = sum(len(found.unverified) for found in verdicts)
    if claims:
        kept = sum(len(found.hallucinated) + len(found.missed) + found.n_key_errors for found in verdicts)
        yield (
            f"{claims} of the judge's {claims + kept} claims quote what is not in the texts, in "
            f"{sum(bool(found.unverified) for found in verdicts)} answers; they count for nothing"
        )
