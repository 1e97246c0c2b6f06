"""How hard a clip is: the base system's error rate on it, and the bin that it falls into."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from asrdiag.metrics import score
from asrdiag.normalizing import NormalizerChoice, choose_normalizer

from .candidates import Candidate


@dataclass(frozen=True, slots=True)
class Grade:
    """What scoring a candidate gave."""

    base_wer: float | None = None
    bin: int | None = None
    """The first threshold that the error rate is below, counted from 0."""
    text_id: str | None = None
    unit: str | None = None
    normalizer: str | None = None
    reason: str | None = None
    """Why it becomes no row."""
    detail: str | None = None


def grade_all(
    candidates: Sequence[Candidate], bins: Sequence[float], choice: NormalizerChoice | None
) -> list[Grade]:
    """Score each candidate's prediction against its solution.

    Chinese is scored by character, other languages as `asrdiag.metrics.score` has it. A candidate without
    a prediction keeps the error rate that is stated of it, if one is. Which text it says is told by the
    reference, normalised as evaluation sets are: by the choice, or the language's own. Whatever a run was
    scored with, the same text is the same.

    Args:
        candidates: what to grade.
        bins: ascending thresholds; what is not below the last is dropped.
        choice: the normalisers to use; `None`: those that candidates were scored with, else their
            language's own.
    """
    by_normalizer: dict[str, list[int]] = {}
    for index, one in enumerate(candidates):
        name = choose_normalizer(one.language, choice, one.normalizer)
        by_normalizer.setdefault(name, []).append(index)
    grades: list[Grade] = [Grade()] * len(candidates)
    known = _text_ids(candidates, choice)
    for name, indices in by_normalizer.items():
        chosen = [candidates[index] for index in indices]
        scored = score(
            [one.solution for one in chosen],
            [one.prediction for one in chosen],
            language=[one.language for one in chosen],
            normalizer=name,
        ).utterances
        for index, one, result in zip(indices, chosen, scored, strict=True):
            rate = one.base_wer if one.prediction is None else result.error_rate
            grade = _grade(rate, result.reference_tokens, result.unit, name, bins)
            grades[index] = replace(grade, text_id=grade.text_id and known.get(index, grade.text_id))
    return grades


def text_id(tokens: Sequence[str]) -> str:
    """What tells a normalised text from others: 64 bits of BLAKE2b, in hexadecimal.

    >>> text_id(("go", "on"))
    'bae992ea22c80022'
    """
    return blake2b(" ".join(tokens).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _text_ids(candidates: Sequence[Candidate], choice: NormalizerChoice | None) -> dict[int, str]:
    """The texts of those that were scored with another normaliser than texts are compared with."""
    by_normalizer: dict[str, list[int]] = {}
    for index, one in enumerate(candidates):
        name = choose_normalizer(one.language, choice)
        if choose_normalizer(one.language, choice, one.normalizer) != name:
            by_normalizer.setdefault(name, []).append(index)
    found: dict[int, str] = {}
    for name, indices in by_normalizer.items():
        scored = score(
            [candidates[index].solution for index in indices],
            [None] * len(indices),
            language=[candidates[index].language for index in indices],
            normalizer=name,
        ).utterances
        for index, result in zip(indices, scored, strict=True):
            if result.reference_tokens:
                found[index] = text_id(result.reference_tokens)
    return found


def _grade(
    rate: float | None, tokens: Sequence[str], unit: str, normalizer: str, bins: Sequence[float]
) -> Grade:
    if not tokens:
        detail = f"nothing is left of it after the normaliser {normalizer!r}, expected at least a word"
        return Grade(unit=unit, normalizer=normalizer, reason="empty_solution", detail=detail)
    known = text_id(tokens)
    if rate is None:
        return Grade(text_id=known, unit=unit, normalizer=normalizer)
    rate = round(rate, 6)
    bin_ = next((number for number, limit in enumerate(bins) if rate < limit), None)
    reason = detail_ = None
    if bin_ is None:
        reason = "too_hard"
        detail_ = f"the base system's error rate is {100 * rate:.1f} %, expected below {100 * bins[-1]:g} %"
    return Grade(rate, bin_, known, unit, normalizer, reason, detail_)
