"""Numbers, names, negations and keywords: whether what matters was heard."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import streamlit as st

from asrdiag.metrics.units import Unit

from .. import location, opened
from ..data.entities import by_kind, by_text, negations
from ..data.filters import Event
from ..data.index import Index
from ..data.keywords import LONGEST_LIST, as_tokens, keyword_table, keywords_of
from ..data.proportions import wilson
from ..data.tallies import Counted
from ..data.words import accuracy
from ..texts import count
from .word_tables import Scope, number, word_table

KEYWORDS = "words.keywords"
_RECALL = {
    "said": number("said", "How often the references have it", width=58),
    "kept": number("kept", width=58),
    "changed": number("changed", "Something else in its place", width=74),
    "lost": number("lost", "Nothing in its place", width=58),
    "recall_pct": number("kept %", decimals=1, width=66),
    "interval": st.column_config.TextColumn("95 %", help="(few): said less than 10 times"),
}


def entity_tables(counted: Counted, index: Index, scope: Scope) -> None:
    """Show what became of numbers and names, as the diagnosis found them, and of negations."""
    kinds = by_kind(counted.entities)
    left, right = st.columns([2, 1])
    with left:
        word_table(
            "entities",
            "Numbers and names",
            by_text(counted.entities, ("number", "name")),
            columns={"kind": "kind", "text": "in the reference", **_RECALL, "heard": "mostly heard as"},
            lead=lambda row: scope.to_cases(_entity_event(row)),
            note=_summary({kind: kinds[kind] for kind in ("number", "name") if kind in kinds})
            or "Found in the raw references: numbers, and capitalised words within sentences.",
            texts=("kind", "text", "heard"),
        )
    with right:
        chosen = negations(index, counted.rows) if len(counted.rows) else []
        word_table(
            "negations",
            "Negations",
            accuracy(counted.words, only=chosen or [""]),
            columns={
                "word": "word",
                "said": number("said", width=58),
                "accuracy_pct": number("right %", decimals=1, width=66),
                "interval": st.column_config.TextColumn("95 %"),
                "del": number("del", "Left out"),
                "put_in": number("ins", "Put in, where nothing was said"),
            },
            lead=lambda row: scope.to_cases(
                Event(row["word"]) if row["missed"] else Event(row["word"], row["word"])
            ),
            note="Words that turn a sentence around; the lists are those of the diagnosis.",
        )


def keyword_tables(counted: Counted, normalizer: str, scope: Scope) -> None:
    """Show the recall of the suite's keywords, and of those that the user types.

    Args:
        counted: the counts.
        normalizer: that of most of the answers; the words of a link are as it writes them.
        scope: the answers that were counted.
    """
    st.subheader("Keywords", anchor=False)
    typed = _typed()
    keywords = tuple(keywords_of(typed))
    if keywords and len(counted.rows):
        unit = cast(Unit, counted.unit)
        counts = opened.keyword_counts(scope.filters, keywords, unit)
        told = {name: config for name, config in _RECALL.items() if name not in ("changed", "lost")}
        word_table(
            "keywords",
            "Recall of your list",
            keyword_table(keywords, counts),
            columns={"text": "keyword", **told, "missed": number("missed")},
            lead=lambda row: scope.to_cases(_keyword_event(row, as_tokens(row["text"], normalizer, unit))),
            note=f"{_recall(int(counts[:, 1].sum()), int(counts[:, 0].sum()))} A keyword is kept if all its "
            f"{scope.noun} are right, with none put in between. It is normalised like the references.",
            texts=("text",),
        )
    suite = by_text(counted.entities, ("keyword",))
    if len(suite):
        kind = by_kind(counted.entities)["keyword"]
        word_table(
            "suite_keywords",
            "Recall of the suite's keywords",
            suite,
            columns={"text": "keyword", **_RECALL, "heard": "mostly heard as"},
            lead=lambda row: scope.to_cases(_entity_event(row)),
            note=f"{_recall(kind.kept, kind.n)} As the diagnosis has it: written apart or together is kept.",
            texts=("text", "heard"),
        )
    elif not keywords:
        st.caption(
            "The suite names none (`report.keywords`). Type words or phrases to see how many are kept."
        )


def _typed() -> str:
    own = location.key(KEYWORDS)
    return str(
        st.text_area(
            "Words or phrases, a line each or with commas between",
            location.choice(KEYWORDS),
            height=80,
            max_chars=LONGEST_LIST,
            key=own,
            on_change=lambda: location.choose(KEYWORDS, st.session_state[own].strip()),
            placeholder="town hall, Anna, 21",
        )
    )


def _entity_event(row: Mapping[str, Any]) -> Event:
    missed = row["said"] > row["kept"]
    return Event(row["text"], None if missed else row["text"], row.get("kind") or "keyword")


def _keyword_event(row: Mapping[str, Any], tokens: tuple[str, ...]) -> Event | None:
    said = " ".join(tokens)
    return Event(said, None if row["missed"] else said) if said and row["said"] else None


def _summary(kinds: Mapping[str, Any]) -> str:
    return " · ".join(
        f"{count(of.n, kind)}: {_recall(of.kept, of.n).rstrip('.')}, {of.changed:,} changed, {of.lost:,} lost"
        for kind, of in kinds.items()
    )


def _recall(kept: int, n: int) -> str:
    if not n:
        return "None of them was said."
    low, high = (float(end[0]) for end in wilson(np.array([kept]), np.array([n])))
    return f"{100 * kept / n:.1f} % kept ({low:.1f} to {high:.1f})."
