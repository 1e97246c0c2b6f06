"""Answers to one reference with everything that a reward is made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.inspection import LOGGED_TOLERANCE

from .. import location
from ..colours import REWARD
from ..data.case import Case
from ..data.judged import PARTS, Judged, answers_of_cases, judged
from ..data.runs import called
from ..opened import runs
from ..texts import markdown, shown
from .case_table import digest
from .reward_bar import reward_bar, scale
from .reward_settings import formula

TERMS = ("r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate")
MOST = 1000
_LONGEST = 50_000
"""Characters of a reference and its answers for which the reward is computed unasked."""
_SIDES = ("reference", "hypothesis")
_ROW = 35


def case_rewards(cases: Sequence[Case]) -> None:
    """What the published reward says of the answers to one clip, and a way to the page that tells more.

    Args:
        cases: answers under one reference, the open one first.
    """
    if sum(len(str(case.record.get(f"{side}_raw"))) for case in cases for side in _SIDES) > _LONGEST:
        st.caption("The reward is not computed for texts of this length.")
        return
    names = called(runs())
    answers = answers_of_cases(
        cases, [names.get((case.key.run, case.key.system), case.key.system) for case in cases]
    )
    if answers is None:
        return
    st.subheader("Reward", anchor=False, help="What a trainer would give for these answers: DG-WGPO")
    try:
        found = judged(answers, DGWGPOReward())
    except ValueError as error:
        st.caption(markdown(f"No reward: {error}", 300))
        return
    reward_table(found, f"case.rewards.{digest([cases[0].key])}")
    if st.button("What the reward prefers", icon=":material/casino:", key="case.rewards.more"):
        location.go("views/rollouts.py", location.place().at(cases[0].key))


def reward_table(found: Judged, key: str, first: str = "system") -> None:
    """Show answers from the highest reward down, each with a bar of its parts and every term as a number.

    Args:
        found: the answers with their rewards.
        key: of the element.
        first: what the names of the answers are.
    """
    reward_rows(found, key, first)
    if len(found.rollouts) > MOST:
        st.caption(f"The {MOST:,} with the highest rewards, of {len(found.rollouts):,}.")
    said = ", ".join(f':color[■]{{foreground="{REWARD[name]}"}} {markdown(of)}' for name, of in PARTS.items())
    st.caption(f"Bar: {said}, each with its weight. {markdown(formula(found.reward), 500)}.")


def reward_rows(found: Judged, key: str, first: str) -> None:
    """The table alone."""
    order = found.order[:MOST]
    bars = [{name: float(values[place]) for name, values in found.shares.items()} for place in order]
    ends = scale(bars)
    better = set(found.against.preferred.tolist())
    columns: dict[str, list[Any]] = {
        first: [shown(found.answers.names[place], 60) for place in order],
        "transcript": [shown(found.rollouts[place].transcript, 200) or "(nothing)" for place in order],
        "reward": [float(found.parts["reward"][place]) for place in order],
        "parts": [reward_bar(each, ends) for each in bars],
        "wer": [100 * float(found.rates[place]) for place in order],
        "rank": [_rank(found, place, marked=place in better) for place in order],
        **{name: [float(found.parts[name][place]) for place in order] for name in TERMS},
        **_logged(found, order),
    }
    st.dataframe(
        columns,
        key=key,
        hide_index=True,
        row_height=_ROW,
        height=min(len(order), 12) * _ROW + 38,
        column_config=_columns(first, ends),
        placeholder="-",
        alt="Answers with their rewards",
    )


def _rank(found: Judged, place: int, *, marked: bool) -> str:
    """Both ranks; marked where an answer with fewer errors has a lower reward."""
    return f"{found.reward_ranks[place]} / {found.rate_ranks[place]}{' ⚠' if marked else ''}"


def _logged(found: Judged, order: Sequence[int]) -> dict[str, list[Any]]:
    """What the trainer logged, where it did, and what of it is not computed here."""
    rollouts = [found.rollouts[place] for place in order]
    columns: dict[str, list[Any]] = {}
    if any(each.reward is not None for each in rollouts):
        columns["logged"] = [each.reward for each in rollouts]
        columns["differs"] = [_difference(found, place) for place in order]
    for name in ("advantage", "n_tokens", "finish_reason"):
        values = [getattr(each, name) for each in rollouts]
        if any(value is not None for value in values):
            columns[name] = [shown(each, 40) if isinstance(each, str) else each for each in values]
    return columns


def _difference(found: Judged, place: int) -> str:
    """By how much the logged reward is another one, and which logged terms are."""
    by = float(found.differences[place])
    said = [] if np.isnan(by) or abs(by) <= LOGGED_TOLERANCE else [f"≠ {by:+.4g}"]
    terms = found.other_terms(place)
    return "; ".join([*said, *(f"{name} {value:.4g}" for name, value in terms.items())])


def _columns(first: str, ends: tuple[float, float]) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    text = st.column_config.TextColumn
    helps = {
        "r_wer": "1 - WER",
        "r_rep": "0 for a loop that the reference does not explain",
        "r_static": "R_rep · R_wer",
        "r_fine": "Correct tokens over correct and wrong ones; soft substitutions count less",
        "r_struc": "Half the common subsequence, half the length",
        "r_dynamic": "R_fine and R_struc, weighted by the gate",
        "gate": "1 where WER is below tau",
    }
    return {
        first: text(first, pinned=True),
        "transcript": text("transcript", width=220),
        "reward": number("reward", format="%.3f", width=66),
        "parts": st.column_config.ImageColumn(
            f"{ends[0]:.2g} to 1",
            width=176,
            help="The weighted parts of the reward; numbers are to the right",
        ),
        "wer": number("WER %", format="%.1f", width=64),
        "rank": text(
            "ranks",
            width=72,
            help="By reward / by WER; ⚠ an answer with fewer errors has a lower reward",
        ),
        **{
            name: number(
                name.replace("r_", "R_"),
                format="%.0f" if name in ("r_rep", "gate") else "%.3f",
                help=said,
                width=64,
            )
            for name, said in helps.items()
        },
        "logged": number("logged", format="%.3f", help="The reward that the trainer used", width=70),
        "differs": text("≠", help="Logged less computed, and logged terms that are others"),
        "advantage": number("advantage", format="%+.3f"),
        "n_tokens": number("tokens", format="%d", width=64),
        "finish_reason": text("ended", width=70),
    }
