"""One word: all that happened to it."""

from collections.abc import Mapping, Sequence
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
from ..texts import percent
from .filter_bar import CELLS
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
        _unknown(counted, typed, scope)
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
            lead=lambda row: scope.to_cases(Event(word, row["token"])),
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
            lead=lambda row: scope.to_cases(Event(row["token"], word)),
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


def _unknown(counted: Counted, typed: str, scope: Scope) -> None:
    from rapidfuzz import fuzz, process

    said = f"None of these answers has {quoted(typed)} among its {scope.noun}, said or heard."
    if len(counted.units) > 1:
        said += " Other answers are counted in another unit, see *Count*."
    st.info(said, icon=":material/search_off:")
    alike = process.extract(
        typed.lower(), counted.words.words.to_pylist(), scorer=fuzz.ratio, limit=_ALIKE, score_cutoff=60
    )
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
    import pyarrow as pa

    found = of_word(counted.tallies, word)
    counts = np.array([numbers for _, numbers in found], dtype=np.int64).reshape(-1, len(COUNTS))
    said = counts[:, :4].sum(axis=1)
    low, high = (np.round(end, 2) for end in wilson(counts[:, 0], said))
    names = {name: [getattr(cell, name) for cell, _ in found] for name in CELLS}
    with np.errstate(invalid="ignore"):
        right = np.round(100 * counts[:, 0] / said, 2)
    rates = {"right_pct": right, "low_pct": low, "high_pct": high}
    table = pa.table(
        {
            **{name: pa.array(texts, pa.string()) for name, texts in names.items()},
            "said": pa.array(said),
            **{name: pa.array(values, mask=np.isnan(values)) for name, values in rates.items()},
            **{name: pa.array(counts[:, place]) for place, name in enumerate(COUNTS)},
        }
    )
    told = [name for name in CELLS if name == "system" or len(set(names[name])) > 1]
    word_table(
        "by_cell",
        "By system and condition",
        table,
        columns={
            **{name: st.column_config.TextColumn(name, pinned=name == "system" or None) for name in told},
            "said": number("said"),
            "right_pct": number("right %", decimals=1),
            "interval": "95 %",
            "soft": number("soft"),
            "hard": number("hard"),
            "lost": number("del"),
            "added": number("ins"),
        },
        lead=lambda row: _lead(word, row, scope),
        texts=CELLS,
    )


def _lead(word: str, row: Mapping[str, Any], scope: Scope) -> None:
    """Go to what to look at first of all that happened to a word in a cell."""
    labels = {name: row[name] for name in CELLS}
    if row["soft"] or row["hard"] or row["lost"]:
        scope.to_cases(Event(word), **labels)
    elif row["correct"]:
        scope.to_cases(Event(word, word), **labels)
    elif row["added"] or row["heard_hard"]:
        scope.to_cases(Event(heard=word), **labels)
    else:
        scope.to_answers(word, **labels)
