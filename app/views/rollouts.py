"""Rollouts: groups of sampled transcripts, what a reward makes of each, and one's own transcripts."""

from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from asrdiag.app import location, logs, opened
from asrdiag.app.data.case import beside
from asrdiag.app.data.index import CaseKey
from asrdiag.app.data.judged import Answers, answers_of_cases, judged
from asrdiag.app.data.log_filters import ordered
from asrdiag.app.data.rollout_index import LogIndex
from asrdiag.app.data.rollout_logs import OpenLog
from asrdiag.app.data.runs import called
from asrdiag.app.parts.case_table import case_table, take_choice
from asrdiag.app.parts.filter_bar import answer_filters
from asrdiag.app.parts.group_panel import group_panel
from asrdiag.app.parts.log_filter_bar import log_filters, order_menu
from asrdiag.app.parts.log_summary import log_notes, log_summary
from asrdiag.app.parts.messages import damaged, empty
from asrdiag.app.parts.reward_settings import reward_settings
from asrdiag.app.parts.rollout_table import GROUP, LINE, open_group, rollout_table, take_group
from asrdiag.app.parts.training_chart import training_chart
from asrdiag.app.parts.trial import trial
from asrdiag.app.texts import count, markdown
from asrdiag.errors import AsrdiagError
from asrdiag.metrics.rewards import DGWGPOReward

_ANSWERS = "answers"
_MOST_SYSTEMS = 40


def page() -> None:
    """Draw the page."""
    st.title("Rollouts")
    found, problems = logs.logs()
    damaged(problems)
    by_name = {log.name: log for log in found}
    has_answers = bool(opened.runs()) and bool(len(opened.index()))
    names = [*by_name, *([_ANSWERS] if has_answers else [])]
    if location.place().sample and has_answers and found[0].demo:
        names = [_ANSWERS, *by_name]  # a case is open: its answers, not the example
    with st.sidebar:
        name = location.select("Look at", "rollouts.of", names, shown=lambda each: _called(each, by_name))
    if name == _ANSWERS:
        take_choice()
        with st.sidebar:
            reward = reward_settings()
        _answers(reward)
    else:
        take_group()
        with st.sidebar:
            reward = reward_settings()
        _log(by_name[name], reward)


def _called(name: str, by_name: dict[str, OpenLog]) -> str:
    if name == _ANSWERS:
        return "the systems' answers"
    log = by_name[name]
    if log.demo:
        return "demo: Moonshine Tiny in noise"
    return f"{name} ({count(len(log.files), 'file')})" if len(log.files) > 1 else name


def _log(log: OpenLog, reward: DGWGPOReward) -> None:
    """A rollout log: its groups in numbers, the table of them, and the open one."""
    index = logs.index(log)
    if logs.has_changed(log):
        st.info("The log is not any more as it was read.", icon=":material/update:")
        st.button("Read it again", on_click=logs.read_again, args=(log,), key="rollouts.again")
    if not len(index):
        damaged(index.problems)
        empty(
            f"{markdown(log.name)} holds no group of rollouts.",
            "`asrdiag explore RUN --rollouts FILE` opens another log; `asrdiag rewards inspect FILE` says "
            "what is expected.",
        )
        trial(None, reward)
        return
    found = logs.with_reward(log, reward)
    with st.sidebar:
        filters = log_filters(index, found)
    passed = filters.mask(index, found)
    log_notes(log, index, found)
    if (steps := logs.steps(log)) is not None:
        training_chart(steps)
    log_summary(found, passed, filters)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = order_menu()
        rows = ordered(found.groups.columns, passed, order)
        row, at = _open_row(index, rows)
        _steps(rows, at, lambda row: open_group(index, row))
    if len(rows):
        here = "" if at is None else f" · this is number {at + 1:,}"
        st.caption(f"{count(len(rows), 'group')} of {len(index):,}{here}")
        rollout_table(index, found, rows, at)
    else:
        empty("No group passes the filters.", "Take some of them back in the sidebar.")
    answers = None if row is None else _group(index, row, is_among=at is not None)
    if answers is not None and row is not None:
        try:
            group_panel(judged(answers, reward), index.where(row), _link(index, row), "rollout")
        except ValueError as error:
            st.warning(markdown(str(error), 500))
    trial(answers, reward)


def _open_row(index: LogIndex, rows: NDArray[np.int64]) -> tuple[int | None, int | None]:
    """The group to show and its place among the rows: the one that the place names, else the first."""
    name, line = location.choice(GROUP), location.choice(LINE)
    if not name:
        return (int(rows[0]), 0) if len(rows) else (None, None)
    row = index.row(name, int(line) if line.isascii() and line.isdigit() else None)
    if row is None:
        st.warning(
            f"There is no group {markdown(name, 120)} in this log. Another one may have it.",
            icon=":material/search_off:",
        )
        return None, None
    place = np.flatnonzero(rows == row)
    return row, int(place[0]) if len(place) else None


def _group(index: LogIndex, row: int, *, is_among: bool) -> Answers | None:
    """The open group, and what is known of it."""
    try:
        group = index.group(row)
    except (AsrdiagError, ValueError) as error:
        st.warning(markdown(str(error), 500))
        return None
    st.subheader(f"{markdown(group.group, 80)} · {markdown(group.sample_id or group.reference, 120)}")
    facts = [index.where(row), group.language or "no language, taken for en"]
    facts += [f"step {group.step}"] if group.step is not None else []
    facts += [f"temperature {group.temperature:g}"] if group.temperature is not None else []
    facts += (
        [{True: "used by the update", False: "dropped before the update"}[group.used]]
        if group.used is not None
        else []
    )
    facts += [
        f"{name} {value}"
        for name, value in list(group.metadata.items())[:8]
        if isinstance(value, str | int | float)
    ]
    st.caption(" · ".join(markdown(fact, 80) for fact in facts))
    if not is_among:
        st.info("This group is not among those that pass the filters.", icon=":material/filter_alt_off:")
    return Answers(group, tuple(str(number) for number in range(1, len(group.rollouts) + 1)))


def _link(index: LogIndex, row: int) -> str:
    kept = {
        name: value for name, value in location.place().choices if name.startswith(("reward.", "rollouts.of"))
    }
    return urlencode({**kept, GROUP: index.ids[row].as_py(), LINE: str(index.line[row])})


def _steps(rows: NDArray[np.int64], at: int | None, show: Callable[[int], None]) -> None:
    """Buttons for the group before and after, which the keys P and N press too."""
    before, after = (None, 0) if at is None else (at - 1, at + 1)
    for name, icon, place in (("Previous", "chevron_left", before), ("Next", "chevron_right", after)):
        there = place is not None and 0 <= place < len(rows)
        st.button(
            name,
            key=f"rollouts.{name}",
            icon=f":material/{icon}:",
            shortcut=name[0],
            disabled=not there,
            on_click=show,
            args=(int(rows[place]) if there and place is not None else 0,),
        )


def _answers(reward: DGWGPOReward) -> None:
    """What the systems say to one clip, as a group."""
    index = opened.index()
    damaged(index.problems)
    with st.sidebar:
        filters = answer_filters(index)
    try:
        rows = opened.chosen(filters, "n_errors", True)
    except AsrdiagError as error:
        st.error(markdown(str(error), 500))
        return
    place = location.place()
    row = index.row(place.case) if place.case else None
    if row is None and len(rows):
        row = int(rows[0])
    if not len(rows):
        empty("No case passes the filters.", "Take some of them back in the sidebar.")
    else:
        st.caption(
            "What a reward says of the systems' answers to one clip. Choose a case; the answers of the other "
            "systems to the same clip under the same condition stand beside it."
        )
        found = np.flatnonzero(rows == row)
        at = int(found[0]) if len(found) else None
        with st.container(horizontal=True):
            _steps(rows, at, lambda row: location.change(location.place().at(index.key(row))))
        case_table(index, rows, at, {})
    answers = None if row is None else _systems(index.key(row))
    if answers is not None and row is not None:
        key = index.key(row)
        link = urlencode({**location.case_parameters(key), "rollouts.of": [_ANSWERS]}, doseq=True)
        try:
            group_panel(judged(answers, reward), str(key), link, "system")
        except ValueError as error:
            st.warning(markdown(str(error), 500))
    trial(answers, reward)


def _systems(key: CaseKey) -> Answers | None:
    runs = opened.runs()
    names = called(runs)
    here = [each for _, each in beside(runs, key)]
    here = sorted(here, key=lambda each: each != key)[:_MOST_SYSTEMS]
    st.subheader(f"{markdown(key.sample_id, 120)} · {markdown(key.dataset)} · {markdown(key.condition)}")
    answers = answers_of_cases(
        [opened.case(each) for each in here],
        [names.get((each.run, each.system), each.system) for each in here],
    )
    if answers is None:
        empty("No system answered here.", "Choose another case, or type a transcript below.")
    return answers


if __name__ == "__main__":
    page()
