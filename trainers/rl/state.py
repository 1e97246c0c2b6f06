"""What a training needs to go on exactly where it stopped, beside its weights."""

import shutil
from collections.abc import Mapping, Sequence
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
    processes: Sequence[Mapping[str, Any]],
    log_position: int,
) -> None:
    """Write weights, optimiser, schedule, where the rollout log ends, and what each process has to know.

    Args:
        folder: gets its name when all of it is there.
        processes: what `process_state` found in each.
    """
    temporary = folder.with_name(f".{folder.name}{TEMPORARY}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_weights(model, temporary)
    torch.save(
        {
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "processes": list(processes),
            "log_position": log_position,
        },
        temporary / "training.pt",
    )
    write_json(temporary / COMPLETE, {"step": step})
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def process_state(draws: Draws) -> dict[str, Any]:
    """What one process has to know: its place among the clips, and its random numbers."""
    return {
        "place": draws.place,
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
    n_processes: int,
) -> int:
    """Take up a state; returns where the rollout log is to be cut.

    Raises:
        UsageError: it was saved by another number of processes.
    """
    saved = torch.load(folder / "training.pt", map_location="cpu", weights_only=True)
    if len(saved["processes"]) != n_processes:
        raise UsageError(
            f"{folder}: saved by {len(saved['processes'])} process(es), and now there are {n_processes}; go "
            "on with as many, or begin anew with --fresh"
        )
    load_weights(model, folder)
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    mine = saved["processes"][process]
    draws.place = mine["place"]
    torch.set_rng_state(mine["cpu"])
    if mine["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(mine["cuda"])
    return int(saved["log_position"])


def newest_state(folder: Path) -> tuple[int, Path] | None:
    """The last complete state in a folder, with its step; torn ones are removed."""
    found: dict[int, Path] = {}
    for path in folder.glob("step-*"):
        if (path / COMPLETE).is_file():
            found[int(path.name.partition("-")[2])] = path
    for torn in folder.glob(f".*{TEMPORARY}"):
        shutil.rmtree(torn)
    return max(found.items()) if found else None
