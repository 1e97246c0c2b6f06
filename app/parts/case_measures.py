"""How an answer was measured, and what was done to the audio before."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import streamlit as st

from ..data.case import Case
from ..data.draws import Draw, draws
from ..data.index import ERRORS
from ..data.runs import OpenRun
from ..texts import markdown, percent, seconds, shown

_LONG = 200
_LONGEST_REWARDED = 50_000
_REWARDS = {
    "reward": "0.4 r_static + 0.6 r_dynamic; 1 for an exact answer",
    "r_static": "r_rep times r_wer",
    "r_wer": "1 less the error rate",
    "r_rep": "0 if the answer repeats itself, else 1",
    "r_dynamic": "mixes r_fine and r_struc; the error rate decides how",
    "r_fine": "correct tokens in correct tokens and errors; a soft substitution counts 0.4",
    "r_struc": "how much of the longer text both have in the same order, and how alike in length they are",
}


def case_measures(run: OpenRun, case: Case) -> None:
    """Show the counts of an answer, and the condition with everything that was drawn for this clip."""
    _counts(case.score)
    _rewards(case)
    st.subheader("What was done to the audio", anchor=False)
    cell = run.cells.get(case.key.cell, {})
    st.markdown(_condition(case, cell))
    parts = groupby(draws(case.record.get("degradation")), key=lambda draw: draw.part)
    st.markdown("\n".join(f"- {_line(part, list(found))}" for part, found in parts))
    entities = case.score.get("entities") or []
    if entities:
        st.subheader("Numbers, names and keywords of the reference", anchor=False)
        st.dataframe(
            [
                {name: shown(str(each.get(name) or "")) for name in ("kind", "text", "status", "heard")}
                for each in entities
            ],
            hide_index=True,
            height="content",
        )


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


def _rewards(case: Case) -> None:
    """What the answer would have earned in training, and what that is made of."""
    from asrdiag.metrics.rewards import DGWGPOReward

    hypothesis, reference = (case.record.get(f"{side}_raw") for side in ("hypothesis", "reference"))
    if not (case.answered and isinstance(hypothesis, str) and isinstance(reference, str)):
        return
    if len(hypothesis) + len(reference) > _LONGEST_REWARDED:
        st.caption("The reward is not computed for texts of this length.")
        return
    try:
        reward = DGWGPOReward(normalizer=case.score.get("normalizer"))
        found = reward.components(
            hypotheses=[hypothesis],
            references=[reference],
            languages=str(case.record.get("language") or "en"),
        )
    except ValueError as error:  # a normaliser of the suite's own is known by its name only
        st.caption(f"The reward cannot be computed here: {markdown(str(error))}")
        return
    st.subheader("Reward in training", anchor=False)
    values = {name: float(value[0]) for name, value in found.items()}
    with st.container(horizontal=True):
        for name, meaning in _REWARDS.items():
            st.metric(name, f"{values[name]:.3f}", width="content", help=meaning)
    low = "below" if values["gate"] else "not below"
    st.caption(
        f"DG-WGPO with its published parameters. The error rate is {low} {reward.tau:g}, so r\\_fine has "
        f"{'75' if values['gate'] else '25'} % of r\\_dynamic and r\\_struc the rest."
    )


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
