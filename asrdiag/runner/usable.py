"""Whether systems can run on the device that was asked for, found out before anything runs."""

import json
from collections.abc import Sequence

from ..engines.base import EngineSpec
from ..engines.devices import cuda_index
from ..errors import UsageError


def require_usable(systems: Sequence[EngineSpec], device: str, *, here: bool) -> None:
    """Make sure that every system can run on a device, and says what its transcripts depend on.

    Args:
        systems: at least one.
        device: as `--device` has it: one name, or several with commas between.
        here: on this machine; otherwise only the machines that have the device can say more of it.

    Raises:
        UsageError: a system lacks a package or a file, refuses the device, or does not say what it is.
    """
    for system in systems:
        if reason := system.unavailable():
            raise UsageError(f"system {system.id!r} cannot run on this machine: {reason}")
        _identified(system)
        if here and not system.cpu_only:
            names = tuple(dict.fromkeys(device.split(",")))
            if reason := next((reason for name in names if (reason := system.refuses(name))), None):
                raise UsageError(reason)
            _apart(system, names)
    if device != "cpu" and all(system.cpu_only for system in systems):
        raise UsageError(f"no selected system can use the device {device!r}: all run on the cpu only")


def _apart(system: EngineSpec, devices: Sequence[str]) -> None:
    """Refuse devices of which two processes would share a GPU: each takes several, from its own on."""
    number, taken = system.gpus(), dict[int, str]()
    for device in devices if number > 1 else ():
        first = cuda_index(device)
        for index in () if first is None else range(first, first + number):
            if (other := taken.setdefault(index, device)) != device:
                raise UsageError(
                    f"{system.id} takes {number} GPUs, from the named one on, so {other} and {device} would "
                    f"share cuda:{index}; name devices that are at least {number} apart"
                )


def _identified(system: EngineSpec) -> None:
    where = f"system {system.id!r}: {type(system).__name__}.identity()"
    if type(system).identity is EngineSpec.identity:
        raise UsageError(f"{where} is missing; it says what the transcripts depend on")
    identity = system.identity()
    if missing := {"model", "revision", "decoding"} - identity.keys():
        raise UsageError(f"{where} lacks {', '.join(sorted(missing))}")
    try:
        json.dumps(identity, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where} gave what is no JSON: {error}") from error
