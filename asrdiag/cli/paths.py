"""Files that a command line names: `-` is a standard stream, and nothing that is needed is written over."""

from collections.abc import Iterable
from pathlib import Path

from ..errors import UsageError

STANDARD_INPUT = Path("/dev/stdin")
STANDARD_OUTPUT = Path("/dev/stdout")

_RUN_FILES = {
    *("run.json", "suite.yaml", "suite.resolved.yaml", "log.txt", ".lock"),
    *("identity.json", "samples.jsonl", "scores.parquet", "summary.json", "errors.jsonl"),
    *("leaderboard.csv", "groups.csv", "comparisons.csv", "calibration.csv", "semantic.csv"),
}
_RUN_FOLDERS = {"audio", "judge", "superseded", "includes", "semantic"}


def source(text: str) -> Path:
    """The file to read; `-` is standard input. A file of that name is `./-`."""
    return STANDARD_INPUT if text == "-" else Path(text)


def destination(text: str) -> Path:
    """The file to write; `-` is standard output, `STANDARD_OUTPUT`."""
    return STANDARD_OUTPUT if text == "-" else Path(text)


def check_destination(option: str, path: Path | None, inputs: Iterable[Path] = ()) -> None:
    """Refuse to write over a file that the command reads, or over a part of a run.

    Raises:
        UsageError: `path` is one of the inputs, under whatever name, or belongs to a run directory.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    for each in inputs:
        if path.is_file() and each.exists() and path.samefile(each):
            raise UsageError(f"{option} {path}: this is {each}, which is read; expected another file")
    place = path.resolve()
    for folder in place.parents:
        if (folder / "run.json").is_file():
            inside = place.relative_to(folder)
            if inside.name in _RUN_FILES or inside.parts[0] in _RUN_FOLDERS:
                raise UsageError(f"{option} {path}: this is part of the run {folder}; expected another file")
