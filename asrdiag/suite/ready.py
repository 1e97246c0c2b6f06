"""The systems of the packaged files, and whether each can run here."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..engines import ENGINES
from ..engines.base import EngineSpec
from ..errors import UsageError
from .packaged import packaged_documents
from .variables import expand


@dataclass(frozen=True, slots=True)
class ReadySystem:
    """A system that suites can take by name."""

    id: str
    model: str
    state: str
    """`engine X; can run here`, `engine X; to be fetched first: MODEL from PLACE`,
    `engine X; cannot run here: REASON`, or `engine X is not in this version`."""


def ready_systems() -> Iterator[ReadySystem]:
    """Each system of the packaged files once, in the order of the files.

    Nothing is asked of a network, and no model is read: a key that the model's family does not take is
    found when a suite is validated.
    """
    seen: set[str] = set()
    for document in packaged_documents():
        for entry in document.data.get("systems", ()):
            if isinstance(entry, Mapping) and entry["id"] not in seen:
                seen.add(entry["id"])
                yield _ready(entry, document.path.parent)


def _ready(entry: Mapping[str, Any], folder: Path) -> ReadySystem:
    name, engine, model = entry["id"], entry["engine"], str(entry.get("model", entry["id"]))
    if engine not in ENGINES.names():
        return ReadySystem(name, model, f"engine {engine!r} is not in this version")
    state = "can run here"
    try:
        spec = _spec(entry, folder)
        if reason := spec.unavailable():
            state = f"cannot run here: {reason}"
        elif wanted := spec.to_fetch():
            state = f"to be fetched first: {' and '.join(wanted)}"
        elif "model" not in entry:
            model = str(spec.identity()["model"])
    except UsageError as error:
        state = f"cannot run here: {error}"
    except ValidationError as error:
        reason = "; ".join(problem["msg"] for problem in error.errors(include_url=False))
        state = f"cannot run here: {reason}"
    return ReadySystem(name, model, f"engine {engine!r}; {state}")


def _spec(entry: Mapping[str, Any], folder: Path) -> EngineSpec:
    filled, unset, _ = expand(dict(entry), os.environ)
    if unset:
        raise UsageError(f"set {' and '.join(dict.fromkeys(one.name for one in unset))}")
    found: EngineSpec = ENGINES.load(entry["engine"]).model_validate_json(
        json.dumps(filled), context={"folder": folder}
    )
    return found
