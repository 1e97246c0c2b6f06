"""Whether an answer tells what nobody said: a text about something else, an addition, or a drift."""

from collections.abc import Iterable
from itertools import compress

from .evidence import Measure
from .findings import Findings, Verdict
from .function_words import function_words_of, languages_of
from .records import FabricatedSpan
from .spans import drifting_spans, similarity


def unrelated(findings: Findings) -> Verdict | None:
    """A text with next to nothing in common with the reference, or with function words only."""
    counts, limits, unit = findings.counts, findings.thresholds, findings.unit
    correct = Measure(
        "correct_share",
        counts.correct / min(counts.reference_tokens, counts.hypothesis_tokens),
        "<=",
        limits.anchored(unit),
    )
    if not correct.holds:
        return _alike_by_function_words(findings)
    alike = _similarity(findings)
    measures = [correct, alike]
    tokens = Measure("hypothesis_tokens", counts.hypothesis_tokens, ">=", limits.text_tokens(unit))
    if not tokens.holds:
        tokens = tokens._replace(limit=limits.short_text_tokens(unit))
        share = counts.hypothesis_tokens / counts.reference_tokens
        measures.append(Measure("length_share", share, ">=", limits.text_length_share))
    measures.append(tokens)
    if all(measure.holds for measure in measures):
        return "hallucination", findings.evidence("unrelated", *measures)
    return None


def _alike_by_function_words(findings: Findings) -> Verdict | None:
    # "The ... is ... of the" stands in most sentences: more of such words are right by chance than of others.
    counts, limits = findings.counts, findings.thresholds
    wrong, least = counts.hypothesis_tokens - counts.correct, limits.text_tokens(findings.unit)
    if wrong < least:
        return None
    function_words = function_words_of(languages_of(findings.scored.language))
    right = compress(findings.hypothesis, map("C".__eq__, findings.letters.replace("D", "")))
    if not function_words.issuperset(right):
        return None
    alike = _similarity(findings)
    if not alike.holds:
        return None
    return "hallucination", findings.evidence(
        "function_words_right",
        Measure("correct_content_tokens", 0, "==", 0),
        Measure("wrong_tokens", wrong, ">=", least),
        alike,
    )


def _similarity(findings: Findings) -> Measure:
    return Measure(
        "similarity",
        similarity(findings.scored.reference_tokens, findings.hypothesis, findings.unit),
        "<=",
        findings.thresholds.similarity(findings.unit),
    )


def added(findings: Findings) -> Verdict | None:
    """A text that nobody said beside what was said."""
    counts, limits = findings.counts, findings.thresholds
    least = limits.text_tokens(findings.unit)
    if counts.insertions + counts.substitutions_hard < least:
        return None
    tokens = sum(
        span.fabricated
        for span in _invented(findings, findings.fabrications)
        if span.reference_end - span.reference_start <= limits.added_reference_share * (span.end - span.start)
    )
    if tokens < least:
        return None
    measures = (
        Measure("added_tokens", tokens, ">=", least),
        Measure("added_share", tokens / counts.hypothesis_tokens, ">=", limits.added_share),
        Measure("added_error_share", tokens / counts.errors, ">=", limits.added_error_share),
    )
    if all(measure.holds for measure in measures):
        return "hallucination", findings.evidence("added", *measures)
    return None


def drifted(findings: Findings) -> Verdict | None:
    """A text that follows the reference in part, and elsewhere tells something else."""
    counts, limits = findings.counts, findings.thresholds
    least = limits.text_tokens(findings.unit)
    enough = max(
        least, limits.drift_share * counts.hypothesis_tokens, limits.drift_omitted_ratio * counts.deletions
    )
    if counts.insertions + counts.substitutions_hard < enough:
        return None
    return _drift(findings, findings.fabrications) or _drift(
        findings,
        drifting_spans(
            findings.letters,
            findings.scored.reference_tokens,
            findings.hypothesis,
            findings.unit,
            passed=function_words_of(languages_of(findings.scored.language)),
            least=least,
        ),
    )


def _drift(findings: Findings, spans: Iterable[FabricatedSpan]) -> Verdict | None:
    counts, limits = findings.counts, findings.thresholds
    fabricated = sum(span.fabricated for span in _invented(findings, spans))
    if not fabricated:
        return None
    measures = (
        Measure("fabricated_tokens", fabricated, ">=", limits.text_tokens(findings.unit)),
        Measure("fabricated_share", fabricated / counts.hypothesis_tokens, ">=", limits.drift_share),
        Measure("fabricated_to_omitted", fabricated, ">=", limits.drift_omitted_ratio * counts.deletions),
    )
    if all(measure.holds for measure in measures):
        return "semantic_drift", findings.evidence("drift", *measures)
    return None


def _invented(findings: Findings, spans: Iterable[FabricatedSpan]) -> list[FabricatedSpan]:
    limits, unit = findings.thresholds, findings.unit
    least, alike = limits.text_tokens(unit), limits.similarity(unit)
    return [span for span in spans if span.fabricated >= least and span.similarity <= alike]
