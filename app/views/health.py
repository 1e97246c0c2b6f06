"""Run health: whether all of a run is there, what failed and why, and what it was made with."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from asrdiag.app import location, opened, results
from asrdiag.app.data.health import (
    MOST_RECORDS,
    CellHealth,
    Reason,
    configuration,
    last_written,
    sessions_of,
    tail_of,
    text_of,
    total,
    usages_of,
)
from asrdiag.app.data.rows import measured
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.parts.health_tables import (
    cells_table,
    environment_table,
    reasons_table,
    sessions_table,
    systems_table,
    usage_table,
)
from asrdiag.app.parts.links import to_cases
from asrdiag.app.parts.messages import damaged, empty
from asrdiag.app.texts import count, markdown, plain, shown

_STATES = {
    "complete": "every clip of the dataset is answered and scored",
    "partial": "scored, but clips are missing or failed",
    "not scored": "clips are recorded; it is scored when the cell is done, or by `asrdiag score`",
    "damaged": "its scores cannot be read; `asrdiag score` makes them anew",
    "waiting": "nothing is recorded yet",
    "not run": "the dataset could not be run",
}


def page() -> None:
    """Draw the page."""
    st.title("Run health")
    names = list(opened.by_name())
    name = names[0]
    if len(names) > 1:
        name = location.select("Run", "health.run", names, shown=lambda each: shown(each, 80), width=320)
    run = opened.by_name()[name]
    cells, reasons, n_failed = results.health(run)
    damaged([each for each in opened.index().problems if each.place.startswith(str(run.path))])
    _summary(run, cells, n_failed)
    _not_run(run)
    _cells(run, cells)
    _failures(run, reasons, n_failed)
    _made_with(run)
    _configuration(run)
    _sessions(run)


def _summary(run: OpenRun, cells: Sequence[CellHealth], n_failed: int) -> None:
    content = run.read_run()
    names = [str(content.get("run_id") or ""), f"suite {content.get('suite')}", str(run.path)]
    st.caption(" · ".join(markdown(name) for name in names if name))
    done = sum(cell.state == "complete" for cell in cells)
    expected, answered = (total([getattr(cell, name) for cell in cells]) for name in ("expected", "answered"))
    columns = st.columns(4)
    columns[0].metric("Status", shown(run.status, 40).replace("_", " ") or "unknown")
    columns[1].metric("Complete cells", f"{done:,} of {len(cells):,}")
    columns[2].metric("Answers", f"{answered:,} of {expected:,}")
    columns[3].metric("Failed", f"{n_failed:,}")
    if run.status == "running" and (when := last_written(run, cells)) is not None:
        at = datetime.fromtimestamp(when, UTC)
        st.caption(
            f"Records were written last at {at:%Y-%m-%d %H:%M:%S} UTC. A session that was killed leaves the "
            "run like this; `asrdiag run` goes on from there."
        )


def _not_run(run: OpenRun) -> None:
    for dataset, reason in run.read_run()["not_run"].items():
        st.warning(
            f"{markdown(str(dataset), 80)} was not run: {markdown(str(reason), 500)}",
            icon=":material/block:",
        )


def _cells(run: OpenRun, cells: Sequence[CellHealth]) -> None:
    st.subheader("Cells")
    if not cells:
        empty("The run has no cells.", "`asrdiag run SUITE` makes them.")
        return
    rtfx = {
        f"{row['system']}/{row['dataset']}/{row['condition']}": row.get("rtfx")
        for row in measured(opened.rows())
        if row["run_name"] == run.name
    }
    chosen = cells_table(run.name, cells, rtfx)
    states = dict.fromkeys(cell.state for cell in cells)
    st.caption("; ".join(f"**{state}**: {_STATES[state]}" for state in states) + ". Choose a row for more.")
    if chosen is not None:
        _cell(run, cells[chosen])


def _cell(run: OpenRun, cell: CellHealth) -> None:
    """What a cell was made from, and the way to its cases."""
    system, dataset, condition = cell.key.split("/")
    where = {"system": [system], "dataset": [dataset], "condition": [condition]}
    with st.container(border=True):
        st.markdown(f"**{markdown(cell.key)}**")
        st.caption(f"Fingerprint {markdown(str(cell.entry.get('fingerprint', 'unknown')))}")
        with st.container(horizontal=True):
            if st.button("Its cases", disabled=cell.answered is None, key="health.cases"):
                to_cases(run.name, where)
            if st.button("Its failed cases", disabled=not cell.failed, key="health.failed"):
                to_cases(run.name, where | {"error_stage": opened.index().labels["error_stage"].present()})
        identity = json.dumps(cell.entry.get("identity"), indent=1, ensure_ascii=False)
        st.code(_lines(identity), language="json", height=min(300, 40 + 18 * identity.count("\n")))


def _failures(run: OpenRun, reasons: Sequence[Reason], n_failed: int) -> None:
    st.subheader("Failures")
    if not n_failed:
        known = "Every clip that was tried in a scored cell has an answer." if run.scored else "None known."
        st.caption(known)
        return
    chosen = reasons_table(run.name, reasons)
    more = f" Reasons are those of the first {MOST_RECORDS:,}." if n_failed > MOST_RECORDS else ""
    st.caption(
        f"{count(n_failed, 'clip')} without an answer.{more} Messages that differ in paths and numbers only "
        "are one reason. Choose one to see its cases. Every attempt with its traceback is in `errors.jsonl`."
    )
    if chosen is not None:
        reason = reasons[chosen]
        parts = [key.split("/") for key in reason.cells]
        where = {
            column: list(dict.fromkeys(part[place] for part in parts))
            for place, column in enumerate(("system", "dataset", "condition"))
        }
        to_cases(run.name, where | {"error_stage": [reason.stage]}, reason.first)


def _made_with(run: OpenRun) -> None:
    st.subheader("Systems and machines")
    entries = list(run.cells.values())
    if entries:
        systems_table(entries)
    sessions = sessions_of(run)
    if not sessions:
        st.caption("The run says nothing of the machine that it was made on.")
        return
    session = sessions[0]
    if len(sessions) > 1:
        labels = {str(place): str(each.get("started", "")) for place, each in enumerate(sessions)}
        place = location.select(
            "Session",
            "health.session",
            list(labels),
            shown=lambda place: shown(labels[place], 40),
            width=320,
        )
        session = sessions[int(place)]
    if used := list(usages_of(session)):
        usage_table(used)
    with st.expander("Environment"):
        environment_table(session)


def _configuration(run: OpenRun) -> None:
    st.subheader("Configuration")
    files = configuration(run)
    if not files:
        st.caption("The run has no copy of its suite.")
    for file in files:
        with st.expander(markdown(str(file.relative_to(run.path)), 120)):
            try:
                st.code(_lines(text_of(file)), language="yaml", height=420)
            except OSError as error:
                st.text(shown(str(error)))


def _sessions(run: OpenRun) -> None:
    st.subheader("Sessions")
    sessions = sessions_of(run)
    if sessions:
        sessions_table(sessions)
        broken = sum(1 for each in sessions[1:] if not each.get("ended"))
        broken += sum(1 for each in sessions if each.get("status") == "interrupted")
        if broken:
            st.caption(f"{count(broken, 'session')} did not come to an end; later ones went on from there.")
    else:
        st.caption("None is on record.")
    if tail := tail_of(run.path / "log.txt"):
        with st.expander("The end of log.txt"):
            st.code(_lines(tail), language=None, height=320)


def _lines(text: str) -> str:
    """A text of several lines without what turns others around."""
    return "\n".join(plain(line) for line in text.replace("\t", "    ").splitlines())


if __name__ == "__main__":
    page()
