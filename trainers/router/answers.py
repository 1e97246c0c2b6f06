"""What the base system and the adapted one answered to the same clips, and what the router makes of these."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asrdiag.audio import read_audio
from asrdiag.errors import AsrdiagError, SampleError, UsageError
from asrdiag.metrics import Unit
from asrdiag.report.score_rows import score_rows
from asrdiag.report.speaker_blocks import speaker_blocks
from asrdiag.routing.config import SAMPLE_RATE_HZ
from asrdiag.routing.router import Router
from asrdiag.scoring import latest_records
from asrdiag.store.folder import RunFolder

from .measures import Floats
from .recipe import Sweep


@dataclass(frozen=True, slots=True)
class Answered:
    """Clips that both systems answered; arrays of shape [n_clips]."""

    dataset: str
    condition: str
    unit: Unit
    p_degraded: Floats
    """0 for silence, which no router is asked about."""
    base_errors: Floats
    adapted_errors: Floats
    tokens: Floats
    blocks: tuple[str, ...]
    """What clips belong together for intervals: the speaker where all are known, else the clip itself."""
    n_unanswered: int
    """Clips that one of the systems did not answer."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A cell in one of the runs."""

    folder: RunFolder
    key: str

    def __str__(self) -> str:
        return f"{self.folder.path}: {self.key}"

    def records(self) -> Mapping[str, Mapping[str, Any]]:
        return latest_records(self.folder, self.key)


def answered(
    sweep: Sweep, router: Router | None, advance: Callable[[int], None] = lambda _: None
) -> list[Answered]:
    """The clips of every dataset and condition that both systems have scores of.

    Args:
        sweep: which runs and systems. What is not in the run of the base system is looked for in the others.
        router: hears the clips where no routed system has recorded its p; not needed otherwise.
        advance: told how many more clips were gone through.

    Raises:
        UsageError: no runs have cells of both systems, these heard other audio, or the audio of a clip is not
            there to be heard.
        AsrdiagError: samples or scores are damaged.
    """
    cells = _cells(sweep)
    found: list[Answered] = []
    counted: set[tuple[str, str, str | None]] = set()
    for (system, rest), places in cells.items():
        for base in places if system == sweep.base else ():
            if (adapted := _beside(base, sweep.adapted, cells)) is None:
                continue
            # The same clip in a further run would make the intervals too narrow.
            heard = {
                clip: record
                for clip, record in base.records().items()
                if (rest, clip, record["audio"].get("sha256")) not in counted
            }
            counted |= {(rest, clip, record["audio"].get("sha256")) for clip, record in heard.items()}
            _require_same_audio(base, heard, adapted)
            if sweep.routed is None:
                assert router is not None
                p = _heard(base, heard, router, advance)
            elif (routed := _beside(base, sweep.routed, cells)) is None:
                raise UsageError(f"sweep: found no scores of {sweep.routed!r} beside {base}")
            else:
                _require_same_audio(base, heard, routed)
                p = _said(routed)
                advance(len(p))
            found += _of_cell(base, adapted, p, heard)
    if not found:
        runs = ", ".join(map(str, sweep.runs))
        known = ", ".join(sorted({system for system, _ in cells})) or "none"
        raise UsageError(
            f"sweep: found no dataset that both {sweep.base!r} and {sweep.adapted!r} have scores of; "
            f"systems with scores in {runs}: {known}"
        )
    return found


def n_answers(sweep: Sweep) -> int:
    """How many answers the base system has in these runs: how much there is to go through."""
    n = 0
    for path in sweep.runs:
        folder = RunFolder(path)
        for key, cell in folder.read_run()["cells"].items():
            if cell["system"] == sweep.base and (summary := folder.read_summary(key)) is not None:
                n += sum(row["n_scored"] for row in summary["rows"] if not row["aggregate"])
    return n


def _cells(sweep: Sweep) -> dict[tuple[str, str], list[_Place]]:
    """Where cells with scores are, by system and `dataset/condition`."""
    found: dict[tuple[str, str], list[_Place]] = {}
    for path in sweep.runs:
        folder = RunFolder(path)
        for key in folder.read_run()["cells"]:
            if folder.scores(key).is_file():
                system, _, rest = key.partition("/")
                found.setdefault((system, rest), []).append(_Place(folder, key))
    return found


def _beside(base: _Place, system: str, cells: Mapping[tuple[str, str], Sequence[_Place]]) -> _Place | None:
    """The same cell of another system: in the same run, else in one of the others."""
    places = cells.get((system, base.key.partition("/")[2]), ())
    own = (place for place in places if place.folder.path == base.folder.path)
    return next(own, places[0] if places else None)


def _require_same_audio(base: _Place, heard: Mapping[str, Mapping[str, Any]], other: _Place) -> None:
    for sample_id, record in other.records().items():
        first, second = (
            each["audio"].get("sha256") for each in (heard.get(sample_id, {"audio": {}}), record)
        )
        if first and second and first != second:
            raise UsageError(
                f"sweep: {base} and {other} heard other audio of {sample_id!r} (another seed or dataset?); "
                "expected answers to the same"
            )


def _of_cell(
    base: _Place, adapted: _Place, p_by_clip: Mapping[str, float], heard: Collection[str]
) -> Iterator[Answered]:
    theirs = {row["sample_id"]: row for row in score_rows(adapted.folder, adapted.key)}
    by_unit: dict[Unit, list[tuple[tuple[float, int, int, int], str | None, str]]] = {}
    lost: dict[Unit, int] = {}
    for row in score_rows(base.folder, base.key):
        if row["sample_id"] not in heard:
            continue
        counts, other = row["counts"], theirs.get(row["sample_id"])
        p = p_by_clip.get(row["sample_id"])
        unit = row["unit"]
        if counts is None or other is None or other["counts"] is None or p is None:
            lost[unit] = lost.get(unit, 0) + 1
            continue
        tokens = counts.reference_tokens
        if other["normalizer"] != row["normalizer"] or other["counts"].reference_tokens != tokens:
            raise AsrdiagError(
                f"{row['sample_id']!r} was scored otherwise in {base} and in {adapted}; `asrdiag score` makes"
                " the scores anew"
            )
        numbers = (p, counts.errors, other["counts"].errors, tokens)
        by_unit.setdefault(unit, []).append((numbers, row["speaker"], row["sample_id"]))
    _, dataset, condition = base.key.split("/")
    for unit, values in by_unit.items():
        columns = np.array([numbers for numbers, _, _ in values], dtype=np.float64)
        blocks = speaker_blocks([speaker for _, speaker, _ in values]) or [clip for _, _, clip in values]
        yield Answered(
            dataset,
            condition,
            unit,
            p_degraded=columns[:, 0],
            base_errors=columns[:, 1],
            adapted_errors=columns[:, 2],
            tokens=columns[:, 3],
            blocks=tuple(f"{dataset}/{block}" for block in blocks),
            n_unanswered=lost.get(unit, 0),
        )


def _said(routed: _Place) -> dict[str, float]:
    """The p(degraded) that a routed system has on record for the clips of a cell."""
    found = {}
    for sample_id, record in routed.records().items():
        if record["hypothesis_raw"] is not None:
            details = record.get("details", {})
            p = 0.0 if details.get("gated") else details.get("p_degraded")
            if p is None:
                raise UsageError(
                    f"{routed}: {sample_id!r} has no p_degraded; expected the records of a system with a"
                    " router"
                )
            found[sample_id] = float(p)
    return found


def _heard(
    base: _Place, records: Mapping[str, Mapping[str, Any]], router: Router, advance: Callable[[int], None]
) -> dict[str, float]:
    """What a router makes of the clips of a cell that the base system answered."""
    found = {}
    for sample_id, record in records.items():
        if record["hypothesis_raw"] is not None:
            gated = record.get("details", {}).get("gated")
            try:
                found[sample_id] = 0.0 if gated else router.p_degraded([_audio(base, record)])[0]
            except SampleError as error:
                raise UsageError(f"{base}: {sample_id}: {error}") from error
        advance(1)
    return found


def _audio(base: _Place, record: Mapping[str, Any]) -> Any:
    if kept := record["audio"].get("kept"):
        return read_audio(base.folder.path / kept, SAMPLE_RATE_HZ)
    if base.folder.read_run()["cells"][base.key]["identity"]["condition"].get("kind") != "as_recorded":
        raise UsageError(
            f"the degraded audio of {base}, clip {record['sample_id']!r}, was not kept; run with "
            "`report.save_audio: all`, or name a system with the router as `sweep.routed`"
        )
    source = record["source"]
    return read_audio(
        Path(source["path"]),
        SAMPLE_RATE_HZ,
        **{name: source[name] for name in ("offset_s", "duration_s", "row", "column") if name in source},
    )
