"""Made-up runs whose conditions have levels, and one that leaves the audio as recorded."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from made_runs import Answers, Said, make_run, score_run

WORDS = ("red", "blue", "green", "black", "white", "brown", "pink", "gold", "grey", "lime")


def corpus(n_clips: int, n_speakers: int = 1, **parts: Any) -> list[Said]:
    """Clips of ten words, their speakers in turn."""
    return [
        Said(f"u{number:02}", " ".join(WORDS), speaker=f"s{number % n_speakers}", **parts)
        for number in range(n_clips)
    ]


def omitting(said: Sequence[Said], omitted: Sequence[int | None]) -> Answers:
    """So many last words are missing, in turn; `None`: the system failed."""
    counts = [omitted[number % len(omitted)] for number in range(len(said))]
    return {
        each.sample_id: None if n is None else " ".join(each.reference.split()[: len(WORDS) - n])
        for each, n in zip(said, counts, strict=True)
    }


def make_sweep(
    folder: Path, said: Sequence[Said], cells: Mapping[str, Answers], not_run: Mapping[str, str] | None = None
) -> Path:
    """A scored run; `as_recorded` is such a condition, `x.snr5` and `x.m050` have these levels."""
    make_run(folder, said, cells)
    path = folder / "run.json"
    run = json.loads(path.read_text())
    for cell in run["cells"].values():
        level = re.search(r"\.(?:m(?P<m>\d+)|snr(?P<snr>-?[\d.]+))$", cell["condition"])
        cell["severity"] = int(level["m"]) / 100 if level and level["m"] else None
        cell["snr_db"] = float(level["snr"]) if level and level["snr"] else None
        kind = "as_recorded" if cell["condition"] == "as_recorded" else "made"
        cell["identity"] = {"engine": "made", "condition": {"kind": kind}}
    for dataset, reason in (not_run or {}).items():
        run["not_run"][dataset] = reason
        run["suite_cells"].append(f"{run['suite_cells'][0].partition('/')[0]}/{dataset}/as_recorded")
    path.write_text(json.dumps(run))
    return score_run(folder)
