"""Failure modes: how answers fail, by system and condition, and the cases that show it best."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.app import location, opened
from asrdiag.app.colours import styles
from asrdiag.app.data.filters import Filters
from asrdiag.app.data.mode_tables import count_rows, rate_rows, share_rows, to_csv
from asrdiag.app.data.modes import Answered, Modes, System
from asrdiag.app.data.proportions import Share
from asrdiag.app.data.runs import called
from asrdiag.app.parts.filter_bar import answer_filters, clear
from asrdiag.app.parts.messages import damaged, empty
from asrdiag.app.parts.mode_charts import FAILING, count_chart, share_chart, spoken
from asrdiag.app.parts.mode_panel import MEANS, mode_panel
from asrdiag.app.parts.mode_rates import mode_rates
from asrdiag.app.parts.plot import legend, plot, target
from asrdiag.app.texts import count, markdown, percent, shown
from asrdiag.errors import UsageError
from asrdiag.metrics import MODES

_ALL = "all"
Counts = Mapping[str, NDArray[np.int64]]


def page() -> None:
    """Draw the page."""
    st.title("Failure modes")
    index = opened.index()
    damaged(index.problems)
    if not len(index):
        empty(
            "No answer has scores yet.",
            "A cell is scored when all its clips are transcribed. `asrdiag score RUN` scores what there is.",
        )
        return
    with st.sidebar:
        filters = answer_filters(index)
    wanted = [mode for mode in MODES if mode in filters.of("failure_mode")]
    base = filters.choosing("failure_mode", [])
    try:
        found = opened.modes(base)
    except UsageError as error:
        st.error(markdown(str(error), 500))
        return
    if not len(found.found.rows):
        what = "No answer passes the filters."
        if found.found.n_failed:
            what = f"None of these answers came: {found.found.n_failed:,} failed, see Run health."
        empty(what, "Take some of the filters back in the sidebar.")
        st.button("Clear filters", on_click=clear, key="modes.clear")
        return
    names = called(opened.runs())
    systems = {names.get((each.run, each.system), each.system): each for each in found.systems}
    st.caption(_summary(found.found, wanted))
    _shares(systems, base)
    _conditions(found.counts, systems, wanted or MODES, base)
    _rates(systems)
    _one_mode(found, wanted, base)


def _summary(found: Answered, wanted: Sequence[str]) -> str:
    said = f"{count(len(found.rows), 'answer')}, each in exactly one mode."
    if found.n_failed:
        said += f" {count(found.n_failed, 'further answer')} never came and have none."
    if wanted:
        said += " Shares are of all these answers, whichever modes are chosen in the sidebar."
    return said


def _shares(systems: dict[str, System], base: Filters) -> None:
    _heading("Shares by system", "mode_shares", to_csv(share_rows(systems)))
    drawn = styles(list(systems))
    if len(systems) > 1:
        legend(drawn, "modes.legend")
    figure = share_chart(systems, drawn)
    chosen = target(figure, plot(figure, "modes.shares", "Shares of failure modes, by system"))
    of = " or ".join(sorted({f"{each.units}s" for each in systems.values()}))
    right = ", ".join(f"{markdown(name)} {_told(each.shares['correct'])}" for name, each in systems.items())
    st.caption(
        f"Correct: {right}. Lines are 95 % intervals over {of}; a clip is one however many conditions it "
        "was heard under. Choose a point to see its cases."
    )
    with st.expander("What the modes mean"):
        st.markdown("\n".join(f"- **{spoken(mode)}**: {text}" for mode, text in MEANS.items()))
    if chosen:
        name, mode = chosen
        system = systems[name]
        _to_cases(base, failure_mode=mode, system=system.system, run=system.run)


def _conditions(together: Counts, systems: dict[str, System], modes: Sequence[str], base: Filters) -> None:
    with _heading("Counts by condition", "mode_counts", to_csv(count_rows(systems))):
        chosen_name = (
            location.select(
                "System",
                "modes.system",
                [_ALL, *systems],
                shown=lambda name: "all systems" if name == _ALL else shown(name, 60),
                width=260,
                label_visibility="collapsed",
            )
            if len(systems) > 1
            else _ALL
        )
    system = systems.get(chosen_name)
    figure = count_chart(system.counts if system else together, modes)
    chosen = target(figure, plot(figure, "modes.counts", "Counts of failure modes, by condition"))
    st.caption(
        "Answers in each mode, and their share of the condition's; the stronger the colour, the larger the "
        "share (as its square root). Choose a cell to see its cases."
    )
    if chosen:
        condition, mode = chosen
        more = {"system": system.system, "run": system.run} if system else {}
        _to_cases(base, failure_mode=mode, condition=condition, **more)


def _rates(systems: dict[str, System]) -> None:
    rows = rate_rows(systems)
    _heading("Omission and hallucination", "failure_rates", to_csv(rows))
    mode_rates(rows)


def _one_mode(found: Modes, wanted: Sequence[str], base: Filters) -> None:
    counts = np.bincount(found.found.modes, minlength=len(MODES))
    options = list(wanted) or list(FAILING)
    first = max(options, key=lambda mode: counts[MODES.index(mode)])
    options = [first, *(mode for mode in options if mode != first)]
    if not wanted:
        options.append("correct")
    st.subheader("Strongest cases", anchor=False)
    mode = location.select(
        "Mode",
        "modes.mode",
        options,
        shown=lambda mode: f"{spoken(mode)} ({counts[MODES.index(mode)]:,})",
        width=300,
    )
    mode_panel(int(counts[MODES.index(mode)]), mode, base)


def _heading(title: str, name: str, content: bytes) -> st.delta_generator.DeltaGenerator:
    """A title with a CSV beside it; what is drawn in it stands there, too."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.subheader(title, anchor=False)
    row.download_button(
        "CSV",
        content,
        f"{name}.csv",
        "text/csv",
        key=f"{name}.csv",
        on_click="ignore",
        icon=":material/download:",
    )
    return row


def _told(share: Share) -> str:
    ends = "" if share.low_pct is None else f" ({share.low_pct:.1f} to {share.high_pct:.1f})"
    return percent(share.pct) + ends


def _to_cases(base: Filters, **labels: str) -> None:
    filters = base
    if len(opened.runs()) < 2:
        labels.pop("run", None)
    for column, text in labels.items():
        filters = filters.choosing(column, [text])
    location.go("views/cases.py", replace(location.place().at(None), filters=filters))


if __name__ == "__main__":
    page()
