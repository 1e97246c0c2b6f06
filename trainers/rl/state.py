"""What a training needs to go on exactly where it stopped, beside its weights."""

import shutil
from pathlib import Path
from typing import Any

import torch

from asrdiag.errors import UsageError
from asrdiag.store.atomic import TEMPORARY, write_json

from ..sft.weights import load_weights, save_weights
from .draws import Draws

COMPLETE = "complete.json"
"""Written into a state last: one without it was cut short by `kill -9`."""


def save_state(
    folder: Path,
    model: Any,
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    *,
    step: int,
    processes: dict[int, dict[str, Any]],
) -> None:
    """Write weights, optimiser, schedule, and of each process random numbers, place and log.

    Args:
        folder: gets its name when all of it is there.
        processes: by process what `process_state` found.
    """
    temporary = folder.with_name(f".{folder.name}{TEMPORARY}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_weights(model, temporary)
    torch.save(
        {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "processes": processes},
        temporary / "training.pt",
    )
    write_json(temporary / COMPLETE, {"step": step})
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def process_state(draws: Draws, log_position: int) -> dict[str, Any]:
    """What one process has to know."""
    return {
        "place": draws.place,
        "log_position": log_position,
        "cpu": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
    }


def read_state(
    folder: Path,
    model: Any,
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    *,
    draws: Draws,
    process: int,
) -> int:
    """Take up a state; returns where this process's rollout log is to be cut.

    Raises:
        UsageError: it was saved by another number of processes.
    """
    load_weights(model, folder)
    saved = torch.load(folder / "training.pt", map_location="cpu", weights_only=True)
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    if process not in saved["processes"]:
        raise UsageError(
            f"{folder}: saved by {len(saved['processes'])} processes; go on with as many, or begin anew with "
            "--fresh"
        )
    mine = saved["processes"][process]
    draws.place = mine["place"]
    torch.set_rng_state(mine["cpu"])
    if mine["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(mine["cuda"])
    return int(mine["log_position"])


def newest_state(folder: Path) -> tuple[int, Path] | None:
    """The last complete state in a folder, with its step; torn ones are removed."""
    found: dict[int, Path] = {}
    for path in folder.glob("step-*"):
        if (path / COMPLETE).is_file():
            found[int(path.name.partition("-")[2])] = path
    for torn in folder.glob(f".*{TEMPORARY}"):
        shutil.rmtree(torn)
    return max(found.items()) if found else None
