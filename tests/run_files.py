"""Reading run directories as a user of the files would, without asrdiag."""

import csv
import json
from pathlib import Path
from typing import Any


def records(run: Path, cell: str) -> list[dict[str, Any]]:
    """The sample records of a cell, as they stand in the file; every line must be whole."""
    text = (run / "cells" / cell / "samples.jsonl").read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def leaderboard(run: Path) -> list[dict[str, str]]:
    """The rows of a run's `leaderboard.csv`."""
    with (run / "leaderboard.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def heard(run: Path, cell: str) -> dict[str, tuple[str, str]]:
    """For each sample of a cell, the hash of the audio that the system was given and what it answered."""
    return {
        record["sample_id"]: (record["audio"]["sha256"], record["hypothesis_raw"])
        for record in records(run, cell)
    }
