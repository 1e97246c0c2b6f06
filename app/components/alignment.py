"""Answers under one reference, word by word or character by character, beside the audio that was heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

from asrdiag.corpus.spectrogram import FLOOR_DB, TOP_DB

from ..data.case import Step
from ..data.picture import Clip, scale_png
from ..data.stack import Column
from ..served import served
from ..texts import count, shown

LONGEST_TOKEN = 80
MOST_COLUMNS = 5000
_RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A line under the reference: the system, a few words on its answer, whether its case is the open one."""

    name: str
    note: str
    open: bool


@dataclass(frozen=True, slots=True)
class Track:
    """Audio that can be played: what it is called, where it and its spectrogram are on this server."""

    name: str
    url: str
    picture: str
    clip: Clip


def alignment(
    columns: Sequence[Column],
    answers: Sequence[Answer],
    *,
    tracks: Sequence[Track],
    silent: str,
    link: str,
    unit: str,
    language: str,
    key: str,
) -> None:
    """Show answers under their reference, with a player; a click on a word with a time plays from there.

    Args:
        columns: the steps of all answers, see `data.stack`.
        answers: the lines, in the order of the steps in each column.
        tracks: what can be played; the first is chosen.
        silent: why something cannot be played, else "".
        link: the parameters of the case's address, which a button copies.
        unit: `word`, `character` or `mixed`.
        language: tag of the reference; decides the direction.
        key: of the element, the same for the same case.
    """
    left_out = len(columns) - MOST_COLUMNS
    _component()(
        key=key,
        data={
            "audio": [_track(track) for track in tracks],
            "scale": {"url": served(scale_png(), "image/png", "scale"), "low": FLOOR_DB, "high": TOP_DB},
            "silent": shown(silent),
            "link": link,
            "unit": unit,
            "lang": language,
            "dir": "rtl" if language.lower().replace("_", "-").split("-")[0] in _RIGHT_TO_LEFT else "ltr",
            "names": [
                {"name": shown(each.name, 60), "note": shown(each.note, 60), "open": each.open}
                for each in answers
            ],
            "columns": [_column(column) for column in columns[:MOST_COLUMNS]],
        },
    )
    if left_out > 0:
        st.caption(f"{count(left_out, 'further step')} not shown; the texts below are whole.")


def _track(track: Track) -> dict[str, Any]:
    clip = track.clip
    return {
        "name": track.name,
        "url": track.url,
        "picture": track.picture,
        "lowest": clip.lowest,
        "highest": clip.highest,
        "seconds": clip.duration_s,
        "top": clip.top_hz,
        "peak": clip.peak_db,
    }


def _column(column: Column) -> list[Any]:
    reference = None if column.reference is None else shown(column.reference, LONGEST_TOKEN)
    return [reference, [None if step is None else _step(step) for step in column.steps]]


def _step(step: Step) -> list[Any]:
    token = None if step.hypothesis is None else shown(step.hypothesis, LONGEST_TOKEN)
    return [token, step.letter, step.omitted or step.fabricated, step.start_s]


def _asset(name: str) -> str:
    return (files("asrdiag.app") / "components" / name).read_text(encoding="utf-8")


@cache
def _component() -> Any:
    css, js = (
        "".join(_asset(f"{name}.{kind}") for name in ("player", "alignment")) for kind in ("css", "js")
    )
    return st.components.v2.component("asrdiag_alignment", html='<div class="root"></div>', css=css, js=js)
