"""Rollout logs that the explorer opens: those it was given, and those that lie in or beside its runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from asrdiag.errors import UsageError
from asrdiag.rollouts.reading import DEMO, find_logs

from .runs import Problem, run_names

Signature = tuple[tuple[str, int, int], ...]
"""Files with their times (ns) and sizes; a log that looks the same is not read again."""

_HEAD = 65_536
_LOOKED_AT = 200
"""Files beside a run of which the beginning is read, at most."""


@dataclass(frozen=True, slots=True)
class OpenLog:
    """One log, or several that are read as one."""

    name: str
    """What it is called on pages and in links; unique among those that are open."""
    files: tuple[Path, ...]
    demo: bool = False

    @property
    def signature(self) -> Signature:
        """What changes when the log does."""
        found = []
        for file in self.files:
            try:
                status = file.stat()
            except OSError:
                found.append((str(file), 0, -1))
            else:
                found.append((str(file), status.st_mtime_ns, status.st_size))
        return tuple(found)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(max(size, 0) for _, _, size in self.signature)


def open_logs(given: Sequence[Path], runs: Sequence[Path]) -> tuple[tuple[OpenLog, ...], tuple[Problem, ...]]:
    """The logs that can be looked at, and what was given but is none.

    Of several that are given the first entry is all of them together. Logs in a run, in its folder
    `rollouts`, and beside it are found if they are as asrdiag writes them. Where there is no log at all, the
    packaged one is the example.

    Args:
        given: files, folders of files, or `demo`.
        runs: the open run directories.
    """
    named: list[tuple[Path, tuple[Path, ...]]] = []
    problems = []
    for path in dict.fromkeys(given):
        try:
            named.append((path, tuple(find_logs([path]))))
        except (UsageError, OSError) as error:
            problems.append(Problem(str(path), str(error)))
    inside = [file for run in runs for file in _beside(run)]
    known = {file.resolve() for _, files in named for file in files}
    named += [(file, (file,)) for file in dict.fromkeys(inside) if file.resolve() not in known]
    names = run_names([path for path, _ in named])
    logs = [
        OpenLog(name, files, demo=str(path) == DEMO) for name, (path, files) in zip(names, named, strict=True)
    ]
    n_given = len(dict.fromkeys(given)) - len(problems)
    if n_given > 1:
        together = tuple(dict.fromkeys(file for log in logs[:n_given] for file in log.files))
        logs.insert(0, OpenLog("together", together))
    if not logs:
        logs = [OpenLog(DEMO, tuple(find_logs([Path(DEMO)])), demo=True)]
    return tuple(logs), tuple(problems)


def _beside(run: Path) -> list[Path]:
    """The logs in a run directory, in its `rollouts`, and in the folder that the run is in."""
    found: list[Path] = []
    for folder in (run, run / "rollouts", run.absolute().parent):
        try:
            files = sorted(islice(folder.glob("*.jsonl"), _LOOKED_AT))
        except OSError:
            continue
        found += [file for file in files if file.is_file() and _is_log(file)]
    return found


def _is_log(file: Path) -> bool:
    """Whether the first line looks like a group as asrdiag logs it."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD).partition(b"\n")[0]
    except OSError:
        return False
    return head.startswith(b"{") and b'"rollouts": [' in head and b'"reference"' in head
