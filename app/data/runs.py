"""Run directories as they are found: complete, damaged, or still being written."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from asrdiag.errors import AsrdiagError, UsageError
from asrdiag.store.folder import RunFolder

from .shapes import are_groups, are_rows, is_cell

Signature = str
"""A digest of files' names, times and sizes; a run that looks the same is not read again."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be shown: where, and what is wrong with it, in words for the page."""

    place: str
    what: str


class OpenRun(RunFolder):
    """A run directory that shows what can be shown.

    It is read where a `RunFolder` is, but what is damaged is left out and becomes one of `problems`: without
    a readable `run.json` there are no cells at all, and cells whose summary is damaged have none.
    """

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path)
        self.name = name
        """What the run is called on pages and in links; unique among the runs that are open."""
        self.signature = signature_of(path)
        self.problems: list[Problem] = []
        self._run = self._read()
        self._summaries = list(self._read_summaries())

    @property
    def cells(self) -> dict[str, dict[str, Any]]:
        """The cells by their keys, `system/dataset/condition`, scored or not."""
        found: dict[str, dict[str, Any]] = self._run["cells"]
        return found

    @property
    def status(self) -> str:
        """`complete`, `partial`, `failed`, `interrupted`, `running`, or "" where `run.json` has none."""
        return str(self._run.get("status", ""))

    @property
    def scored(self) -> tuple[str, ...]:
        """The keys of the cells that have a summary."""
        return tuple(summary["cell"] for summary in self._summaries)

    def read_run(self) -> dict[str, Any]:
        """What `run.json` says, without the cells that cannot be used."""
        return self._run

    def summaries(self) -> Iterator[dict[str, Any]]:
        """The summaries that can be read."""
        return iter(self._summaries)

    def _read(self) -> dict[str, Any]:
        file = self.path / "run.json"
        try:
            if file.exists() and not file.is_file():  # to open a pipe would wait for ever
                raise UsageError(f"{file}: not a file")
            run = super().read_run()
        except (UsageError, RecursionError) as error:
            self.problems.append(Problem(str(file), str(error)))
            return {"run_id": "", "suite": self.name, "cells": {}, "suite_cells": []} | {
                "not_run": {},
                "sessions": [],
            }
        cells, suite_cells, not_run = (run[name] for name in ("cells", "suite_cells", "not_run"))
        if not (isinstance(cells, dict) and isinstance(suite_cells, list) and isinstance(not_run, dict)):
            self.problems.append(Problem(str(file), "cells are not as asrdiag writes them"))
            cells, suite_cells, not_run = {}, [], {}
        kept = {}
        for key, cell in cells.items():
            if (names := _parts(key)) and is_cell(cell, names):
                kept[key] = cell
            else:
                self.problems.append(Problem(str(file), f"the cell {key!r} is not as asrdiag writes them"))
        usable = [key for key in suite_cells if isinstance(key, str) and _parts(key)]
        called_as = {name: str(run[name]) for name in ("run_id", "suite")}
        return run | called_as | {"cells": kept, "suite_cells": usable, "not_run": not_run}

    def _read_summaries(self) -> Iterator[dict[str, Any]]:
        for key, cell in self.cells.items():
            try:
                summary = self.read_summary(key)
            except (AsrdiagError, OSError, RecursionError) as error:
                self.problems.append(Problem(str(self.summary(key)), str(error)))
                continue
            if summary is None or summary["fingerprint"] != cell["fingerprint"]:
                continue
            shaped = are_rows(summary["rows"], key.split("/")) and are_groups(summary["groups"])
            if summary["cell"] == key and shaped:
                yield summary
            else:
                what = "its rows are not as asrdiag writes them; `asrdiag score` makes it anew"
                self.problems.append(Problem(str(self.summary(key)), what))


def _parts(key: str) -> list[str] | None:
    """System, dataset and condition; `None` if a part is no id. They become paths, so `..` must not pass."""
    parts = key.split("/")
    return parts if len(parts) == 3 and all(map(_ID.fullmatch, parts)) else None


def signature_of(path: Path) -> Signature:
    """What changes when a run's scores do: time and size of `run.json`, of each cell's derived files and of
    what judges said.

    It is asked for dozens of times for a page, and is part of the key of all that is kept, so it is short.
    """
    run = path / "run.json"
    files = [run, *sorted((path / "cells").glob("*/*/*/summary.json"))]
    files += [file.with_name("scores.parquet") for file in files[1:]]
    files += sorted((path / "judge").glob("*/*.json*"))
    found = sha256(str(path.absolute()).encode("utf-8", "surrogateescape"))
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found.update(f"\0{file}\0{status.st_mtime_ns}\0{status.st_size}".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def run_names(paths: Sequence[Path]) -> list[str]:
    """What runs are called: by their folders' names, with a number where several share one.

    >>> run_names([Path("runs/a"), Path("elsewhere/a"), Path("runs/b")])
    ['a', 'a-2', 'b']
    """
    seen: Counter[str] = Counter()
    names: list[str] = []
    for path in paths:
        base = path.resolve().name or "run"
        seen[base] += 1
        name = base if seen[base] == 1 else f"{base}-{seen[base]}"
        while name in names:
            seen[base] += 1
            name = f"{base}-{seen[base]}"
        names.append(name)
    return names


def newest_run(folder: Path = Path("runs")) -> Path | None:
    """The run directory in `folder` whose `run.json` is the newest; `None` if there is none."""
    found = []
    for file in folder.glob("*/run.json"):
        try:
            found.append((file.stat().st_mtime_ns, file.parent))
        except OSError:
            continue
    return max(found)[1] if found else None


def called(runs: Sequence[OpenRun]) -> dict[tuple[str, str], str]:
    """What systems are called, by run name and id: by their ids, with the run where several have that id."""
    systems = [
        (run.name, system)
        for run in runs
        for system in dict.fromkeys(
            key.partition("/")[0] for key in (*run.read_run()["suite_cells"], *run.cells)
        )
    ]
    seen = Counter(system for _, system in systems)
    return {(run, system): f"{system} [{run}]" if seen[system] > 1 else system for run, system in systems}
