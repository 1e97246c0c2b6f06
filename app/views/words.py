"""Words: which were taken for which, left out, made up, and how surely each is heard."""

from typing import cast

import numpy as np
import streamlit as st

from asrdiag.app import location, opened
from asrdiag.app.data.filters import Event, Filters
from asrdiag.app.data.index import Index
from asrdiag.app.data.tallies import Counted
from asrdiag.app.data.words import FEW, ORDERS, accuracy, always_never, confusions, invented, lost
from asrdiag.app.parts.entity_tables import entity_tables, keyword_tables
from asrdiag.app.parts.filter_bar import answer_filters, clear
from asrdiag.app.parts.messages import damaged, empty
from asrdiag.app.parts.word_panel import WORD, word_panel
from asrdiag.app.parts.word_tables import Scope, csv_button, number, word_table
from asrdiag.app.texts import count, markdown
from asrdiag.errors import UsageError
from asrdiag.metrics import Unit, unit_name

_ORDERS = {
    "missed": "most often missed",
    "worst": "surely worst",
    "said": "most often said",
    "word": "alphabet",
}
_LEAST = ("1", "5", str(FEW), "50", "200")


def page() -> None:
    """Draw the page."""
    st.title("Words")
    index = opened.index()
    damaged(index.problems)
    if not len(index):
        empty(
            "No answer has scores yet.",
            "A cell is scored when all its clips are transcribed. `asrdiag score RUN` scores what there is.",
        )
        return
    with st.sidebar:
        filters = answer_filters(index)
    try:
        counted = opened.counted(filters, location.choice("words.unit"))
    except UsageError as error:
        st.error(markdown(str(error), 500))
        return
    damaged(counted.problems)
    if not len(counted.rows):
        empty("No answer that came passes the filters.", "Take some of them back in the sidebar.")
        st.button("Clear filters", on_click=clear, key="words.clear")
        return
    typed = _head(counted)
    if not len(counted.words.words):
        empty("Nothing was said or heard in these answers.", "Take some of the filters back in the sidebar.")
        return
    unit = cast(Unit, counted.unit)
    scope = Scope(_scoped(filters, counted), unit_name(unit))
    st.caption(_summary(counted, scope.noun))
    normalizers = _normalizers(index, counted)
    if typed:
        word_panel(counted, typed, normalizers, unit, scope)
        st.divider()
    _errors(counted, scope)
    _accuracy(counted, scope)
    entity_tables(counted, index, scope)
    keyword_tables(counted, normalizers[0], scope)


def _scoped(filters: Filters, counted: Counted) -> Filters:
    return filters.choosing("unit", [counted.unit]) if len(counted.units) > 1 else filters


def _normalizers(index: Index, counted: Counted) -> list[str]:
    """The normalisers of the answers, the most frequent first."""
    labels = index.labels["normalizer"]
    codes = labels.codes[counted.rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(labels.names))
    return [labels.names[place] for place in np.argsort(-counts, kind="stable") if counts[place]] or ["none"]


def _head(counted: Counted) -> str:
    """The unit and the word that is looked at."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(counted.units) > 1:
            location.select(
                "Count",
                "words.unit",
                list(counted.units),
                shown=lambda unit: f"{unit_name(cast(Unit, unit))} ({counted.units[unit]:,} answers)",
                width=260,
            )
        own = location.key(WORD)
        typed = st.text_input(
            "One word",
            location.choice(WORD),
            max_chars=200,
            key=own,
            on_change=lambda: location.choose(WORD, st.session_state[own].strip()),
            placeholder="all that happened to it",
            width=320,
        )
    return str(typed or "").strip()


def _summary(counted: Counted, noun: str) -> str:
    always, sometimes, never = always_never(counted.words)
    said, different = int(counted.words.said.sum()), always + sometimes + never
    return (
        f"{said:,} {noun} were said in {count(len(counted.rows), 'answer')}, {different:,} different ones: "
        f"**{always:,}** right every time, **{sometimes:,}** sometimes, **{never:,}** never. "
        "Counted in the alignments, after normalising. Choose a row to see the cases behind it."
    )


def _errors(counted: Counted, scope: Scope) -> None:
    left, middle, right = st.columns([5, 4, 5])
    with left:
        word_table(
            "confusions",
            "Taken for another",
            confusions(counted.words),
            columns={
                "said": st.column_config.TextColumn("said", width=76),
                "heard": st.column_config.TextColumn("heard", width=76),
                "kind": st.column_config.TextColumn(
                    "kind", width=46, help="soft: alike; hard: something else"
                ),
                "times": number("times", width=50),
                "share_pct": number("% of it", "Of all that it was said", decimals=1, width=58),
            },
            lead=lambda row: scope.to_cases(Event(row["said"], row["heard"])),
            texts=("said", "heard"),
        )
    with middle:
        word_table(
            "lost",
            "Left out",
            lost(counted.words),
            columns={
                "word": st.column_config.TextColumn("word", width=84),
                "left_out": number("times", width=50),
                "share_pct": number("% of it", "Of all that it was said", decimals=1, width=58),
            },
            lead=lambda row: scope.to_cases(Event(row["word"], "")),
        )
    with right:
        word_table(
            "invented",
            "Made up",
            invented(counted.words),
            columns={
                "word": st.column_config.TextColumn("word", width=84),
                "invented": number("times", width=50),
                "put_in": number("put in", "Where nothing was said", width=54),
                "in_place_of": number("instead", "Where something unlike was said", width=60),
                "share_pct": number("% of it", "Of all that it was heard", decimals=1, width=58),
            },
            lead=lambda row: scope.to_cases(Event(heard=row["word"])),
        )


def _accuracy(counted: Counted, scope: Scope) -> None:
    noun = scope.noun.removesuffix("s")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(f"How surely each {noun} is heard", anchor=False)
        order = location.select("Order", "words.order", list(ORDERS), shown=_ORDERS.__getitem__, width=230)
        least = location.select(
            "Said at least",
            "words.least",
            _LEAST,
            shown=lambda n: "once" if n == "1" else f"{n} times",
            width=160,
        )
        table = accuracy(counted.words, order=order, least=int(least))
        csv_button("accuracy", table)
    word_table(
        "accuracy",
        "",
        table,
        columns={
            "word": st.column_config.TextColumn("word", pinned=True),
            "said": number("said", "How often the references have it"),
            "accuracy_pct": number("right %", decimals=1),
            "interval": st.column_config.TextColumn(
                "95 %", help=f"(few): said less than {FEW} times", width=140
            ),
            "missed": number("missed"),
            "soft": number("soft", "Heard as something alike"),
            "hard": number("hard", "Heard as something else"),
            "del": number("del", "Left out"),
            "put_in": number("ins", "Put in, where nothing was said"),
        },
        lead=lambda row: scope.to_cases(
            Event(row["word"]) if row["missed"] else Event(row["word"], row["word"])
        ),
    )
    st.caption(
        "**right**: of the times that it was said, those with the very same opposite it in the alignment. "
        f"**(few)**: said less than {FEW} times, which tells little. The interval is Wilson's, as if every "
        "occurrence were independent; *surely worst* goes by its upper end."
    )


if __name__ == "__main__":
    page()
