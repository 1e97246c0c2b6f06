"""How an answer was measured, and what was done to the audio before."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import streamlit as st

from ..data.case import Case
from ..data.draws import Draw, draws
from ..data.index import ERRORS
from ..data.runs import OpenRun
from ..texts import markdown, percent, seconds

_LONG = 200


def case_measures(run: OpenRun, case: Case) -> None:
    """Show the counts of an answer, and the condition with everything that was drawn for this clip."""
    _counts(case.score)
    st.subheader("What was done to the audio", anchor=False)
    cell = run.cells.get(case.key.cell, {})
    st.markdown(_condition(case, cell))
    parts = groupby(draws(case.record.get("degradation")), key=lambda draw: draw.part)
    st.markdown("\n".join(f"- {_line(part, list(found))}" for part, found in parts))


def _counts(score: Mapping[str, Any]) -> None:
    rate = score.get("error_rate")
    numbers = [("Error rate", percent(None if rate is None else 100 * rate))]
    numbers += [
        (kind, "-" if score.get(column) is None else str(score[column])) for kind, column in ERRORS.items()
    ]
    numbers += [
        ("Length", seconds(score.get("duration_s"))),
        ("Recogniser", seconds(score.get("transcribe_s"))),
    ]
    with st.container(horizontal=True):
        for name, value in numbers:
            st.metric(name, value, width="content")


def _condition(case: Case, cell: Mapping[str, Any]) -> str:
    if not case.record:
        return "The record cannot be read."
    facts = [f"**{markdown(case.key.condition)}**"]
    for name, text in (("severity", "severity {:.2f} of 1"), ("snr_db", "SNR {:g} dB")):
        value = cell.get(name)
        facts += [markdown(text.format(value))] if isinstance(value, int | float) else []
    if not case.record.get("degradation"):
        facts.append("nothing, the audio is as recorded")
    return " · ".join(facts)


def _line(part: str, found: list[Draw]) -> str:
    values = [f"{markdown(draw.name, 60)} {markdown(draw.value, _LONG)}" for draw in found if draw.value]
    return f"**{markdown(part)}** {' · '.join(values)}" if part else " · ".join(values)
