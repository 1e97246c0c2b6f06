"""The systems of the packaged files, and whether each can run here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..engines import ENGINES
from ..engines.base import EngineSpec
from ..errors import UsageError
from .packaged import packaged_documents


@dataclass(frozen=True, slots=True)
class ReadySystem:
    """A system that suites can take by name."""

    id: str
    model: str
    state: str
    """`engine X; can run here`, `engine X; cannot run here: REASON`, or `engine X is not in this version`."""


def ready_systems() -> Iterator[ReadySystem]:
    """Each system of the packaged files once, in the order of the files."""
    seen: set[str] = set()
    for document in packaged_documents():
        for entry in document.data.get("systems", ()):
            if isinstance(entry, Mapping) and entry["id"] not in seen:
                seen.add(entry["id"])
                yield _ready(entry)


def _ready(entry: Mapping[str, Any]) -> ReadySystem:
    name, engine, model = entry["id"], entry["engine"], str(entry.get("model", entry["id"]))
    if engine not in ENGINES.names():
        return ReadySystem(name, model, f"engine {engine!r} is not in this version")
    try:
        spec: EngineSpec = ENGINES.load(engine).model_validate(entry)
        reason = spec.unavailable()
        if reason is None:
            model = str(spec.identity()["model"])
    except UsageError as error:
        reason = str(error)
    except ValidationError as error:
        reason = "; ".join(problem["msg"] for problem in error.errors(include_url=False))
    state = f"cannot run here: {reason}" if reason else "can run here"
    return ReadySystem(name, model, f"engine {engine!r}; {state}")
