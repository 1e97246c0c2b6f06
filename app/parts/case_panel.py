"""One case: what was said, what every system made of it, how it sounds, and what is known of it."""

import json
from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from .. import opened
from ..components.alignment import Answer, Track, alignment
from ..data.case import Case
from ..data.index import CaseKey
from ..data.notes import Note
from ..data.runs import OpenRun
from ..data.sound import Refused, Sound, heard, rate_of, recorded
from ..data.stack import stacked
from ..data.together import Line, answers, result, why_apart
from ..location import case_parameters
from ..served import served
from ..texts import markdown, plain, shown
from .case_meaning import case_meaning
from .case_measures import case_measures
from .case_note import case_note
from .case_table import digest
from .messages import damaged
from .reward_table import case_rewards
from .study_file import study_bar

_LONG_TEXT = 20_000


def case_panel(run: OpenRun, key: CaseKey, note: Note | None) -> None:
    """Show a case and what can be done with it.

    Args:
        run: the run that it is in.
        key: which case.
        note: what was said of it before.
    """
    case = opened.case(key)
    _heading(case)
    damaged(case.problems)
    together, apart = answers(opened.runs(), case, opened.case)
    tracks, silent = _tracks(run, case)
    alignment(
        stacked([line.case.steps for line in together]),
        [Answer(line.name, result(line.case), line.open) for line in together],
        tracks=tracks,
        silent=silent,
        link=urlencode(case_parameters(key), doseq=True),
        unit=case.unit,
        language=str(case.record.get("language") or case.score.get("language") or ""),
        key=f"alignment.{digest([key])}",
    )
    for line in apart:
        st.text(f"{shown(line.name, 60)}: {why_apart(line.case)}")
    texts, meaning, how, about = st.tabs(["Texts", "Meaning", "Condition and measures", "Record"])
    with texts:
        _texts(case, together)
    with meaning:
        case_meaning(case, opened.verdict(key))
    with how:
        case_measures(run, case)
        case_rewards([line.case for line in together])
    with about:
        record = plain(json.dumps(dict(case.record), ensure_ascii=False, indent=1))
        st.code(record[:_LONG_TEXT], language="json", wrap_lines=True)
        if len(record) > _LONG_TEXT:
            st.caption(f"The first {_LONG_TEXT:,} of {len(record):,} characters; *Export* has all of it.")
    case_note(run, key, note)
    study_bar(key)


def _heading(case: Case) -> None:
    key = case.key
    mode = str(case.score.get("failure_mode") or "").replace("_", " ")
    st.subheader(f"{markdown(key.sample_id, 120)} · {markdown(key.system)}")
    facts = [
        key.dataset,
        key.condition,
        *(str(case.score.get(name) or "") for name in ("subset", "language")),
    ]
    speaker = case.score.get("speaker")
    facts += [f"speaker {speaker}"] if speaker else []
    facts += [_route(case)]
    st.caption(" · ".join(markdown(fact, 80) for fact in facts if fact))
    if case.error is not None:
        st.error(
            f"No answer: {markdown(str(case.error.get('stage')))} failed, "
            f"{markdown(str(case.error.get('type')))}: {markdown(str(case.error.get('message')), 1000)}"
        )
    elif mode:
        st.markdown(f"**{markdown(mode)}** {markdown(str(case.score.get('evidence') or ''), 500)}")


def _route(case: Case) -> str:
    """Which way a router sent the clip, if one heard it."""
    details = case.record.get("details")
    if not isinstance(details, dict) or not isinstance(details.get("route"), str):
        return ""
    p = details.get("p_degraded")
    sure = f", p(degraded) {p:.2f}" if isinstance(p, int | float) else ""
    return f"{details['route']} weights{sure}"


def _tracks(run: OpenRun, case: Case) -> tuple[list[Track], str]:
    """What can be heard, and why something cannot be."""
    if not case.record:
        return [], ""
    rate = rate_of(case.record)
    asked: dict[str, Sound | Refused] = {"as heard": heard(run, case.key.dataset, case.record)}
    if case.record.get("degradation"):
        asked["as recorded"] = recorded(run, case.key.dataset, case.record)
    tracks, why = [], []
    for name, sound in asked.items():
        clip = sound.why if isinstance(sound, Refused) else opened.audio(sound, rate)
        if isinstance(clip, str):
            why.append(f"{name}: {clip}")
        else:
            url = served(clip.flac, "audio/flac", name)
            tracks.append(Track(name, url, served(clip.spectrogram, "image/png", f"{name}.png"), clip))
    return tracks, "; ".join(why)


def _texts(case: Case, together: Sequence[Line]) -> None:
    """Raw and normalised texts, whole unless they are enormous."""
    _text("Reference, as the dataset has it", case.record.get("reference_raw"))
    if case.answered:
        _text(f"Reference, after {case.score.get('normalizer')}", _joined(case, "reference_tokens"))
    for line in together or [Line(case, case.key.system, True)]:
        _text(f"{line.name}, as it answered", line.case.record.get("hypothesis_raw"))
        if line.case.answered:
            _text(f"{line.name}, after normalising", _joined(line.case, "hypothesis_tokens"))


def _text(label: str, text: object) -> None:
    with st.container(gap=None):
        st.caption(markdown(label))
        st.text("(no answer)" if text is None else shown(str(text), _LONG_TEXT) or "(nothing)")


def _joined(case: Case, name: str) -> str:
    return ("" if case.unit == "character" else " ").join(case.score.get(name) or ())
