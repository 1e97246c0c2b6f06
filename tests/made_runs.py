"""Run directories with answers of one's choice, as if systems had given them."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asrdiag.report.write import write_reports
from asrdiag.scoring import score_cell
from asrdiag.store.folder import RunFolder


@dataclass(frozen=True)
class Said:
    """One utterance of a corpus."""

    sample_id: str
    reference: str
    speaker: str | None = None
    language: str = "en"
    subset: str = ""
    factors: Mapping[str, str | float] = field(default_factory=dict)


Answers = Mapping[str, str | None]
"""Hypotheses by sample id; `None` where the system failed. What is not there was not tried."""


def make_run(
    folder: Path,
    corpus: Sequence[Said],
    cells: Mapping[str, Answers],
    *,
    benchmark: str | None = None,
    aggregates: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write a run of one dataset, not scored yet; `cells` maps `system/dataset/condition` to answers.

    The condition `as_recorded` is one that leaves the audio as it is.
    """
    expected: dict[str, dict[str, int]] = {}
    for said in corpus:
        languages = expected.setdefault(said.subset, {})
        languages[said.language] = languages.get(said.language, 0) + 1
    entries = {}
    for key, answers in cells.items():
        system, dataset, condition = key.split("/")
        identity = {"condition": {"kind": "as_recorded" if condition == "as_recorded" else "made"}}
        place = folder / "cells" / key
        place.mkdir(parents=True)
        (place / "identity.json").write_text(json.dumps({"fingerprint": key, "identity": identity}))
        (place / "samples.jsonl").write_text(
            "".join(
                json.dumps(_record(said, position, answers[said.sample_id])) + "\n"
                for position, said in enumerate(corpus)
                if said.sample_id in answers
            )
        )
        entries[key] = {
            "fingerprint": key,
            "identity": identity,
            **{"system": system, "dataset": dataset, "condition": condition},
            **{"model_id": system, "model_revision": "1", "severity": None, "snr_db": None},
            "benchmark": benchmark,
            "aggregates": {name: list(parts) for name, parts in (aggregates or {}).items()},
            "n_expected": expected,
            "normalizers": {"en": "whisper-english@1", "zh": "basic@1"},
            "groups": {},
            "keywords": [],
        }
    run = {"schema": 1, "run_id": "made", "suite": "made", "sessions": [], "not_run": {}}
    (folder / "run.json").write_text(json.dumps(run | {"cells": entries, "suite_cells": list(entries)}))
    return folder


def join_runs(folder: Path, parts: Sequence[Path]) -> Path:
    """Put the cells of several runs, scored or not, into one."""
    run = json.loads((parts[0] / "run.json").read_text())
    for part in parts:
        shutil.copytree(part / "cells", folder / "cells", dirs_exist_ok=True)
        run["cells"] |= json.loads((part / "run.json").read_text())["cells"]
    (folder / "run.json").write_text(json.dumps(run | {"suite_cells": list(run["cells"])}))
    return folder


def score_run(folder: Path) -> Path:
    """Score every cell and write the reports, as `asrdiag score` does."""
    run = RunFolder(folder)
    for key, cell in run.read_run()["cells"].items():
        score_cell(run, key, cell)
    write_reports(run)
    return folder


def _record(said: Said, position: int, answer: str | None) -> dict[str, object]:
    error = {"stage": "transcribe", "type": "RuntimeError", "message": "made"} if answer is None else None
    return {
        "schema": 1,
        "sample_id": said.sample_id,
        "position": position,
        "subset": said.subset,
        "language": said.language,
        "speaker": said.speaker,
        "factors": said.factors,
        "audio": {"duration_s": 1.0, "sample_rate_hz": 16000},
        "source": {},
        "reference_raw": said.reference,
        "hypothesis_raw": answer,
        "error": error,
        "timing": {"load_s": 0.0, "degrade_s": 0.0, "transcribe_s": 0.1},
    }
