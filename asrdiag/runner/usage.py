"""What a session's entry in `run.json` says of the processes that had a system open."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from .transcribing import Usage


def used_by_device(usages: Iterable[Usage]) -> list[dict[str, Any]]:
    """A record for each device, over all processes that had the system open on it."""
    devices: dict[str, list[Usage]] = {}
    for usage in usages:
        devices.setdefault(usage.device, []).append(usage)
    return [_of_device(device, devices[device]) for device in sorted(devices)]


def _of_device(device: str, usages: Sequence[Usage]) -> dict[str, Any]:
    busy_s = sum(usage.busy_s for usage in usages)
    idle_s = sum(usage.idle_s for usage in usages)
    least = min(usages, key=lambda usage: (usage.room.clips, usage.room.padded_s)).room
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
        "batch_clips": least.clips,
        "batch_padded_s": None if math.isinf(least.padded_s) else round(least.padded_s, 3),
    }
