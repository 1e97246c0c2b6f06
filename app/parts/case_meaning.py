"""What an answer keeps of the meaning: key content, similarity, and a judge's verdict with its places."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from asrdiag.judge import JudgedAnswer, Stretch

from ..data.case import Case
from ..texts import markdown, percent, shown

_LONG = 20_000
_ORDER = ("changed", "lost", "introduced", "kept")


def case_meaning(case: Case, judged: tuple[str, JudgedAnswer] | str | None) -> None:
    """Show what is known of the meaning.

    Args:
        case: the answer.
        judged: the judge's name and its verdict; why it cannot be read; `None` if none was asked.
    """
    _numbers(case, judged)
    _key_content(case.score.get("key_items") or [])
    if isinstance(judged, str):
        st.warning(markdown(judged, 500))
    elif judged is not None:
        _verdict(case.record, *judged)


def _numbers(case: Case, judged: tuple[str, JudgedAnswer] | str | None) -> None:
    numbers = []
    if (similarity := case.score.get("semantic_similarity")) is not None:
        numbers.append(("Semantic similarity", f"{similarity:.3f}"))
    if isinstance(judged, tuple) and judged[1].meaning is not None:
        numbers.append(("Meaning preserved", f"{judged[1].meaning} of 100"))
    reference, hypothesis, kept = (
        case.score.get(name) for name in ("key_reference", "key_hypothesis", "key_kept")
    )
    if reference:
        numbers.append(("Key recall", percent(100 * (kept or 0) / reference)))
    if hypothesis:
        numbers.append(("Key precision", percent(100 * (kept or 0) / hypothesis)))
    if not numbers:
        st.caption(
            "No key content. `asrdiag score RUN --semantic` and `asrdiag judge RUN` tell more of meaning."
        )
        return
    with st.container(horizontal=True):
        for name, value in numbers:
            st.metric(name, value, width="content")


def _key_content(items: Sequence[Mapping[str, Any]]) -> None:
    if not items:
        return
    st.subheader("Numbers, dates, names, negations and keywords", anchor=False)
    st.dataframe(
        [
            {
                "kind": shown(str(each["kind"])),
                "status": shown(str(each["status"])),
                "said": shown(str(each["reference"] or ""), 200),
                "answered": shown(str(each["hypothesis"] or ""), 200),
            }
            for each in sorted(items, key=lambda each: _rank(str(each["status"])))
        ],
        hide_index=True,
        height="content",
        alt="Key content",
    )


def _rank(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)


def _verdict(record: Mapping[str, Any], name: str, answer: JudgedAnswer) -> None:
    st.subheader("Judged" if answer.by == "judge" else "Judged by rule", anchor=False)
    st.caption(markdown(name, 200) if answer.by == "judge" else "Such an answer needs no judge.")
    if answer.failure:
        st.warning(f"No verdict: {markdown(answer.failure, 500)}")
        return
    if answer.reason:
        st.markdown(markdown(answer.reason, 1000))
    st.caption("The reference; marked is what the answer misses")
    st.markdown(marked(str(record.get("reference_raw") or ""), answer.missed, "orange"))
    st.caption("The answer; marked is what nobody said")
    st.markdown(marked(str(record.get("hypothesis_raw") or ""), answer.hallucinated, "red"))
    if answer.key_errors:
        st.dataframe(
            [
                {
                    "kind": shown(each.kind, 60),
                    "said": shown(each.reference.text if each.reference else "", 200),
                    "answered": shown(each.hypothesis.text if each.hypothesis else "", 200),
                }
                for each in answer.key_errors
            ],
            hide_index=True,
            height="content",
            alt="Key errors that the judge found",
        )
    if answer.unverified:
        claims = "; ".join(markdown(claim, 200) for claim in answer.unverified)
        st.caption(f"Claimed, but not in the texts, so counted nowhere: {claims}")


def marked(text: str, stretches: Sequence[Stretch], colour: str) -> str:
    """A text as Markdown, safe whatever it says, with stretches on a coloured ground.

    >>> marked("it was not cold", [Stretch(7, 10, "not")], "red")
    'it was :red-background[not] cold'
    """
    text = text[:_LONG]
    parts, at = [], 0
    for each in sorted(stretches, key=lambda each: each.start):
        start, end = max(each.start, at), min(each.end, len(text))
        if start >= end:
            continue
        parts += [_plain(text[at:start]), f":{colour}-background[{_plain(text[start:end])}]"]
        at = end
    return "".join([*parts, _plain(text[at:])]) or "(nothing)"


def _plain(text: str) -> str:
    """Blanks at the ends are kept: `markdown` may not be asked to."""
    body = text.strip()
    if not body:
        return " " if text else ""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' if before else ''}{markdown(body, _LONG)}{' ' if after else ''}"
