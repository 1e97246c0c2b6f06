"""What a run directory holds of its judges."""

import json
from pathlib import Path
from typing import Any

from ..errors import AsrdiagError, UsageError, unknown
from ..store.atomic import write_json
from ..store.folder import RunFolder
from ..store.log import read_log
from .sampling import Sample
from .settings import JudgeSettings


class JudgeFolder:
    """The files of one judge in a run."""

    def __init__(self, run: RunFolder, judge: str) -> None:
        self.run, self.id = run, judge
        self.path = run.path / "judge" / judge

    @property
    def answers(self) -> Path:
        return self.path / "answers.jsonl"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    def write_judge(self, settings: JudgeSettings) -> None:
        """Write down what the judge is and all that it is told; only if it is not there yet.

        Raises:
            SaveError: it could not be written.
        """
        if not (self.path / "judge.json").is_file():
            record = {"schema": 1, "id": self.id, "identity": settings.identity()}
            write_json(self.path / "judge.json", {**record, "prompt": settings.told.as_record()})

    def read_judge(self) -> dict[str, Any]:
        """What the judge is.

        Raises:
            AsrdiagError: its file is missing or damaged.
        """
        return self._read("judge.json", ("identity",))

    @property
    def name(self) -> str:
        """What people call it: its model and the version of what it is told."""
        identity = self.read_judge()["identity"]
        return f"{identity['model']}, {identity['prompt']}"

    def write_sample(self, sample: Sample) -> None:
        write_json(self.path / "sample.json", {"schema": 1, **sample.as_record()})

    def read_sample(self) -> Sample:
        """The sample that was drawn last; all answers if none was.

        Raises:
            AsrdiagError: its file is damaged.
        """
        path = self.path / "sample.json"
        if not path.is_file():
            return Sample()
        try:
            return Sample.of_record(self._read("sample.json", ("size", "strata", "seed", "selection")))
        except UsageError as error:
            raise AsrdiagError(f"{path}: {error}") from error

    def _read(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        path = self.path / name
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(found, dict) or not found.keys() >= set(keys):
                raise ValueError(f"expected the keys {', '.join(keys)}")
        except (OSError, ValueError) as error:
            raise AsrdiagError(f"{path}: cannot be read: {error}") from error
        return found


def judge_ids(run: RunFolder) -> list[str]:
    """The judges of a run, that with the most answers first."""
    folders = [path.parent for path in sorted((run.path / "judge").glob("*/judge.json"))]
    counted = {path.name: _count_answers(path / "answers.jsonl") for path in folders}
    return sorted(counted, key=lambda name: (-counted[name], name))


def find_judge(run: RunFolder, name: str | None) -> JudgeFolder | None:
    """The judge of that id, or of an id that begins so; without a name the first of `judge_ids`.

    Raises:
        UsageError: there is none of that name, or several.
    """
    ids = judge_ids(run)
    if name is None:
        return JudgeFolder(run, ids[0]) if ids else None
    found = [each for each in ids if each == name] or [each for each in ids if each.startswith(name)]
    if len(found) != 1:
        raise UsageError(f"{run.path}: {unknown('judge', name, ids) if ids else 'no judge was asked yet'}")
    return JudgeFolder(run, found[0])


def _count_answers(path: Path) -> int:
    return sum(event.get("event") == "answer" for event in read_log(path))
