"""Tables of a run's health: cells, failures, systems, sessions."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from .. import location
from ..data.health import CellHealth, Reason
from ..texts import count, shown
from .case_table import digest

_GIB = 2**30
_SIGNS = {
    **{"complete": "✓ complete", "partial": "⚠ partial", "not scored": "… not scored yet"},
    **{"damaged": "✗ damaged", "waiting": "○ waiting", "not run": "○ not run"},
}


def cells_table(run: str, cells: Sequence[CellHealth], rtfx: Mapping[str, float | None]) -> int | None:
    """Show cells; returns the place of the one that was chosen.

    Args:
        run: the run's name.
        cells: its cells.
        rtfx: by key, seconds of audio for each second in the recogniser.
    """
    parts = [cell.key.split("/") for cell in cells]
    number = st.column_config.NumberColumn
    chosen = st.dataframe(
        {
            "system": [shown(part[0], 60) for part in parts],
            "dataset": [shown(part[1], 60) for part in parts],
            "condition": [shown(part[2], 60) for part in parts],
            "state": [_SIGNS[cell.state] for cell in cells],
            "expected": [cell.expected for cell in cells],
            "recorded": [cell.recorded for cell in cells],
            "answered": [cell.answered for cell in cells],
            "failed": [cell.failed for cell in cells],
            "rtfx": [rtfx.get(cell.key) for cell in cells],
            "revision": [shown(_text(cell.entry.get("model_revision")), 60) for cell in cells],
            "fingerprint": [shown(_text(cell.entry.get("fingerprint")), 12) for cell in cells],
        },
        key=location.key(f"health.cells.{digest([run, *(cell.key for cell in cells)])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(cells), 16) * 35 + 38,
        placeholder="-",
        alt="Cells",
        column_config={
            "expected": number("expected", format="%d", width=74, help="Clips that the dataset has"),
            "recorded": number("recorded", format="%d", width=74, help="Clips that were tried"),
            "answered": number("answered", format="%d", width=74, help="Clips with an answer, scored"),
            "failed": number("failed", format="%d", width=60, help="Clips tried without an answer"),
            "rtfx": number("RTFx", format="%.1f", width=60, help="Seconds of audio a second, one worker"),
        },
    )["selection"]["rows"]
    return chosen[0] if chosen else None


def reasons_table(run: str, reasons: Sequence[Reason]) -> int | None:
    """Show why answers failed; returns the place of the reason that was chosen."""
    chosen = st.dataframe(
        {
            "stage": [shown(reason.stage, 40) for reason in reasons],
            "error": [shown(reason.kind, 60) for reason in reasons],
            "clips": [reason.n_failed for reason in reasons],
            "cells": [_cells(reason.cells) for reason in reasons],
            "for example": [shown(reason.message) for reason in reasons],
        },
        key=location.key(f"health.reasons.{digest([run, *(reason.first for reason in reasons)])}"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="-",
        alt="Failures by stage and reason",
        column_config={"for example": st.column_config.TextColumn(width="large")},
    )["selection"]["rows"]
    return chosen[0] if chosen else None


def _cells(keys: Sequence[str]) -> str:
    return shown(keys[0], 80) if len(keys) == 1 else count(len(keys), "cell")


def systems_table(entries: Sequence[Mapping[str, Any]]) -> None:
    """What the systems are: engine, model, revision.

    Args:
        entries: of cells in `run.json`.
    """
    known: dict[tuple[str, ...], set[str]] = {}
    for entry in entries:
        identity = entry["identity"] if isinstance(entry["identity"], dict) else {}
        names = (entry["system"], identity.get("engine"), entry["model_id"], entry["model_revision"])
        known.setdefault(tuple(map(_text, names)), set()).add(_text(entry["fingerprint"]))
    rows = list(known)
    st.dataframe(
        {
            name: [shown(row[place], 100) for row in rows]
            for place, name in enumerate(("system", "engine", "model", "revision"))
        }
        | {"cells": [len(known[row]) for row in rows]},
        key=location.key("health.systems"),
        hide_index=True,
        placeholder="-",
        alt="Systems",
    )


def usage_table(used: Sequence[Mapping[str, Any]]) -> None:
    """What each system used: device, processes, time, memory and batches."""
    number = st.column_config.NumberColumn
    st.dataframe(
        {
            "system": [shown(each["system"], 60) for each in used],
            "device": [
                shown(" ".join(_text(each.get(name)) for name in ("device", "name")), 80) for each in used
            ],
            "processes": [_number(each.get("processes")) for each in used],
            "open": [_number(each.get("open_s")) for each in used],
            "busy": [_number(each.get("transcribe_s")) for each in used],
            "idle": [_number(each.get("idle_share"), 100) for each in used],
            "memory": [_number(each.get("peak_memory_bytes"), 1 / _GIB) for each in used],
            "device_memory": [_number(each.get("peak_device_memory_bytes"), 1 / _GIB) for each in used],
            "clips": [_number(each.get("batch_clips")) for each in used],
            "padded": [_number(each.get("batch_padded_s")) for each in used],
        },
        key=location.key("health.usage"),
        hide_index=True,
        placeholder="-",
        alt="What each system used",
        column_config={
            "processes": number("processes", format="%d"),
            "open": number("opening s", format="%.1f", help="The longest time that opening the model took"),
            "busy": number("busy s", format="%.1f", help="Time in the recogniser, over all processes"),
            "idle": number("idle %", format="%.1f", help="Share of time that processes waited for clips"),
            "memory": number("memory GiB", format="%.2f", help="Peak, of the largest process"),
            "device_memory": number("device GiB", format="%.2f", help="Peak on the device"),
            "clips": number("batch clips", format="%d", help="Most clips at once, after all cuts"),
            "padded": number("batch s", format="%.1f", help="Most seconds at once, padding included"),
        },
    )


def sessions_table(sessions: Sequence[Mapping[str, Any]]) -> None:
    """When the run was worked on and how that ended."""
    names = ("started", "ended", "status", "command", "asrdiag", "host", "device", "executor", "workers")
    st.dataframe(
        {name: [shown(_text(each.get(name)), 200) for each in sessions] for name in names},
        key=location.key("health.sessions"),
        hide_index=True,
        placeholder="-",
        alt="Sessions",
        column_config={"command": st.column_config.TextColumn(width="large")},
    )


def environment_table(session: Mapping[str, Any]) -> None:
    """On what a session ran."""
    names = ("platform", "python", "cpus", "executor", "workers", "batch_size")
    rows = [(name.replace("_", " "), _text(session.get(name))) for name in names]
    packages = session.get("packages")
    if isinstance(packages, dict):
        rows += [(str(name), _text(version)) for name, version in packages.items()]
    rows = [(name, value) for name, value in rows if value]
    st.dataframe(
        {"": [shown(name, 60) for name, _ in rows], "is": [shown(value, 200) for _, value in rows]},
        key=location.key("health.environment"),
        hide_index=True,
        alt="Environment",
        height=min(len(rows), 12) * 35 + 38,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object, times: float = 1.0) -> float | None:
    return value * times if isinstance(value, int | float) else None
