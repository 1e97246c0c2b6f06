"""The part of a scatter that is looked at: chosen in it, kept in the URL."""

from collections.abc import Sequence

import streamlit as st

from .. import location
from ..texts import count, markdown

_AT = "compare.at"
_SELECTED = "compare.selected"


def keep_region(found: Sequence[Sequence[float]], names: tuple[str, str]) -> None:
    """Put what was chosen in the scatter since the last time into the place, as its ends."""
    chart, before = st.session_state.get(_SELECTED, ("", "[]"))
    own, state = f"{location.key('')}{names}", repr(found)
    st.session_state[_SELECTED] = own, state
    if state == (before if own == chart else "[]"):
        return
    ends = ""
    if found:
        low_x, low_y = (min(each[place] for each in found) for place in (0, 2))
        high_x, high_y = (max(each[place] for each in found) for place in (1, 3))
        ends = "..".join(f"{end:.6g}" for end in (low_x, high_x, low_y, high_y))
    location.choose(_AT, ends)


def kept_region() -> tuple[float, ...] | None:
    """The part of the scatter that is looked at: lowest and highest rate of A, then of B."""
    try:
        ends = tuple(float(part) for part in location.choice(_AT).split(".."))
    except ValueError:
        return None
    return ends if len(ends) == 4 else None


def forget_region() -> None:
    """Look at all of it again: for callbacks."""
    location.choose(_AT, "")
    location.move(location.place())


def told(region: Sequence[float], n_pairs: int, names: tuple[str, str]) -> None:
    """Say what is looked at, with a button that goes back to all."""
    low_x, high_x, low_y, high_y = region
    st.caption(
        f"{count(n_pairs, 'pair')} with {markdown(names[0])} at {_ends(low_x, high_x)} "
        f"and {markdown(names[1])} at {_ends(low_y, high_y)}"
    )
    st.button("Show all pairs", on_click=forget_region, key="compare.all")


def _ends(low: float, high: float) -> str:
    return f"{low:.1f} %" if high - low < 1e-3 else f"{low:.1f} to {high:.1f} %"
