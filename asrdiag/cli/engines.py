"""`asrdiag engines`."""

import argparse
import os
import platform
from typing import TYPE_CHECKING

from .arguments import SubParsers
from .output import as_text, complain, out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from ..engines.hardware import CudaDevice
    from ..engines.states import EngineState


def add_parser(verbs: SubParsers) -> None:
    parser = verbs.add_parser(
        "engines",
        help="what is installed for each engine, and whether it can be used here",
        description="Says which packages each engine needs, which of them are installed, and whether it "
        "can be used here; and which devices there are.",
    )
    parser.set_defaults(handler=run)


def run(options: argparse.Namespace) -> int:
    from ..engines.hardware import cpus, cuda_devices, why_no_cuda
    from ..engines.states import engine_states

    why = why_no_cuda()
    devices: tuple[CudaDevice, ...] = ()
    if why is None:
        complain("asking torch for its devices, which takes some seconds")
        devices = cuda_devices()
        why = None if devices else "torch finds none"
    out(f"Python {platform.python_version()}; cpu: {cpus()} cores")
    for device in devices:
        out(f"{device.name}: {device.model}, {device.memory_gib:.1f} GiB")
    if why:
        out(f"cuda: none; {why}")
    states = list(engine_states(cuda=why))
    out(as_text(lambda _: _table(states)).rstrip())
    out("")
    for state in states:
        if state.reason:
            out(f"{state.name}: cannot be used here: {state.reason}")
        elif parts := list(_wanting(state)):
            out(f"{state.name}: {'; '.join(parts)}")
    for variable, systems in _keys().items():
        place = "set" if os.environ.get(variable, "").strip() else "not set"
        out(f"{variable}: {place}; the key for {', '.join(systems)}")
    out("For the systems that come with asrdiag: asrdiag list systems")
    return 0


def _table(states: "Sequence[EngineState]") -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("engine", "usable", "device"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it is", ratio=1)
    table.add_column("packages", no_wrap=True)
    for state in states:
        found = [f"{one.name} {version}" for one, version in state.packages if version]
        usable = "no" if state.reason else "yes"
        device = ", ".join(state.devices) or "-"
        table.add_row(state.name, usable, device, Text(state.what), Text("\n".join(found)))
    return table


def _wanting(state: "EngineState") -> "Iterator[str]":
    """What only some systems of a usable engine need, and is not here."""
    absent = [f"{one.name} (for {one.used_for})" for one, version in state.packages if version is None]
    if absent:
        yield f"not installed: {', '.join(absent)}"
    for package, version in state.packages:
        if version is not None and (reason := package.missing()):
            yield f"{reason} (for {package.used_for})"


def _keys() -> dict[str, list[str]]:
    """The variables that hold keys, each with the systems that come with asrdiag and use it."""
    from ..engines import ENGINES
    from ..suite.packaged import packaged_documents

    found: dict[str, list[str]] = {}
    for document in packaged_documents():
        for entry in document.data.get("systems", ()):
            if isinstance(entry, dict) and "api_key_env" in entry and entry["engine"] in ENGINES.names():
                found.setdefault(entry["api_key_env"], []).append(entry["id"])
    return found
