"""The registered engines, and whether each can be used here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from . import ENGINES
from .base import EngineSpec, Package


@dataclass(frozen=True, slots=True)
class EngineState:
    """An engine, what it needs and what of that is here."""

    name: str
    what: str
    """The first line of its docstring; empty if it cannot be loaded."""
    devices: tuple[str, ...]
    """Which of `cpu` and `cuda` it can use here; none also where it computes nothing itself."""
    packages: tuple[tuple[Package, str | None], ...]
    """Each package with its installed version; `None`: it is not installed. `Package.missing` says more."""
    reason: str | None
    """Why it cannot be used, with what to do; `None` if it can."""


def engine_states(*, cuda: str | None) -> Iterator[EngineState]:
    """Each registered engine, those of other packages included, in the order of registration.

    Args:
        cuda: why there is no CUDA device; `None` if there is one.
    """
    for name in ENGINES.names():
        try:
            engine: Any = ENGINES.load(name)
        except UsageError as error:
            yield EngineState(name, "", (), (), str(error))
            continue
        if not (isinstance(engine, type) and issubclass(engine, EngineSpec)):
            expected = "expected a class derived from asrdiag.engines.base.EngineSpec"
            yield EngineState(name, "", (), (), f"found {engine!r:.80}, {expected}")
            continue
        yield _state(name, engine, cuda)


def _state(name: str, engine: type[EngineSpec], cuda: str | None) -> EngineState:
    reason, kinds = engine.lacks(), engine.device_kinds()
    devices = tuple(kind for kind in kinds if not (kind == "cuda" and cuda))
    if reason is None and kinds and not devices:
        reason = f"it needs a CUDA device, and there is none: {cuda}"
    packages = tuple((package, package.version) for package in engine.requires)
    return EngineState(name, (engine.__doc__ or "").strip().split("\n")[0], devices, packages, reason)
