"""One failure mode: what it means, and its strongest cases with what decided them."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from asrdiag.metrics import THRESHOLDS

from .. import location, opened
from ..data.evidence import Evidence
from ..data.filters import Filters
from ..data.modes import strength
from ..texts import count, markdown, shown
from .messages import damaged
from .mode_charts import spoken

MOST = 8
_MATTERS = "a number, name, keyword or negation"
_MOSTLY = f"more than {100 * THRESHOLDS.omitted_error_share:.0f} % of the errors"
MEANS: Mapping[str, str] = {
    "correct": "There is no error after normalising. Also if nothing was said and nothing answered.",
    "minor": f"The errors weigh at most {100 * THRESHOLDS.minor_rate:.0f} % of the reference, and touch no "
    "number, name, keyword or negation; soft substitutions and function words weigh "
    f"{THRESHOLDS.light_weight:g}. Also marks without a letter where nothing was said.",
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
    f"{100 * THRESHOLDS.loop_share:.0f} % of the errors or fill as much of the answer.",
    "language_switch": "The answer is in another script or language, and at most "
    f"{100 * THRESHOLDS.switch_correct_share:.0f} % of its tokens are right.",
    "semantic_drift": "The answer follows the reference in part, and elsewhere tells something else.",
}
"""The modes' rules in `docs/diagnosis.md`, in a sentence or two."""


def mode_panel(n: int, mode: str, filters: Filters) -> None:
    """Show what a mode means, and its strongest cases.

    Args:
        n: how many answers are in it.
        mode: which mode.
        filters: what the answers passed.
    """
    st.markdown(f"**{spoken(mode)}**: {MEANS[mode]}")
    if not n:
        st.caption("None of these answers is in this mode.")
        return
    told, problems = opened.strongest_cases(filters, mode, MOST)
    damaged(problems)
    of = f"The strongest of {count(n, 'case')}" if n > len(told) else count(n, "case")
    st.caption(f"{of}, {strength(mode)}, each clip once. *Open* lets you hear and see it.")
    for place, each in enumerate(told):
        _case(each, place, filters.choosing("failure_mode", [mode]))


def _case(each: Evidence, place: int, filters: Filters) -> None:
    """One case: where it is, the sentence of the diagnosis, and what that found; a button opens it."""
    key = each.key
    where = [key.system, key.condition]
    if len({name for name, _ in opened.index().cells}) > 1:
        where.insert(0, key.run)
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{markdown(key.sample_id, 80)}** · {' · '.join(markdown(text, 60) for text in where)}"
            )
            chosen = st.button("Open", key=location.key(f"modes.open.{place}"), icon=":material/hearing:")
        st.caption(markdown(each.text, 400))
        for text in each.found:
            st.text(shown(text, 240))
    if chosen:
        location.go("views/cases.py", replace(location.place(), filters=filters).at(key))
