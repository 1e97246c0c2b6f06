"""From judged answers to rates: of a system, a cell, a subset, with what the sample leaves open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..metrics.statistics import StratifiedMean, stratified_mean
from .population import Answer
from .reading import Judged, JudgedAnswer
from .sampling import Stratum

_RULE: Stratum = ("by rule",)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the judged answers say of a set of answers; rates are shares, `meaning` goes from 0 to 100."""

    hallucination: StratifiedMean
    missed: StratifiedMean
    meaning: StratifiedMean
    key_error: StratifiedMean
    n_answers: int
    """Scored answers of the set."""
    n_judged: int
    """Of these, judged and in the sample, or by rule."""
    n_by_rule: int
    n_failed: int
    """Asked about, without a verdict."""
    covered: float
    """The share of the set that the rates speak of: 1, unless whole strata have no verdict yet."""


@dataclass(frozen=True, slots=True)
class _Row:
    stratum: Stratum
    judged: JudgedAnswer | None
    """`None`: not in the sample, or not judged."""
    failed: bool


class Estimator:
    """Estimates over sets of answers of one run."""

    def __init__(self, judged: Judged) -> None:
        assert judged.drawn is not None
        self._sizes = judged.drawn.sizes
        strata, chosen = iter(judged.drawn.stratum), iter(judged.drawn.chosen)
        self._rows: list[_Row] = []
        self._of_stratum: dict[Stratum, list[int]] = {}
        for place, answer in enumerate(judged.population.answers):
            found = judged.answers.get(answer.place)
            if answer.rule is not None:
                self._rows.append(_Row(_RULE, found, failed=False))
                continue
            stratum, inside = next(strata), next(chosen)
            failed = bool(inside and found and found.failure)
            counts = found if inside and not failed else None
            self._rows.append(_Row(stratum, counts, failed))
            if counts is not None:
                self._of_stratum.setdefault(stratum, []).append(place)
        self.answers: Sequence[Answer] = judged.population.answers

    def of(self, places: Iterable[int]) -> Estimate | None:
        """The estimate over the answers at these places of `answers`; `None` where nothing tells it."""
        wanted = list(places)
        inside = set(wanted)
        rows = [self._rows[place] for place in wanted]
        by_rule = [place for place, row in zip(wanted, rows, strict=True) if row.stratum == _RULE]
        touched = dict.fromkeys(row.stratum for row in rows if row.stratum != _RULE)
        told = [stratum for stratum in touched if stratum in self._of_stratum]
        used = [*by_rule, *(place for stratum in told for place in self._of_stratum[stratum])]
        domain = [place in inside for place in used]
        found = [self._rows[place].judged for place in used]
        if not any(domain):
            return None
        sizes = {_RULE: len(by_rule)} | {stratum: self._sizes[stratum] for stratum in told}
        strata = [self._rows[place].stratum for place in used]
        verdicts = [each for each in found if each is not None]
        open_rows = sum(row.stratum in self._of_stratum for row in rows)
        if len(wanted) > len(by_rule) and not any(domain[len(by_rule) :]):
            return None

        def share(values: Iterable[bool]) -> StratifiedMean:
            mean = stratified_mean(
                [float(value) for value in values], strata, sizes, domain=domain, kind="share"
            )
            assert mean is not None
            return mean

        meaning = stratified_mean(
            [float(each.meaning or 0) for each in verdicts], strata, sizes, domain=domain, bounds=(0.0, 100.0)
        )
        assert meaning is not None
        return Estimate(
            hallucination=share(each.has_hallucination for each in verdicts),
            missed=share(each.has_omission for each in verdicts),
            meaning=meaning,
            key_error=share(each.has_key_error for each in verdicts),
            n_answers=len(wanted),
            n_judged=sum(domain),
            n_by_rule=len(by_rule),
            n_failed=sum(row.failed for row in rows),
            covered=(len(by_rule) + open_rows) / len(wanted),
        )
