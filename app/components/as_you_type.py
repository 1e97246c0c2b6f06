"""Text areas that send while one types; Streamlit's own wait until one leaves them or presses Ctrl+Enter."""

from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st


def as_you_type(within: str) -> None:
    """Let the text areas of a container send a quarter of a second after the last key.

    Args:
        within: the container's key: letters, digits and hyphens.
    """
    _component()(key=f"as-you-type-{within}", data={"within": within})


@cache
def _component() -> Any:
    js = (files("asrdiag.app") / "components" / "as_you_type.js").read_text(encoding="utf-8")
    return st.components.v2.component("asrdiag_as_you_type", js=js)
