"""Case study: chosen cases in an order, with notes, to be taken away as a page."""

import shlex
from dataclasses import replace

import streamlit as st

from asrdiag.app import location, opened
from asrdiag.app.data.index import CaseKey
from asrdiag.app.data.together import result
from asrdiag.app.parts.case_table import digest
from asrdiag.app.parts.messages import empty
from asrdiag.app.parts.study_file import CHOICE, Opened, change, opened_study, told
from asrdiag.app.study.file import LONGEST, NAME, Entry, Study, study_names
from asrdiag.app.study.find import find, why_missing
from asrdiag.app.study.page import page_of
from asrdiag.app.texts import markdown, shown


def page() -> None:
    """Draw the page."""
    st.title("Case study")
    _choose()
    found = opened_study()
    told()
    if found.study is None:
        st.error(markdown(found.wrong, 500))
        st.write("The file is left as it is; put it right in an editor, then reload.")
        return
    index, runs = opened.index(), opened.runs()
    _heading(found, found.study)
    if not found.study.cases:
        empty(
            "No case has been chosen yet.",
            "Open one under *Cases* and press *Add to case study* below it; or write the file by hand.",
        )
        return
    keys = [find(entry, runs, index) for entry in found.study.cases]
    _take_away(found, found.study, keys)
    for place, (entry, key) in enumerate(zip(found.study.cases, keys, strict=True)):
        _case(found, entry, key, (place, len(keys)))


def _choose() -> None:
    own = location.key("study.name")
    names = study_names(opened.runs()[0])
    kept = location.choice(CHOICE)
    names += [kept] if kept not in names and NAME.fullmatch(kept) else []

    def changed() -> None:
        name = "-".join(str(st.session_state[own] or "").lower().split())
        if name and not NAME.fullmatch(name):
            st.toast("A study is called by lower-case letters, digits and hyphens, 40 at most.")
            name = ""
        location.choose(CHOICE, name)
        location.move(location.place())

    st.selectbox(
        "Study",
        names,
        index=names.index(kept) if kept in names else 0,
        key=own,
        on_change=changed,
        format_func=lambda name: name or "the first",
        accept_new_options=True,
        width=260,
        help="Type a name to begin another one.",
    )


def _heading(found: Opened, study: Study) -> None:
    for label, name, text in (("Title", "title", study.title), ("What it shows", "about", study.about)):
        own = f"study.{name}.{digest([found.path, text])}"

        def changed(name: str = name, own: str = own) -> None:
            text = str(st.session_state[own])
            change(
                found.path,
                lambda study: replace(study, title=text) if name == "title" else replace(study, about=text),
            )

        field = st.text_input if name == "title" else st.text_area
        field(label, text, key=own, max_chars=LONGEST if name == "about" else 200, on_change=changed)


def _take_away(found: Opened, study: Study, keys: list[CaseKey | None]) -> None:
    there = [key for key in keys if key is not None]
    runs = opened.runs()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Web page",
            lambda: "".join(page_of(study, there, runs)).encode("utf-8", "replace"),
            f"{found.path.name.removesuffix('.yaml')}.html",
            "text/html",
            key="study.page",
            on_click="ignore",
            icon=":material/download:",
            disabled=len(there) < len(keys),
            help="One file with the audio in it, which needs no network and holds no script.",
        )
        words = ["asrdiag", "export", *(str(path) for path in opened.paths()), "--cases", str(found.path)]
        st.code(shown(shlex.join(words), 1000), language="console", wrap_lines=True)


def _case(found: Opened, entry: Entry, key: CaseKey | None, at: tuple[int, int]) -> None:
    place, of = at
    name = digest([entry.run, entry.system, entry.dataset, entry.condition, entry.sample])
    with st.container(border=True):
        st.subheader(f"{place + 1} · {markdown(entry.sample, 120)} · {markdown(entry.system)}", anchor=False)
        if key is None:
            st.warning(f"Not in the open runs: {markdown(why_missing(entry, opened.runs(), opened.index()))}")
        else:
            _answer(key)
        own = f"study.note.{name}.{digest([entry.note])}"

        def noted() -> None:
            text = str(st.session_state[own])
            change(found.path, lambda study: study.noting(entry, text))

        st.text_area("Note", entry.note, key=own, max_chars=LONGEST, on_change=noted, height=80)
        with st.container(horizontal=True):
            for label, icon, by, off in (
                ("Up", "arrow_upward", -1, place == 0),
                ("Down", "arrow_downward", 1, place == of - 1),
            ):
                st.button(
                    label,
                    key=f"study.{label}.{name}",
                    icon=f":material/{icon}:",
                    disabled=off,
                    on_click=change,
                    args=(found.path, lambda study, by=by: study.moving(entry, by)),
                )
            st.button(
                "Remove",
                key=f"study.Remove.{name}",
                icon=":material/delete:",
                on_click=change,
                args=(found.path, lambda study: study.without(entry)),
            )
            if key is not None and st.button("Open", key=f"study.Open.{name}", icon=":material/hearing:"):
                location.go("views/cases.py", location.place().at(key))


def _answer(key: CaseKey) -> None:
    case = opened.case(key)
    facts = [key.dataset, key.condition, result(case) if case.answered else "no answer"]
    facts += [f"run {key.run}"] if len(opened.runs()) > 1 else []
    st.caption(" · ".join(markdown(fact, 80) for fact in facts))
    lines = []
    for label, name in (("REF", "reference_raw"), ("HYP", "hypothesis_raw")):
        text = case.record.get(name)
        lines.append(f"{label}  {'(no answer)' if text is None else shown(str(text), 1000) or '(nothing)'}")
    st.text("\n".join(lines))


if __name__ == "__main__":
    page()
