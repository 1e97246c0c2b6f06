"""Two processes that learn together, over gloo, on the CPU."""

import multiprocessing
import os
import socket
from collections.abc import Callable

from accelerate import PartialState

from asrdiag.trainers.learning.device import choose_device


def in_two_processes(action: Callable[[int, str], object]) -> list[int | None]:
    """Call `action` with its number and its device in each of two; returns how they ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def one(rank: int) -> None:
        os.environ |= {
            **{"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"},
            **{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"},
        }
        PartialState._reset_state()
        device, is_main = choose_device("cpu")
        assert is_main == (rank == 0)
        action(rank, device)

    processes = [multiprocessing.get_context("fork").Process(target=one, args=(rank,)) for rank in (0, 1)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(300)
    return [each.exitcode for each in processes]
