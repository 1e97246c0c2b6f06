"""From a scored utterance to what became of its key content."""

from collections.abc import Collection, Iterable, Sequence, Set
from typing import TypeAlias

from ..diagnosis.entities import Found, check_keywords, find_entities, overlaps
from ..diagnosis.entity_status import judge
from ..diagnosis.function_words import languages_of
from ..diagnosis.places import Range
from ..diagnosis.records import Diagnosis
from ..diagnosis.thresholds import THRESHOLDS
from ..scoring import UtteranceScore
from .alignment_columns import Side
from .comparing import Comparison, Piece
from .finding import KeyFound, lone_numerals, tells_names, with_dates
from .negations import find_negations
from .records import KEY_KINDS, KeyContent, KeyItem
from .times_as_numbers import settle

Spot: TypeAlias = tuple[str, int, int]
"""Kind, start and end."""


def key_content(
    scored: UtteranceScore,
    *,
    keywords: Iterable[str] = (),
    names: tuple[Sequence[Range], Sequence[Range]] | None = None,
    diagnosis: Diagnosis | None = None,
) -> KeyContent | None:
    """Tell what became of the negations, numbers, dates, names and keywords of an utterance.

    Numbers are kept if they are worth the same and dates if their parts are the same, however they are
    written; a negation if there is one in its place. What the hypothesis holds of a kind and nobody said is
    introduced. The reference alone decides what there is to keep, so that all systems are measured by the
    same; where its capital letters tell no names, none can be introduced.

    Args:
        scored: the utterance.
        keywords: words and phrases that must not be lost, as for `diagnose`.
        names: where a recogniser of named entities found names in the raw reference and in the raw
            hypothesis: character ranges, end exclusive. Without it, capital letters tell.
        diagnosis: that of the utterance with the same keywords, if it is there already: it saves time.

    Returns:
        The key content, or `None` if the system gave no answer.

    Raises:
        TypeError: `keywords` is one text or holds something else than texts.
        ValueError: A keyword holds no letter and no digit.

    >>> from asrdiag.metrics import score_utterance
    >>> scored = score_utterance("We do not meet Anna on May 5th.", "We do now meet Anna on May 6, no.")
    >>> found = key_content(scored)
    >>> for item in found.items:
    ...     print(item.kind, item.status, item.reference, item.hypothesis)
    negation lost not now
    name kept Anna None
    date changed May 5th May 6
    negation introduced None no
    >>> found.flags, found.counts.total.recall, found.counts.total.precision
    (('negation_lost', 'negation_introduced', 'date_changed'), 0.3333333333333333, 0.3333333333333333)
    """
    text, tokens, alignment = scored.hypothesis, scored.hypothesis_tokens, scored.alignment
    if scored.counts is None or text is None or tokens is None or alignment is None:
        return None
    keywords, languages, letters = check_keywords(keywords), languages_of(scored.language), alignment.letters
    entities = _of_reference(scored, keywords, names and names[0], diagnosis)
    kept = {(kind, start, end) for (kind, start, end), is_kept in entities.items() if is_kept}
    said = with_dates(scored.reference, scored.language, entities)
    reference = Side(scored.reference, scored.reference_tokens, scored.unit, letters, "I", _numbers(entities))
    denied = find_negations(reference.tokens, reference.text, languages)
    if not scored.counts.errors:
        items = [_kept(reference.text, each) for each in said]
        items += Comparison(letters, reference, reference).compare(_negations(reference, denied), ())
        return KeyContent(tuple(sorted(items, key=_order) if denied else items))
    found = _of_hypothesis(scored, text, keywords, names and names[1], entities)
    heard = with_dates(text, scored.language, found)
    hypothesis = Side(text, tokens, scored.unit, letters, "D", _numbers(found))
    comparison = Comparison(letters, reference, hypothesis)
    items = []
    turned = find_negations(tokens, text, languages)
    if denied or turned:
        items += comparison.compare(_negations(reference, denied), _negations(hypothesis, turned))
    for kind in KEY_KINDS if said or heard else ():
        ours, theirs = ([each for each in side if each.kind == kind] for side in (said, heard))
        if ours and _same(ours, theirs, reference.text, text, kept):
            items += (_kept(reference.text, each) for each in ours)
        elif ours or theirs:
            items += comparison.compare(_pieces(reference, ours, kept), _pieces(hypothesis, theirs, set()))
    if any(item.status == "lost" for item in items):
        items = settle(items, languages)
    return KeyContent(tuple(sorted(items, key=_order)))


def _of_reference(
    scored: UtteranceScore,
    keywords: tuple[str, ...],
    names: Sequence[Range] | None,
    diagnosis: Diagnosis | None,
) -> dict[Found, bool]:
    """The numbers, names and keywords of the reference, left to right, and whether they were kept."""
    text = scored.reference
    if diagnosis is None or names is not None:
        known: dict[Found, bool] = {}
        found = find_entities(text, scored.language, keywords, THRESHOLDS) if scored.reference_tokens else []
        if names is not None:
            found = _named(found, names)
    else:
        known = {Found(each.kind, each.start, each.end): each.status == "kept" for each in diagnosis.entities}
        found = []
    if "zh" in languages_of(scored.language):
        found += lone_numerals(text, [*known, *found])
    return known | _judged(scored, found) if found else known


def _judged(scored: UtteranceScore, found: list[Found]) -> dict[Found, bool]:
    assert scored.counts is not None and scored.alignment is not None and scored.hypothesis_tokens is not None
    if not scored.counts.errors:
        return dict.fromkeys(found, True)
    entities = judge(
        found,
        text=scored.reference,
        reference=scored.reference_tokens,
        hypothesis=scored.hypothesis_tokens,
        letters=scored.alignment.letters,
        unit=scored.unit,
    )
    return {Found(each.kind, each.start, each.end): each.status == "kept" for each in entities}


def _of_hypothesis(
    scored: UtteranceScore,
    text: str,
    keywords: tuple[str, ...],
    names: Sequence[Range] | None,
    entities: Collection[Found],
) -> list[Found]:
    found = find_entities(text, scored.language, keywords, THRESHOLDS)
    if "zh" in languages_of(scored.language):
        found += lone_numerals(text, found)
    if names is not None:
        return _named(found, names)
    if any(each.kind == "name" for each in found) and not tells_names(
        scored.reference, scored.language, entities
    ):
        return [each for each in found if each.kind != "name"]
    return found


def _named(found: Iterable[Found], names: Iterable[Range]) -> list[Found]:
    others = [each for each in found if each.kind != "name"]
    numbers = sorted(_numbers(others))
    return others + [Found("name", *span) for span in names if not overlaps(numbers, *span)]


def _numbers(found: Iterable[Found]) -> list[Range]:
    return [(each.start, each.end) for each in found if each.kind == "number"]


def _same(
    said: Sequence[KeyFound],
    heard: Sequence[KeyFound],
    reference: str,
    hypothesis: str,
    kept: Set[Spot],
) -> bool:
    """Whether all of a kind was kept and nothing was introduced; only told where it is plain."""
    if said[0].kind == "date":
        return [each.readings for each in said] == [each.readings for each in heard]
    if not all((each.kind, each.start, each.end) in kept for each in said):
        return False
    texts = [hypothesis[each.start : each.end].lower() for each in heard]
    return not texts or texts == [reference[each.start : each.end].lower() for each in said]


def _kept(text: str, found: KeyFound) -> KeyItem:
    return KeyItem(found.kind, "kept", text[found.start : found.end], found.start, found.end)


def _pieces(side: Side, found: Iterable[KeyFound], kept: Set[Spot]) -> list[Piece]:
    pieces = []
    for kind, start, end, readings in found:
        if columns := side.columns_of_text(start, end):
            is_kept = (kind, start, end) in kept
            pieces.append(Piece(kind, (start, end), columns, readings, is_kept))
    return pieces


def _negations(side: Side, found: Iterable[Range]) -> list[Piece]:
    return [Piece("negation", None, side.columns_of_tokens(*tokens)) for tokens in found]


def _order(item: KeyItem) -> tuple[bool, int]:
    introduced = item.status == "introduced"
    return introduced, (item.hypothesis_start if introduced else item.reference_start) or 0
