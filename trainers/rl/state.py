"""What a training needs to go on exactly where it stopped, beside its weights."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from asrdiag.errors import UsageError
from asrdiag.store.atomic import TEMPORARY, replacing_folder, write_json

from ..learning.weights import load_weights, save_weights
from ..learning.whole import require_whole
from .draws import Draws

COMPLETE = "complete.json"
"""Written into a state last: one without it was cut short by `kill -9`."""


@dataclass(frozen=True, slots=True)
class Course:
    """All that changes while a policy learns, beside torch's random numbers."""

    model: Any
    """peft's."""
    optimizer: torch.optim.Optimizer
    schedule: Any
    draws: Draws

    def of_process(self) -> dict[str, Any]:
        """What one process has to know: its place among the clips, and its random numbers."""
        return {
            "place": self.draws.place,
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        }

    def save(
        self, folder: Path, *, step: int, processes: Sequence[Mapping[str, Any]], log_position: int
    ) -> None:
        """Write weights, optimiser, schedule, where the rollout log ends, and what each process has to know.

        Args:
            folder: gets its name when all of it is there.
            step: the last one that was taken.
            processes: what `of_process` found in each.
            log_position: in bytes.

        Raises:
            SaveError: it could not be written.
        """
        training = {
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "processes": list(processes),
            "log_position": log_position,
        }
        with replacing_folder(folder) as temporary:
            save_weights(self.model, temporary)
            with (temporary / "training.pt").open("wb") as stream:
                torch.save(training, stream)
            write_json(temporary / COMPLETE, {"step": step})

    def read(self, folder: Path, *, process: int, n_processes: int) -> int:
        """Take up a state; returns where the rollout log is to be cut.

        Raises:
            UsageError: it is damaged, or was saved by another number of processes.
        """
        require_whole(folder)
        saved = torch.load(folder / "training.pt", map_location="cpu", weights_only=True)
        if len(saved["processes"]) != n_processes:
            raise UsageError(
                f"{folder}: saved by {len(saved['processes'])} process(es), and now there are {n_processes}; "
                "go on with as many, or begin anew with --fresh"
            )
        load_weights(self.model, folder)
        self.optimizer.load_state_dict(saved["optimizer"])
        self.schedule.load_state_dict(saved["schedule"])
        mine = saved["processes"][process]
        self.draws.place = mine["place"]
        torch.set_rng_state(mine["cpu"])
        if mine["cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(mine["cuda"])
        return int(saved["log_position"])


def newest_state(folder: Path) -> tuple[int, Path] | None:
    """The last complete state in a folder, with its step."""
    found = {
        int(path.name.partition("-")[2]): path
        for path in folder.glob("step-*")
        if (path / COMPLETE).is_file()
    }
    return max(found.items()) if found else None


def tidy(folder: Path, keep: int) -> None:
    """Remove what was cut short, and all but the last complete states."""
    for torn in folder.glob(f".*{TEMPORARY}"):
        shutil.rmtree(torn)
    for old in sorted(folder.glob("step-*"))[:-keep]:
        shutil.rmtree(old)
