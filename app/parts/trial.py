"""A transcript of the reader's own, and what the reward says of it."""

from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup

from .. import location
from ..components.alignment import Answer, alignment
from ..components.as_you_type import as_you_type
from ..data.judged import PARTS, Answers, Judged, judged
from ..data.stack import stacked
from ..texts import markdown, percent, shown
from .case_table import digest
from .reward_table import reward_rows

HYPOTHESIS, REFERENCE, OF = "rollouts.hypothesis", "rollouts.reference", "rollouts.typed"
LONGEST = 2000
_FIELDS = "rollouts-typed"
_EXAMPLE = RolloutGroup(
    group="example",
    reference="the cat sat on the mat",
    rollouts=(Rollout(transcript="the cap sat on mat"),),
)


@st.fragment
def trial(answers: Answers | None, reward: DGWGPOReward) -> None:
    """Let the reader type a transcript, and a reference if they like, and show the reward of it.

    What is typed belongs to the group that it was typed for. It is in the link that can be copied; the URL
    follows when the page is next drawn, so that going back does not go letter by letter.

    Args:
        answers: the open group, from whose reference one begins; `None` for a sentence to begin with.
        reward: what it is scored with.
    """
    st.subheader("Try a transcript", anchor=False)
    base = answers or Answers(_EXAMPLE, ("1",))
    group = base.group
    name = digest([group.group, group.reference])
    if location.choice(OF) not in ("", name):
        for each in (HYPOTHESIS, REFERENCE, OF):
            location.choose(each, "")
    with st.container(key=_FIELDS):
        left, right = st.columns(2)
    with left:
        reference = _area("Reference", REFERENCE, group.reference, name)
    with right:
        start = max(zip(group.rollouts, range(len(group.rollouts)), strict=True), key=_longest)[0].transcript
        hypothesis = _area("Transcript", HYPOTHESIS, start, name)
    own = replace(group, reference=reference, rollouts=(Rollout(transcript=hypothesis),))
    as_you_type(_FIELDS)
    try:
        found = judged(Answers(own, ("typed",), base.normalizer), reward)
    except ValueError as error:
        st.warning(markdown(str(error), 300))
        return
    _numbers(found, f"rollouts.typed.numbers.{name}")
    if answers is not None and reference == group.reference:
        _among(found, judged(answers, reward))
    alignment(
        stacked([found.steps(0)]),
        [Answer("typed", f"reward {found.rewards[0]:.3f}, {percent(100 * float(found.rates[0]))}", True)],
        tracks=[],
        silent="",
        link=urlencode(location.place().parameters(), doseq=True),
        unit=found.scored[0].unit,
        language=group.language or "",
        key=f"rollouts.typed.{name}",
    )


def _longest(each: tuple[Rollout, int]) -> tuple[float, int]:
    rollout, place = each
    return (rollout.reward if rollout.reward is not None else 0.0), -place


def _area(label: str, name: str, default: str, of: str) -> str:
    own = location.key(f"{name}.{of}")
    default = default[:LONGEST]

    def changed() -> None:
        location.choose(name, st.session_state[own] or " ", default)
        location.choose(OF, of)

    kept = location.choice(name, default)
    return str(
        st.text_area(label, kept.strip() and kept, max_chars=LONGEST, height=90, key=own, on_change=changed)
    )


def _numbers(found: Judged, key: str) -> None:
    """The reward at a glance, and everything that it is made of."""
    parts = " + ".join(f"{values[0]:.3f} from {PARTS[name]}" for name, values in found.shares.items())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.metric("Reward", f"{found.parts['reward'][0]:.6f}", width="content")
        st.metric("WER", percent(100 * float(found.rates[0])), width="content")
        st.caption(markdown(parts))
    reward_rows(found, key, "answer")


def _among(found: Judged, others: Judged) -> None:
    """Where the typed transcript stands among the answers of its group."""
    mine, rate = found.rewards[0], found.rates[0]
    rank = 1 + int((others.rewards > mine).sum())
    by_rate = 1 + int((others.rates < rate).sum())
    n = len(others.rollouts)
    line = f"Among the {n} answers it would be number {rank} by reward and number {by_rate} by WER."
    beaten = [
        shown(others.answers.names[place], 40)
        for place in others.order
        if others.rewards[place] < mine and others.rates[place] < rate
    ]
    if beaten:
        line += f" ⚠ It would be preferred to answers with fewer errors: {', '.join(beaten[:6])}."
    st.markdown(markdown(line, 500))
