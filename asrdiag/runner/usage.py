"""What a session's entry in `run.json` says of the processes that had a system open."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from .transcribing import Usage


def used_by_device(usages: Iterable[Usage]) -> list[dict[str, Any]]:
    """A record for each device, over all processes that had the system open on it."""
    devices: dict[str, list[Usage]] = {}
    for usage in usages:
        devices.setdefault(usage.device, []).append(usage)
    return [_of_device(device, devices[device]) for device in sorted(devices)]


def _of_device(device: str, usages: Sequence[Usage]) -> dict[str, Any]:
    busy_s, idle_s = sum(usage.busy_s for usage in usages), _idle_s(usages)
    padded_s = min(usage.room.padded_s for usage in usages)
    of_device = [usage.peak_device_memory_bytes for usage in usages]
    return {
        "device": device,
        "name": usages[0].device_name,
        "processes": len(usages),
        "open_s": round(max(usage.open_s for usage in usages), 3),
        "transcribe_s": round(busy_s, 3),
        "idle_share": round(idle_s / (busy_s + idle_s), 4) if busy_s + idle_s else None,
        "peak_memory_bytes": max(usage.peak_memory_bytes for usage in usages),
        "peak_device_memory_bytes": max((peak for peak in of_device if peak is not None), default=None),
        "batch_clips": min(usage.room.clips for usage in usages),
        "batch_padded_s": None if math.isinf(padded_s) else round(padded_s, 3),
        **({} if usages[0].spent is None else {"spent": dict(usages[0].spent)}),
    }


def _idle_s(usages: Sequence[Usage]) -> float:
    """Of processes that were there one after the other, the time between them too: it was the device's."""
    in_turn = sorted((usage for usage in usages if usage.ended_s), key=lambda usage: usage.began_s)
    own_s = sum(usage.idle_s for usage in in_turn)
    between_s = [after.began_s - before.ended_s for before, after in pairwise(in_turn)]
    return own_s + sum(between_s) if all(gap_s >= 0 for gap_s in between_s) else own_s
