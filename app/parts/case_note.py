"""The tag and the note of whoever looks at a case."""

import streamlit as st

from asrdiag.errors import AsrdiagError

from ..data.index import CaseKey
from ..data.notes import LONGEST, Note, write_note
from ..data.runs import OpenRun
from ..texts import markdown
from .case_table import digest

_TAGS = ("check", "bad reference", "bad audio", "good example")


def case_note(run: OpenRun, key: CaseKey, note: Note | None) -> None:
    """Show what was said of a case, to be changed."""
    name = digest([key])
    with st.form(f"note.{name}", border=True), st.container(horizontal=True, vertical_alignment="bottom"):
        options = list(dict.fromkeys([*_TAGS, *([note.tag] if note and note.tag else [])]))
        tag = st.selectbox(
            "Tag",
            options,
            index=options.index(note.tag) if note and note.tag else None,
            accept_new_options=True,
            key=f"note.tag.{name}",
            placeholder="none",
            width=200,
        )
        text = st.text_input(
            "Note",
            note.text if note else "",
            max_chars=LONGEST - 200,
            key=f"note.text.{name}",
            width="stretch",
        )
        if st.form_submit_button("Save", icon=":material/bookmark:"):
            try:
                path = write_note(run, key, (tag or "")[:100], text)
            except AsrdiagError as error:
                st.error(markdown(str(error), 500))
            else:
                st.toast(f"Saved in {markdown(path.name)}")
                st.rerun()
