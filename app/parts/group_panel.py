"""A group of answers: their rewards and terms, what the reward prefers wrongly, and the words themselves."""

from collections import Counter
from typing import Any

import numpy as np
import streamlit as st

from asrdiag.metrics.rewards.preferences import TERMS

from ..components.alignment import Answer, alignment
from ..data.judged import Judged, Preference
from ..data.stack import stacked
from ..texts import count, markdown, percent, plain, shown
from .agreement_plot import agreement_plot
from .case_table import digest
from .reward_table import reward_table

_MOST_ALIGNED = 12
_MOST_PAIRS = 200
_LONG_TEXT = 20_000


def group_panel(found: Judged, name: str, link: str, first: str) -> None:
    """Show a group and what the reward makes of it.

    Args:
        found: the answers with their rewards.
        name: tells the group from others, for the keys of elements.
        link: the parameters of the group's address.
        first: what the names of the answers are: `rollout` or `system`.
    """
    preferences = found.preferences(_MOST_PAIRS)
    own = digest([name, repr(found.reward)])
    _verdict(found)
    reward_table(found, f"rollouts.answers.{own}", first)
    if len(found.rollouts) > 1:
        left, right = st.columns([2, 3], gap="medium")
        with left:
            agreement_plot(found, preferences, f"rollouts.agreement.{own}")
        with right:
            _preferences(found, preferences, own)
    _aligned(found, f"rollouts.alignment.{digest([name])}", link)
    with st.expander("Raw texts"):
        _raw(found)


def _verdict(found: Judged) -> None:
    """Whether reward and error rate agree, in a line."""
    n, rewards, rates = len(found.rollouts), found.rewards, found.rates
    if n == 1:
        st.markdown(f"One answer: reward {rewards[0]:.3f}, WER {percent(100 * rates[0])}.")
        return
    spread = float(np.std(found.parts["reward"], ddof=1))
    if rewards.max() == rewards.min():
        why = (
            "every one is right"
            if not rates.any()
            else "the transcripts are all the same"
            if len({each.hypothesis_tokens for each in found.scored}) == 1
            else "several transcripts have the same reward"
        )
        st.info(f"A flat group: all rewards are {rewards[0]:.3f}, so it teaches nothing; {why}.", icon="⏸️")
        return
    top = float(rates[rewards == rewards.max()].mean())
    said = [
        f"spread {spread:.3f}",
        "no tau-b, all WERs are the same" if np.isnan(found.tau_b) else f"tau-b {found.tau_b:.2f}",
        f"the highest reward has a WER of {percent(100 * top)}, the best answer {percent(100 * rates.min())}",
    ]
    if n_against := len(found.against.preferred):
        said.append(f"**{count(n_against, 'pair')} ranked against WER** ⚠")
    st.markdown(" · ".join(said))


def _preferences(found: Judged, pairs: list[Preference], own: str) -> None:
    if not pairs:
        st.caption("Of every two answers the one with fewer errors has the higher reward, or the same.")
        return
    names = found.answers.names
    columns: dict[str, list[Any]] = {
        "preferred": [shown(names[each.preferred], 40) for each in pairs],
        "to": [shown(names[each.better], 40) for each in pairs],
        "errors": [100 * each.gap for each in pairs],
        "by": [sum(each.terms.values()) for each in pairs],
        **{term: [each.terms[term] + 0.0 for each in pairs] for term in TERMS},  # no minus before a zero
    }
    number = st.column_config.NumberColumn
    st.caption("The reward prefers the answer with more errors, and what each term adds to its lead")
    st.dataframe(
        columns,
        key=f"rollouts.pairs.{own}",
        hide_index=True,
        height=min(len(pairs), 6) * 35 + 38,
        column_config={
            "preferred": st.column_config.TextColumn("preferred", pinned=True, width=80),
            "to": st.column_config.TextColumn("to", help="The answer with fewer errors", width=80),
            "errors": number("WER gap", format="+%.1f", help="In points", width=74),
            "by": number("lead", format="+%.3f", help="Difference of the rewards", width=64),
            **{
                term: number(term.replace("r_", "R_"), format="%+.3f", help=said, width=70)
                for term, said in TERMS.items()
            },
        },
        alt="Pairs ranked against WER",
    )
    more = len(found.against.preferred) - len(pairs)
    if more:
        st.caption(f"and {more:,} more")


def _aligned(found: Judged, key: str, link: str) -> None:
    """The distinct answers under the reference, the highest reward first."""
    said = Counter(each.hypothesis_tokens for each in found.scored)
    places = list({found.scored[place].hypothesis_tokens: place for place in reversed(found.order)}.values())
    places = sorted(places, key=found.order.index)
    chosen = places[:_MOST_ALIGNED]
    group, unit = found.answers.group, found.scored[0].unit
    alignment(
        stacked([found.steps(place) for place in chosen]),
        [Answer(_name(found, place, said), _note(found, place), place == chosen[0]) for place in chosen],
        tracks=[],
        silent="",
        link=link,
        unit=unit,
        language=group.language or "",
        key=key,
    )
    if len(places) > len(chosen):
        st.caption(f"{count(len(places) - len(chosen), 'further transcript')} in the table only.")


def _name(found: Judged, place: int, said: Counter[Any]) -> str:
    times = said[found.scored[place].hypothesis_tokens]
    return found.answers.names[place] + (f" ({times} times)" if times > 1 else "")


def _note(found: Judged, place: int) -> str:
    return f"reward {found.rewards[place]:.3f}, {percent(100 * float(found.rates[place]))}"


def _raw(found: Judged) -> None:
    group = found.answers.group
    _text("Reference", group.reference)
    if group.base_transcript is not None:
        _text("The base model, greedily", group.base_transcript)
    for place in found.order[:_MOST_ALIGNED]:
        rollout = group.rollouts[place]
        _text(found.answers.names[place], rollout.transcript)
        if rollout.raw_output is not None and rollout.raw_output != rollout.transcript:
            _text(f"{found.answers.names[place]}, raw output", rollout.raw_output)
    if group.metadata:
        _text("Metadata", plain(str(dict(group.metadata)))[:_LONG_TEXT])
    if group.audio is not None:
        _text("Audio, as logged", group.audio)


def _text(label: str, text: str) -> None:
    with st.container(gap=None):
        st.caption(markdown(label))
        st.text(shown(text, _LONG_TEXT) or "(nothing)")
