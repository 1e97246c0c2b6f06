"""The folder of a training: what is in it, and where an interrupted one goes on."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asrdiag.errors import UsageError
from asrdiag.store.atomic import free_name, is_leftover, replacing, write_json
from asrdiag.store.lock import RunLock
from asrdiag.store.log import JsonLog, read_log

from .validation import Look

COMPLETE = "asrdiag.complete.json"
"""Written into a checkpoint last: one without it was cut short by `kill -9`."""


class TrainFolder:
    """`recipe.yaml` (byte for byte), `train.json`, `rows.json`, `steps.jsonl`, `validation.jsonl`,
    `skipped.jsonl`, `checkpoints/step-000200/`, `adapter/` (or `model/`), `report.json`; and `state/`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def about(self) -> Path:
        return self.path / "train.json"

    @property
    def steps(self) -> Path:
        return self.path / "steps.jsonl"

    @property
    def looks(self) -> Path:
        return self.path / "validation.jsonl"

    @property
    def report(self) -> Path:
        return self.path / "report.json"

    def listing(self, rows: str) -> Path:
        """The rows of `train` or `validation` that are not used."""
        return self.path / ("skipped.jsonl" if rows == "train" else f"skipped-{rows}.jsonl")

    def checkpoint(self, step: int) -> Path:
        """The weights at a step, counted over all stages."""
        return self.path / "checkpoints" / f"step-{step:06d}"

    def checkpoints(self) -> list[int]:
        """The steps of those that are there."""
        found = (path.name.partition("-")[2] for path in (self.path / "checkpoints").glob("step-*"))
        return sorted(int(step) for step in found if step.isdecimal())

    def state(self, stage: int) -> Path:
        """What a stage needs to go on."""
        return self.path / "state" / f"{stage:02d}"

    def make_room(self) -> None:
        """Move what is there aside.

        Raises:
            UsageError: it is in use.
        """
        if self.path.is_dir():
            with RunLock(self.path):
                self.path.rename(free_name(self.path.with_name(f"{self.path.name}.old")))

    def begin(self, identity: Mapping[str, Any], recipe: bytes) -> None:
        """Begin a training, or make sure that what is there is the beginning of the same one.

        Args:
            identity: all that decides what is learnt.
            recipe: the file.

        Raises:
            UsageError: the folder holds something else.
            SaveError: it could not be written.
        """
        others = (each for each in self.path.iterdir() if each.name != ".lock" and not is_leftover(each))
        if not self.about.is_file() and any(others):
            raise UsageError(f"{self.path}: found other files there; expected a new folder, or --fresh")
        self._settle(self.about, identity)
        with replacing(self.path / "recipe.yaml") as temporary:
            temporary.write_bytes(recipe)

    def begin_with(self, rows: Mapping[str, Any]) -> None:
        """Note which rows are learnt from, or make sure that they are the same as before.

        Raises:
            UsageError: they are not.
        """
        self._settle(self.path / "rows.json", rows)

    def _settle(self, path: Path, found: Mapping[str, Any]) -> None:
        """Write what decides what is learnt, or make sure that it is what was written."""
        if not path.is_file():
            write_json(path, found)
            return
        try:
            old = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: cannot be read: {error}; --fresh begins anew") from error
        changed = _differences(old, found)
        if changed:
            raise UsageError(
                f"{self.path} holds another training: {', '.join(changed[:5])}; --fresh moves it aside, and "
                "--out names another folder"
            )

    def done(self, stage: int) -> bool:
        return (self.state(stage) / "done.json").is_file()

    def finish(self, stage: int, steps: int) -> None:
        """Note that a stage is done; its weights are a checkpoint, and what it needed to go on is removed."""
        write_json(self.state(stage) / "done.json", {"steps": steps})
        for left in self.state(stage).glob("checkpoint-*"):
            shutil.rmtree(left)

    def resume_from(self, stage: int) -> Path | None:
        """The last complete checkpoint of a stage under way; torn ones are removed."""
        found: dict[int, Path] = {}
        for path in self.state(stage).glob("checkpoint-*"):
            if (path / COMPLETE).is_file():
                found[int(path.name.partition("-")[2])] = path
            else:
                shutil.rmtree(path)
        return found[max(found)] if found else None

    def all_looks(self) -> dict[int, Look]:
        """What validation found, by step; of several at one step the last."""
        return {record["step"]: Look.of_record(record) for record in read_log(self.looks)}

    def add_look(self, look: Look) -> None:
        """Raises:
        SaveError: it could not be written.
        """
        with JsonLog(self.looks) as log:
            log.append(look.record())


def _differences(old: Any, new: Any, where: str = "") -> list[str]:
    """What differs, in words."""
    if isinstance(old, dict) and isinstance(new, Mapping):
        return [
            found
            for key in dict.fromkeys([*old, *new])
            for found in _differences(old.get(key), new.get(key), f"{where}.{key}" if where else str(key))
        ]
    new = json.loads(json.dumps(new))
    return [] if old == new else [f"{where} was {json.dumps(old)[:60]} and is {json.dumps(new)[:60]}"]
