"""A run directory: where things are in it, and `run.json`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import AsrdiagError, UsageError
from .atomic import write_json

_KEYS = {"run_id", "suite", "suite_cells", "cells", "not_run", "sessions"}


class RunFolder:
    """The paths of a run directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def leaderboard(self) -> Path:
        return self.path / "leaderboard.csv"

    @property
    def groups(self) -> Path:
        return self.path / "groups.csv"

    @property
    def comparisons(self) -> Path:
        return self.path / "comparisons.csv"

    @property
    def semantic(self) -> Path:
        return self.path / "semantic.csv"

    @property
    def calibration(self) -> Path:
        return self.path / "calibration.csv"

    @property
    def errors(self) -> Path:
        return self.path / "errors.jsonl"

    def cell(self, key: str) -> Path:
        """The folder of the cell `system/dataset/condition`."""
        return self.path / "cells" / key

    def samples(self, key: str) -> Path:
        return self.cell(key) / "samples.jsonl"

    def scores(self, key: str) -> Path:
        return self.cell(key) / "scores.parquet"

    def summary(self, key: str) -> Path:
        return self.cell(key) / "summary.json"

    def read_run(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            UsageError: this is not a run directory, or `run.json` is damaged.
        """
        path = self.path / "run.json"
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(f"{self.path} is not a run directory: it has no run.json") from error
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: cannot be read: {error}") from error
        if not isinstance(run, dict) or not run.keys() >= _KEYS or run.get("schema") != 1:
            raise UsageError(f"{path}: not a run.json that this version of asrdiag wrote")
        return run

    def write_run(self, run: dict[str, Any]) -> None:
        write_json(self.path / "run.json", run)

    def read_identity(self, key: str) -> dict[str, Any]:
        """What a cell's folder says its samples were made from: `fingerprint` and `identity`.

        A folder that does not say has the fingerprint `unknown`, which matches nothing.
        """
        try:
            found = json.loads((self.cell(key) / "identity.json").read_text(encoding="utf-8"))
            return {"fingerprint": str(found["fingerprint"]), "identity": found["identity"]}
        except (OSError, ValueError, KeyError, TypeError):
            return {"fingerprint": "unknown", "identity": {}}

    def has_samples_of(self, key: str, cell: Mapping[str, Any]) -> bool:
        """Whether the cell has samples that were made as its entry in `run.json` says."""
        return self.samples(key).exists() and self.read_identity(key)["fingerprint"] == cell["fingerprint"]

    def read_summary(self, key: str) -> dict[str, Any] | None:
        """A cell's summary; `None` if it has none.

        Raises:
            AsrdiagError: it is damaged.
        """
        path = self.summary(key)
        if not path.is_file():
            return None
        try:
            summary = json.loads(path.read_text(encoding="utf-8"))
            return {name: summary[name] for name in ("cell", "fingerprint", "made_from", "rows", "groups")}
        except (ValueError, KeyError, TypeError) as error:
            raise AsrdiagError(f"{path}: damaged ({error}); `asrdiag score` makes it anew") from error

    def summaries(self) -> Iterator[dict[str, Any]]:
        """The summaries of the cells that have one for what they are now, in the order of `run.json`.

        Raises:
            AsrdiagError: a summary is damaged.
        """
        for key, cell in self.read_run()["cells"].items():
            summary = self.read_summary(key)
            if summary is not None and summary["fingerprint"] == cell["fingerprint"]:
                yield summary
