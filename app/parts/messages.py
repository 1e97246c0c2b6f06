"""What is said when something is missing, damaged, or not there yet."""

from collections.abc import Iterator, Sequence

import streamlit as st

from .. import location
from ..data.runs import OpenRun, Problem
from ..texts import count, markdown, shown

_MANY = 12


def nothing_open() -> None:
    """There is no run to show."""
    st.title("No run yet")
    st.write("There is no run directory in `./runs`, and none was named.")
    st.code("asrdiag run quickstart\nasrdiag explore", language="console")
    st.write(
        "The first command runs two embedded recognisers on embedded speech, offline, in about two minutes. "
        "`asrdiag explore` alone makes a smaller run to look at first."
    )


def problems(runs: Sequence[OpenRun]) -> None:
    """What is wrong with the open runs and with the URL, and which run is gone or still being written."""
    for line in location.problems():
        st.warning(f"The link says something that makes no sense: {markdown(line)}")
    for line in _not_there(runs):
        st.warning(line)
    for run in runs:
        if not run.path.is_dir():
            st.error(
                f"{markdown(run.name)} is gone: {markdown(str(run.path), 500)} was moved or deleted. "
                "Put it back and reload, or open it where it is now: `asrdiag explore RUN`.",
                icon=":material/folder_off:",
            )
        elif run.status == "running":
            done, of = len(run.scored), len(run.read_run()["suite_cells"])
            st.info(
                f"{markdown(run.name)} is still being written: {done} of {count(of, 'cell')} scored. "
                "What is finished is shown; reload to see more.",
                icon=":material/pending:",
            )
    damaged([problem for run in runs if run.path.is_dir() for problem in run.problems])


def _not_there(runs: Sequence[OpenRun]) -> Iterator[str]:
    """What the filters name that no open run has: a link may be older than the runs, or of others."""
    cells = [key.split("/") for run in runs for key in run.cells]
    known = {"run": [run.name for run in runs]} | {
        name: [cell[place] for cell in cells if len(cell) > place]
        for place, name in enumerate(("system", "dataset", "condition"))
    }
    for name, values in known.items():
        for value in location.place().filters.of(name):
            if value and value not in values:
                there = ", ".join(markdown(each, 60) for each in list(dict.fromkeys(values))[:_MANY])
                yield f"No {name} here is called {markdown(value, 60)}. There are: {there or 'none'}"


def damaged(found: Sequence[Problem], what: str = "file") -> None:
    """Files, or something else, that cannot be read."""
    if not found:
        return
    with st.expander(
        f"{count(len(found), what)} cannot be read; the rest is shown", icon=":material/warning:"
    ):
        for problem in found[:50]:
            st.text(shown(f"{problem.place}: {problem.what}", 500))
        if len(found) > 50:
            st.text(f"and {len(found) - 50} more")


def empty(what: str, todo: str) -> None:
    """A page, or a part of it, that has nothing to show, and what to do about that."""
    st.info(f"{what}\n\n{todo}", icon=":material/info:")
