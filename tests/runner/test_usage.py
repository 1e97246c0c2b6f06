"""What processes used, told by device."""

import math

from asrdiag.runner.batching import Room
from asrdiag.runner.transcribing import Usage
from asrdiag.runner.usage import used_by_device

ROOM = Room(8)


def usage(
    process: int, began_s: float, ended_s: float, busy_s: float, room: Room = ROOM, device: str = "cuda:0"
) -> Usage:
    return Usage(process, device, "a GPU", 2.0, began_s, ended_s, busy_s, 100 * process, None, room)


def test_the_time_until_a_process_is_replaced_is_the_devices_idle_time() -> None:
    # 10 to 20 s, 8 s of it busy; 25 to 35 s, 7 s busy: of 25 s from the first batch to the last 15 were busy.
    [found] = used_by_device([usage(2, 25.0, 35.0, 7.0), usage(1, 10.0, 20.0, 8.0)])
    assert (found["processes"], found["transcribe_s"], found["idle_share"]) == (2, 15.0, 0.4)
    assert found["peak_memory_bytes"] == 200


def test_processes_beside_each_other_are_idle_each_for_itself() -> None:
    # 2 of 10 s and 3 of 10 s.
    [found] = used_by_device([usage(1, 10.0, 20.0, 8.0), usage(2, 15.0, 25.0, 7.0)])
    assert found["idle_share"] == 0.25


def test_one_that_has_transcribed_nothing_is_not_idle() -> None:
    [found] = used_by_device([usage(1, 10.0, 20.0, 10.0), usage(2, 0.0, 0.0, 0.0)])
    assert (found["processes"], found["idle_share"]) == (2, 0.0)
    [found] = used_by_device([usage(2, 0.0, 0.0, 0.0)])
    assert found["idle_share"] is None


def test_the_smallest_bounds_are_told_each_for_itself() -> None:
    rooms = Room(4, 480.0), Room(16, 60.0), Room(16, math.inf)
    found = used_by_device([usage(n, 0.0, 0.0, 0.0, room) for n, room in enumerate(rooms)])
    assert (found[0]["batch_clips"], found[0]["batch_padded_s"]) == (4, 60.0)
    [a, b] = used_by_device([usage(1, 0, 0, 0, rooms[2], "cuda:1"), usage(2, 0, 0, 0, rooms[2])])
    assert (a["device"], b["device"], a["batch_padded_s"]) == ("cuda:0", "cuda:1", None)
