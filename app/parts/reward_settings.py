"""The reward of a page, in the sidebar and in the URL: a preset, and what differs from it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from asrdiag.metrics.rewards import PRESETS, DGWGPOReward

from .. import location
from ..texts import markdown

_PRESET = "reward.preset"
_NUMBERS: Mapping[str, tuple[str, str]] = {
    "tau": ("tau", "The WER from which the gate is 0, and R_struc weighs more than R_fine"),
    "alpha_s": ("alpha_s", "What a soft substitution counts in R_fine, of a hard one"),
    "alpha_dyn": ("alpha_dyn", "The share of R_dynamic in the reward; R_static has the rest"),
}
_SWITCHES: Mapping[str, tuple[str, str]] = {
    "repetition": ("R_rep", "Loops have no R_static"),
    "refinement": ("R_fine", "Off: R_dynamic is R_struc"),
    "reconstruction": ("R_struc", "Off: R_dynamic is R_fine"),
    "gate": ("gate", "Off: R_fine and R_struc weigh alike at every WER"),
    "clip": ("clip", "R_wer is at least 0"),
}


def reward_settings() -> DGWGPOReward:
    """Let the reader set the reward's parameters; what the URL says wrong is said, and left out."""
    st.markdown("**Reward**")
    preset = location.choice(_PRESET, "paper")
    if preset not in PRESETS:
        st.warning(f"There is no preset {markdown(preset, 60)}; known: {markdown(', '.join(PRESETS))}.")
        preset = "paper"
    _preset_menu(preset)
    base = DGWGPOReward.preset(preset)
    values: dict[str, Any] = {name: _slider(name, getattr(base, name)) for name in _NUMBERS}
    with st.container(horizontal=True, gap="small"):
        values |= {name: _toggle(name, bool(getattr(base, name))) for name in _SWITCHES}
    try:
        return replace(base, **values)
    except ValueError as error:
        st.warning(markdown(f"{error}. Shown is the preset {preset}.", 300))
        return base


def formula(reward: DGWGPOReward) -> str:
    """What the reward is, with its parameters, as Markdown.

    >>> print(formula(DGWGPOReward()))
    R = 0.4 · R_static + 0.6 · R_dynamic; R_static = R_rep · R_wer; R_dynamic = ¾ R_fine + ¼ R_struc \
below a WER of 30 %, ¼ R_fine + ¾ R_struc from there on
    >>> print(formula(DGWGPOReward.preset("r-wer", clip=True)))
    R = R_static; R_static = R_wer, at least 0
    """
    spared, floored = "R_rep · " * reward.repetition, ", at least 0" * reward.clip
    static = f"R_static = {spared}R_wer{floored}"
    share = reward.alpha_dyn
    if not share:
        return f"R = R_static; {static}"
    if not reward.reconstruction:
        dynamic = "R_fine"
    elif not reward.refinement:
        dynamic = "R_struc"
    elif not reward.gate:
        fine = reward.ungated_fine_weight
        dynamic = f"{fine:g} R_fine + {1 - fine:g} R_struc"
    else:
        dynamic = (
            f"¾ R_fine + ¼ R_struc below a WER of {100 * reward.tau:g} %, ¼ R_fine + ¾ R_struc from there on"
        )
    return f"R = {1 - share:g} · R_static + {share:g} · R_dynamic; {static}; R_dynamic = {dynamic}"


def _preset_menu(preset: str) -> None:
    own = location.key(_PRESET)

    def changed() -> None:
        chosen = str(st.session_state[own])
        kept = tuple(each for each in location.place().choices if not each[0].startswith("reward."))
        location.move(replace(location.place(), choices=kept))
        location.choose(_PRESET, chosen, "paper")

    st.selectbox(
        "Preset",
        list(PRESETS),
        index=list(PRESETS).index(preset),
        key=own,
        on_change=changed,
        help="The published reward, the appendix's, and its ablations; choosing one sets everything below.",
    )


def _slider(name: str, default: float) -> float:
    own, kept = location.key(f"reward.{name}"), location.choice(f"reward.{name}")
    value = _number(kept)
    if kept and value is None:
        st.warning(f"reward.{name}: found {markdown(kept, 40)}, expected a number from 0 to 1.")

    def changed() -> None:
        location.choose(f"reward.{name}", f"{st.session_state[own]:g}", f"{default:g}")

    label, said = _NUMBERS[name]
    return float(
        st.slider(
            markdown(label),
            0.0,
            1.0,
            default if value is None else value,
            0.01,
            key=own,
            on_change=changed,
            help=said,
        )
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _toggle(name: str, default: bool) -> bool:
    own, kept = location.key(f"reward.{name}"), location.choice(f"reward.{name}", "01"[default])

    def changed() -> None:
        location.choose(f"reward.{name}", "01"[bool(st.session_state[own])], "01"[default])

    label, said = _SWITCHES[name]
    arguments: dict[str, Any] = {"key": own, "on_change": changed, "help": said}
    return bool(st.toggle(markdown(label), kept == "1", **arguments))
