"""One word: all that happened to it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from asrdiag.metrics.units import Unit

from .. import location
from ..data.filters import Event
from ..data.keywords import as_tokens
from ..data.proportions import wilson
from ..data.tallies import Counted, of_word
from ..data.words import COUNTS, Words, confusions
from ..texts import percent, shown
from .case_table import digest
from .word_tables import Scope, number, quoted, word_table

WORD = "words.word"
_ALIKE = 6


def word_panel(counted: Counted, typed: str, normalizers: Sequence[str], unit: Unit, scope: Scope) -> None:
    """Show what became of a word, and what it was heard for.

    Args:
        counted: the counts.
        typed: what the user asked for.
        normalizers: those of the answers, the most frequent first; what is typed is normalised, too.
        unit: what a token is.
        scope: the answers that were counted.
    """
    words = counted.words
    place = _place(words, typed, normalizers, unit)
    if place is None:
        _unknown(words, typed, scope)
        return
    word = words.words[place].as_py()
    _numbers(words, place, word)
    left, right = st.columns(2)
    with left:
        word_table(
            "heard_as",
            f"{quoted(word)} was heard as",
            _became(words, place, word),
            columns={
                "heard": "heard",
                "kind": "kind",
                "times": number("times"),
                "share_pct": number("% of it", decimals=1),
            },
            event_of=lambda row: Event(word, row["token"]),
            scope=scope,
            texts=("heard",),
        )
    with right:
        word_table(
            "heard_for",
            f"{quoted(word)} was heard for",
            _stood_for(words, place, word),
            columns={
                "said": "said",
                "kind": "kind",
                "times": number("times"),
                "share_pct": number("% of that", "Of what was said there", decimals=1),
            },
            event_of=lambda row: Event(row["token"], word),
            scope=scope,
            texts=("said",),
        )
    _cells(counted, word, scope)


def _place(words: Words, typed: str, normalizers: Sequence[str], unit: Unit) -> int | None:
    """The place of a word as it was typed, or in lower case, or as a normaliser writes it."""
    tries = [typed, typed.lower()]
    for name in normalizers:
        tokens = as_tokens(typed, name, unit)
        tries += tokens if len(tokens) == 1 else ()
    return next((place for text in dict.fromkeys(tries) if (place := words.place(text)) is not None), None)


def _unknown(words: Words, typed: str, scope: Scope) -> None:
    from rapidfuzz import process

    st.info(
        f"None of these answers has {quoted(typed)} among its {scope.noun}, said or heard.",
        icon=":material/search_off:",
    )
    alike = process.extract(typed.lower(), words.words.to_pylist(), limit=_ALIKE, score_cutoff=60)
    if alike:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Alike:")
            for word, _, place in alike:
                st.button(
                    quoted(word),
                    key=f"words.alike.{place}",
                    type="tertiary",
                    on_click=lambda word=word: _look_at(word),
                )


def _look_at(word: str) -> None:
    location.choose(WORD, word)
    location.move(location.place())


def _numbers(words: Words, place: int, word: str) -> None:
    counts = dict(zip(COUNTS, words.counts[place].tolist(), strict=True))
    said = int(words.said[place])
    low, high = (float(end[0]) for end in wilson(np.array([counts["correct"]]), np.array([said])))
    st.subheader(quoted(word), anchor=False)
    facts = [
        ("Said", f"{said:,}", ""),
        (
            "Right",
            percent(100 * counts["correct"] / said if said else None),
            f"95 %: {low:.1f} to {high:.1f} %",
        ),
        ("soft", f"{counts['soft']:,}", "Heard as something alike"),
        ("hard", f"{counts['hard']:,}", "Heard as something else"),
        ("del", f"{counts['lost']:,}", "Left out"),
        ("ins", f"{counts['added']:,}", "Put in, where nothing was said"),
        ("Heard for others", f"{counts['heard_soft'] + counts['heard_hard']:,}", ""),
    ]
    with st.container(horizontal=True):
        for name, value, meaning in facts:
            st.metric(name, value, width="content", help=(meaning if said else None) or None)


def _became(words: Words, place: int, word: str) -> Any:
    """What was heard for a word, with how often it was right and left out, as a pyarrow table."""
    counts, said = words.counts[place], int(words.said[place])
    rows = [("(right)", "right", int(counts[0]), word), ("(nothing)", "del", int(counts[3]), "")]
    found = confusions(words, said=place)
    rows += [(row["heard"], row["kind"], row["times"], row["heard"]) for row in found.to_pylist()]
    return _table("heard", [(*row, 100 * row[2] / said) for row in rows if row[2]])


def _stood_for(words: Words, place: int, word: str) -> Any:
    """What a word was heard for, with how often it was put in, as a pyarrow table."""
    rows = [("(nothing)", "ins", int(words.counts[place][4]), "", None)]
    rows += [
        (row["said"], row["kind"], row["times"], row["said"], row["share_pct"])
        for row in confusions(words, heard=place).to_pylist()
    ]
    return _table("said", [row for row in rows if row[2]])


def _table(name: str, rows: Sequence[tuple[str, str, int, str, float | None]]) -> Any:
    import pyarrow as pa

    ordered = sorted(rows, key=lambda row: (-row[2], row[0]))
    names = (name, "kind", "times", "token", "share_pct")
    types = (pa.string(), pa.string(), pa.int64(), pa.string(), pa.float64())
    return pa.table(
        {
            column: pa.array([row[place] for row in ordered], kind)
            for place, (column, kind) in enumerate(zip(names, types, strict=True))
        }
    )


def _cells(counted: Counted, word: str, scope: Scope) -> None:
    """What happened to a word in each cell; choosing a row leads to the cases there."""
    found = of_word(counted.tallies, word)
    rows: list[dict[str, Any]] = []
    for cell, numbers in found:
        counts = dict(zip(COUNTS, numbers, strict=True))
        said = sum(numbers[:4])
        low, high = (float(end[0]) for end in wilson(np.array([numbers[0]]), np.array([said])))
        rows.append(
            {
                "run": shown(cell.run, 60),
                **{name: shown(getattr(cell, name), 60) for name in ("system", "dataset", "condition")},
                "said": said,
                "right": 100 * numbers[0] / said if said else None,
                "interval": f"{low:.1f} to {high:.1f}" if said else "",
                **{kind: counts[name] for kind, name in _KINDS.items()},
            }
        )
    for name in ("run", "dataset"):
        if len({row[name] for row in rows}) < 2:
            for row in rows:
                del row[name]
    st.subheader("By system and condition", anchor=False)
    chosen = st.dataframe(
        rows,
        key=location.key(f"words.cells.{digest([word, *(cell for cell, _ in found)])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(rows), 12) * 35 + 38,
        column_config={
            "system": st.column_config.TextColumn("system", pinned=True),
            "said": number("said"),
            "right": number("right %", decimals=1),
            "interval": "95 %",
            **{kind: number(kind) for kind in _KINDS},
        },
        placeholder="-",
        alt="What happened to the word, by system and condition",
    )["selection"]["rows"]
    if chosen:
        cell, numbers = found[chosen[0]]
        labels = {name: getattr(cell, name) for name in ("run", "system", "dataset", "condition")}
        scope.to_cases(_event(word, numbers), **labels)


def _event(word: str, counts: Sequence[int]) -> Event | None:
    """What to look at first of all that happened to a word; nothing if it was heard for words alike only."""
    correct, soft, hard, left_out, added, _, heard_hard = counts
    if soft + hard + left_out:
        return Event(word)
    if correct:
        return Event(word, word)
    return Event(heard=word) if added + heard_hard else None


_KINDS = {"soft": "soft", "hard": "hard", "del": "lost", "ins": "added"}
