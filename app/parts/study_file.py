"""The case study that is open: which file it is, and changes to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from asrdiag.errors import AsrdiagError, UsageError

from .. import location, opened
from ..data.index import CaseKey
from ..study.file import NAME, Study, edit_study, read_study, study_path
from ..texts import count, markdown
from .case_table import digest

CHOICE = "study"
"""What the URL calls the study; the first of a run has no name."""
_WRONG = "study.wrong"


@dataclass(frozen=True, slots=True)
class Opened:
    """A study and its file; without a study, the file says something wrong."""

    path: Path
    study: Study | None
    wrong: str = ""


def opened_study() -> Opened:
    """The study that the place names, beside the first open run; an empty one if there is no file yet."""
    name = location.choice(CHOICE)
    path = study_path(opened.runs()[0], name if NAME.fullmatch(name) else "")
    try:
        return Opened(path, read_study(path) if path.exists() else Study())
    except UsageError as error:
        return Opened(path, None, str(error))


def change(path: Path, made: Callable[[Study], Study]) -> None:
    """Change the study in its file, in a callback; what went wrong is told by `told`."""
    try:
        edit_study(path, made)
    except AsrdiagError as error:
        st.session_state[_WRONG] = str(error)


def told() -> None:
    """What went wrong with the last change."""
    wrong = st.session_state.pop(_WRONG, "")
    if wrong:
        st.error(markdown(wrong, 500))


def study_bar(key: CaseKey) -> None:
    """A button that puts a case into the open study or takes it out, and the way to the study."""
    found = opened_study()
    told()
    if found.study is None:
        st.warning(f"The case study cannot be used: {markdown(found.wrong, 500)}")
        return
    place = found.study.place(key)
    name_run = len(opened.runs()) > 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if place is None:
            st.button(
                "Add to case study",
                key=f"study.add.{digest([key])}",
                icon=":material/bookmark_add:",
                on_click=change,
                args=(found.path, lambda study: study.adding(key, name_run=name_run)),
            )
        else:
            entry = found.study.cases[place]
            st.button(
                "Take out of case study",
                key=f"study.out.{digest([key])}",
                icon=":material/bookmark_remove:",
                on_click=change,
                args=(found.path, lambda study: study.without(entry)),
            )
        at = f", this is number {place + 1}" if place is not None else ""
        st.page_link(
            "views/study.py",
            label=f"Case study: {count(len(found.study.cases), 'case')}{at}",
            icon=":material/collections_bookmark:",
        )
