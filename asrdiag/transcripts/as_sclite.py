"""Results in the manner of NIST's sclite: summary by speaker, confusion pairs, alignments.

Where groups were asked for, the summaries are by these instead. The sections are those of its `sum`, `rsum`,
`dtl` and `pra` reports. What differs: an `s` under a word is a soft substitution, and the alignment is ours,
so that single words may be paired otherwise.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..metrics import Counts, confusions, render_alignment
from ..metrics.confusion import ranked
from .lines import printable
from .results import Results, Scored, Total

_HEADS = {"word": "# Wrd", "character": "# Chr", "mixed": "# Tok"}


def to_text(results: Results) -> str:
    """The whole report, ending with a newline."""
    lines = [printable(results.title)]
    for total in results.totals:
        row = total.row()
        lines.append(
            f"{row['metric'].upper()}, language {row['language']}, normaliser {row['normalizer']}, "
            f"{row['n_scored']} of {row['n_expected']} utterances scored"
        )
        for factor in results.by or ("speaker",):
            title = f"SUMMARY BY {printable(factor).upper()}"
            lines += ["", f"{title}, PERCENT", "", *_summary(total, factor, share=True)]
            lines += ["", f"{title}, COUNTS", "", *_summary(total, factor, share=False)]
        lines += _detail(total)
    lines += ["", "ALIGNMENTS", ""]
    for each in results.scored:
        lines += [*_alignment(each), ""]
    return "\n".join(lines)


def _summary(total: Total, factor: str, *, share: bool) -> Iterator[str]:
    groups: dict[str, list[Scored]] = {}
    for each in total.utterances:
        groups.setdefault(each.pair.group(factor), []).append(each)
    names = [printable(name) or "(none)" for name in groups]
    first = "SPKR" if factor == "speaker" else printable(factor).upper()
    last = "Sum/Avg" if share else "Sum"
    width = max(map(len, [*names, first, last]))
    head = f"| {first:{width}} |  # Snt {_HEADS[total.unit]:>7} |   Corr    Sub    Del    Ins    Err  S.Err |"
    yield head
    yield "|" + "-" * (len(head) - 2) + "|"
    for name, members in zip(names, groups.values(), strict=True):
        yield f"| {name:{width}} {_numbers(members, total, share=share)}"
    yield "|" + "=" * (len(head) - 2) + "|"
    yield f"| {last:{width}} {_numbers(total.utterances, total, share=share)}"


def _numbers(members: Sequence[Scored], total: Total, *, share: bool) -> str:
    answered = [each.score.counts for each in members if each.score.counts is not None]
    counts = sum(answered, Counts(unit=total.unit))
    wrong = sum(each.errors > 0 for each in answered)
    parts = (counts.correct, counts.substitutions, counts.deletions, counts.insertions, counts.errors)
    shown = [
        *(_part(part, counts.reference_tokens, share) for part in parts),
        _part(wrong, len(answered), share),
    ]
    return f"| {len(answered):6} {counts.reference_tokens:7} | {' '.join(shown)} |"


def _part(number: int, of: int, share: bool) -> str:
    if not share:
        return f"{number:6}"
    return f"{100 * number / of:6.1f}" if of else f"{'-':>6}"


def _detail(total: Total) -> Iterator[str]:
    found = confusions(total.answered)
    pairs = [(f"{said} ==> {heard}", count) for (said, heard), count in ranked(found.substitutions)]
    for title, entries in (
        ("CONFUSION PAIRS", pairs),
        ("INSERTIONS", ranked(found.insertions)),
        ("DELETIONS", ranked(found.deletions)),
    ):
        yield from (
            "",
            f"{title:32} Total ({sum(count for _, count in entries)}), kinds ({len(entries)})",
            "",
        )
        yield from _numbered(entries)


def _numbered(entries: Iterable[tuple[str, int]]) -> Iterator[str]:
    for place, (token, count) in enumerate(entries, start=1):
        yield f"{place:4}: {count:4}  ->  {printable(token)}"


def _alignment(each: Scored) -> Iterator[str]:
    score, counts = each.score, each.score.counts
    yield f"id: ({printable(each.pair.id)})"
    if counts is None or score.alignment is None or score.hypothesis_tokens is None:
        yield "no answer"
        return
    numbers = counts.correct, counts.substitutions, counts.deletions, counts.insertions
    yield f"Scores: (#C #S #D #I) {' '.join(map(str, numbers))}"
    yield render_alignment(score.alignment, score.reference_tokens, score.hypothesis_tokens)
