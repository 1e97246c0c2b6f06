"""Which of the modes an utterance is in: the first rule that holds decides."""

from collections.abc import Callable

from .evidence import Measure
from .findings import Findings, Verdict
from .function_words import languages_of, weigh
from .inventions import added, drifted, unrelated
from .spans import join


def decide(findings: Findings) -> Verdict:
    """Return the mode and its evidence: the first rule that holds."""
    for rule in RULES:
        verdict = rule(findings)
        if verdict is not None:
            return verdict
    counts = findings.counts
    return "word_confusion", findings.evidence(
        "confusion",
        Measure("errors", counts.errors, ">=", 1),
        Measure("reference_tokens", counts.reference_tokens, ">=", 1),
    )


def _no_letters(findings: Findings) -> Verdict | None:
    # Normalisers leave some texts of marks only, such as "...", as a token.
    if any(map(str.isalnum, "".join(findings.hypothesis))):
        return None
    spoken = findings.counts.reference_tokens
    none = Measure("hypothesis_letters", 0, "==", 0)
    if not spoken:
        return "minor", findings.evidence("marks_only", Measure("reference_tokens", 0, "==", 0), none)
    return "empty", findings.evidence("empty", none, Measure("reference_tokens", spoken, ">=", 1))


def _silence(findings: Findings) -> Verdict | None:
    if findings.scored.reference_tokens:
        return None
    return "hallucination", findings.evidence(
        "silence",
        Measure("reference_tokens", 0, "==", 0),
        Measure("hypothesis_tokens", findings.counts.hypothesis_tokens, ">=", 1),
    )


def _repetition(findings: Findings) -> Verdict | None:
    loops, limits = findings.loops, findings.thresholds
    if not loops:
        return None
    inside = {place for loop in loops for place in range(loop.start, loop.start + loop.period * loop.repeats)}
    written = (letter for letter in findings.letters if letter != "D")
    wrong = sum(letter != "C" and place in inside for place, letter in enumerate(written))
    if wrong < limits.loop_tokens:
        return None
    enough = Measure("loop_tokens", wrong, ">=", limits.loop_tokens)
    of_errors = Measure("loop_error_share", wrong / findings.counts.errors, ">=", limits.loop_share)
    of_text = Measure("loop_share", len(inside) / findings.counts.hypothesis_tokens, ">=", limits.loop_share)
    details = [
        f'"{join(findings.hypothesis[loop.start : loop.start + loop.period], findings.unit)}" '
        f"{loop.repeats} times"
        for loop in loops
    ]
    if of_errors.holds:
        return "repetition_loop", findings.evidence("loop_errors", enough, of_errors, details=details)
    if of_text.holds:
        return "repetition_loop", findings.evidence("loop_text", enough, of_text, details=details)
    return None


def _switched(findings: Findings) -> Verdict | None:
    switch, limits = findings.switch, findings.thresholds
    if switch is None:
        return None
    few_right = Measure(
        "correct_share",
        findings.counts.correct / findings.counts.hypothesis_tokens,
        "<=",
        limits.switch_correct_share,
    )
    details = [f"{switch.expected} to {switch.found}"]
    if switch.by == "script":
        foreign = Measure("foreign_share", switch.share, ">=", limits.foreign_script_share)
        return "language_switch", findings.evidence("script", foreign, few_right, details=details)
    return "language_switch", findings.evidence(
        "function_words",
        Measure("foreign_words", switch.words, ">=", limits.foreign_words),
        Measure("foreign_share", switch.share, ">=", limits.foreign_words_share),
        Measure("own_words", switch.own_words, "<=", limits.own_words_ratio * switch.words),
        few_right,
        details=details,
    )


def _minor(findings: Findings) -> Verdict | None:
    counts, limits = findings.counts, findings.thresholds
    weighted, negated = weigh(
        findings.letters,
        findings.scored.reference_tokens,
        findings.hypothesis,
        languages_of(findings.scored.language),
        limits.light_weight,
    )
    weight = Measure("weighted_error_rate", weighted / counts.reference_tokens, "<=", limits.minor_rate)
    if not weight.holds:
        return None
    harmed = findings.harmed
    if not harmed and not negated:
        return "minor", findings.evidence(
            "few_light_errors",
            weight,
            Measure("entities_harmed", 0, "==", 0),
            Measure("negations_harmed", 0, "==", 0),
        )
    measures = [weight]
    details = list(
        dict.fromkeys(
            f'"{entity.text}" was lost'
            if entity.heard is None
            else f'"{entity.text}" became "{entity.heard}"'
            for entity in harmed  # one may be a name and a keyword
        )
    )
    if harmed:
        measures.append(Measure("entities_harmed", len(harmed), ">=", 1))
    if negated:
        measures.append(Measure("negations_harmed", negated, ">=", 1))
        details.append("a negation")
    left_out = counts.deletions > limits.omitted_error_share * counts.errors
    return "omission" if left_out else "word_confusion", findings.evidence(
        "what_matters", *measures, details=details
    )


def _truncated(findings: Findings) -> Verdict | None:
    missing, limits = findings.truncation, findings.thresholds
    if missing is None:
        return None
    share = Measure(
        "missing_error_share", missing.omitted / findings.counts.errors, ">", limits.omitted_error_share
    )
    if not share.holds:
        return None
    tokens = Measure("missing_tokens", missing.omitted, ">=", limits.truncated_tokens(findings.unit))
    return "truncation", findings.evidence(f"{missing.side}_missing", tokens, share)


def _omitted(findings: Findings) -> Verdict | None:
    counts = findings.counts
    share = Measure(
        "omitted_error_share", counts.deletions / counts.errors, ">", findings.thresholds.omitted_error_share
    )
    if not share.holds:
        return None
    return "omission", findings.evidence(
        "deletions", Measure("omitted_tokens", counts.deletions, ">=", 1), share
    )


RULES: tuple[Callable[[Findings], Verdict | None], ...] = (
    _no_letters,
    _silence,
    _repetition,
    _switched,
    _minor,
    unrelated,
    added,
    drifted,
    _truncated,
    _omitted,
)
"""In the order in which they are tried; `word_confusion` is what none of them finds."""
