"""Audio that the browser fetches from this server, under a name made from its content."""

import streamlit as st
from streamlit.runtime import get_instance


def served(content: bytes, mimetype: str, name: str) -> str:
    """Serve something for as long as the page shows it; returns its path on this server.

    Unlike text in a message, it is fetched in parts, and once. It must be given again in each run of a page.

    Args:
        content: what is served.
        mimetype: such as `audio/flac`.
        name: tells it from other things that a page serves.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    path: str = get_instance().media_file_mgr.add(content, mimetype, f"asrdiag.{name}")
    return f"/{base}{path}" if base else path
