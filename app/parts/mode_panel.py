"""One failure mode: what it means, and its strongest cases with what decided them."""

from collections.abc import Mapping

import streamlit as st

from asrdiag.metrics import MODES, THRESHOLDS

from .. import location, opened
from ..data.evidence import Evidence, evidence
from ..data.filters import Filters
from ..data.modes import Answered, strength, strongest
from ..texts import count, shown
from .case_table import digest
from .messages import damaged
from .mode_charts import spoken

MOST = 20
_ROW = 58
"""Pixels: room for two lines."""
_MATTERS = "a number, name, keyword or negation"
_MOSTLY = f"more than {THRESHOLDS.omitted_error_share:.0%} of the errors"
MEANS: Mapping[str, str] = {
    "correct": "There is no error after normalising. Also if nothing was said and nothing answered.",
    "minor": f"The errors weigh at most {THRESHOLDS.minor_rate:.0%} of the reference, and touch no number, "
    f"name, keyword or negation; soft substitutions and function words weigh {THRESHOLDS.light_weight:g}. "
    "Also marks without a letter where nothing was said.",
    "word_confusion": f"There are errors, and no other pattern. Also few errors that touch {_MATTERS}, "
    "if most of them are not deletions.",
    "omission": f"Deletions are {_MOSTLY}. Also few errors that touch {_MATTERS}, if most of them are "
    "deletions.",
    "truncation": f"The end is missing, or else the beginning: {THRESHOLDS.truncated_words} words "
    f"({THRESHOLDS.truncated_characters} characters) or more, and {_MOSTLY}.",
    "empty": "The answer has no letter and no digit, but something was said.",
    "hallucination": "The answer is a text with next to nothing in common with what was said, or adds a text "
    "that nobody said. Also any text where nothing was said.",
    "repetition_loop": f"At least {THRESHOLDS.loop_tokens} wrong tokens stand in loops, which hold at least "
    f"{THRESHOLDS.loop_share:.0%} of the errors or fill as much of the answer.",
    "language_switch": "The answer is in another script or language, and at most "
    f"{THRESHOLDS.switch_correct_share:.0%} of its tokens are right.",
    "semantic_drift": "The answer follows the reference in part, and elsewhere tells something else.",
}
"""The modes' rules in `docs/diagnosis.md`, in a sentence or two."""


def mode_panel(found: Answered, mode: str, filters: Filters) -> None:
    """Show what a mode means, and the strongest cases of it; choosing one opens it.

    Args:
        found: the answers.
        mode: which mode.
        filters: what the answers passed.
    """
    n = int((found.modes == MODES.index(mode)).sum())
    st.markdown(f"**{spoken(mode)}**: {MEANS[mode]}")
    if not n:
        st.caption("None of these answers is in this mode.")
        return
    rows = strongest(found, mode, MOST)
    told, problems = evidence(opened.by_name(), found.index, rows)
    damaged(problems)
    of = f"The strongest of {count(n, 'case')}" if n > len(rows) else count(n, "case")
    st.caption(f"{of}, {strength(mode)}, each clip once. Choose one to hear and see it.")
    chosen = _table(told, mode)
    if chosen is not None:
        only = filters.choosing("failure_mode", [mode])
        place = location.place()
        location.go("views/cases.py", type(place)(only, choices=place.choices).at(told[chosen].key))


def _table(told: list[Evidence], mode: str) -> int | None:
    several = {name: len({getattr(each.key, name) for each in told}) > 1 for name in ("run", "dataset")}
    cells = {
        "case": [shown(each.key.sample_id, 60) for each in told],
        **{
            name: [shown(getattr(each.key, name), 60) for each in told]
            for name in ("run", "system", "dataset", "condition")
            if several.get(name, True)
        },
        "why": [shown(each.text) for each in told],
        "found": [" · ".join(shown(text, 120) for text in each.found) for each in told],
    }
    chosen = st.dataframe(
        cells,
        key=location.key(f"modes.cases.{digest([mode, *(each.key for each in told)])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_ROW,
        height=min(len(told), 8) * _ROW + 38,
        column_config={
            "case": st.column_config.TextColumn("case", pinned=True, width=110),
            "why": st.column_config.TextColumn("what decided", width=270),
            "found": st.column_config.TextColumn("what was found", width=370),
        },
        placeholder="-",
        alt=f"The strongest cases of {spoken(mode)}",
    )["selection"]["rows"]
    return chosen[0] if chosen else None
