"""What routing at each threshold makes of the error rate, from answers that are there already.

The base system and the adapted one have answered the same clips. At a threshold the routed system's answer
to a clip is the adapted one's where p(degraded) reaches it, else the base's; so every threshold's error rate
follows from counting, as do those of never and of always adapting, and of an oracle that takes the better
answer each time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asrdiag.audio import read_audio
from asrdiag.errors import AsrdiagError, SampleError, UsageError
from asrdiag.metrics import ERROR_RATES, Unit, paired_bootstrap
from asrdiag.report.numbers import percent
from asrdiag.report.score_rows import score_rows
from asrdiag.report.speaker_blocks import speaker_blocks
from asrdiag.routing.config import SAMPLE_RATE_HZ
from asrdiag.routing.router import Router
from asrdiag.scoring import latest_records
from asrdiag.store.folder import RunFolder

from .measures import Flags, Floats
from .recipe import Sweep

NEVER, ALWAYS, ORACLE, AT = "never", "always", "oracle", "threshold"
ALL = "all"
COLUMNS = (
    "dataset",
    "condition",
    "metric",
    "policy",
    "threshold",
    "n",
    "n_adapted",
    "adapted_share_pct",
    "errors",
    "ref_tokens",
    "error_rate_pct",
    "ci_low_pct",
    "ci_high_pct",
    "change_pct",
    "change_low_pct",
    "change_high_pct",
)
"""Of `sweep.csv`. The change is against `never`, in percentage points, its interval over the same clips."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Clips that both systems answered; arrays of shape [n_clips]."""

    dataset: str
    condition: str
    unit: Unit
    p_degraded: Floats
    base_errors: Floats
    adapted_errors: Floats
    tokens: Floats
    blocks: tuple[str, ...]
    """What clips belong together for intervals: the speaker where all are known, else the clip itself."""
    n_unanswered: int
    """Clips that one of the two did not answer, or that the router has no p for."""


def answered(
    sweep: Sweep, router: Router | None, advance: Callable[[int], None] = lambda _: None
) -> list[Answered]:
    """The clips of every cell that both systems have.

    Args:
        sweep: which runs and systems.
        router: hears the clips where no routed system has recorded its p; not needed otherwise.
        advance: told how many more clips were gone through.

    Raises:
        UsageError: no run has cells of both systems, or the audio of a clip is not there to be heard.
        AsrdiagError: samples or scores are damaged.
    """

    def hear(folder: RunFolder, base: str) -> dict[str, float]:
        if sweep.routed is not None:
            return _said(folder, base, sweep.routed)
        assert router is not None
        return _heard(folder, base, router, advance)

    found: list[Answered] = []
    systems: set[str] = set()
    for path in sweep.runs:
        folder = RunFolder(path)
        run = folder.read_run()
        cells = {key: cell for key, cell in run["cells"].items() if folder.scores(key).is_file()}
        systems |= {cell["system"] for cell in cells.values()}
        for key, cell in cells.items():
            if cell["system"] != sweep.base:
                continue
            rest = key.partition("/")[2]
            other = f"{sweep.adapted}/{rest}"
            if other in cells:
                found += _of_cell(folder, key, other, hear)
    if not found:
        runs, known = ", ".join(map(str, sweep.runs)), ", ".join(sorted(systems)) or "none"
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


def rows(cells: Sequence[Answered], thresholds: Sequence[float], own: float) -> Iterator[dict[str, Any]]:
    """The rows of `sweep.csv`: for each cell, and over all of them where there are several.

    Args:
        cells: words and characters are never added up: there is one total for each.
        thresholds: to try.
        own: the router's own threshold, which is among them if it is not already.
    """
    for cell in cells:
        yield from _policies(cell, thresholds, own)
    for unit in dict.fromkeys(cell.unit for cell in cells):
        members = [cell for cell in cells if cell.unit == unit]
        if len(members) > 1:
            yield from _policies(_together(members), thresholds, own)


def best_threshold(cells: Sequence[Answered], thresholds: Sequence[float]) -> float:
    """The threshold with the fewest errors over all clips; of several that do as well, their middle one."""
    errors = [
        sum(
            float(np.where(cell.p_degraded >= at, cell.adapted_errors, cell.base_errors).sum())
            for cell in cells
        )
        for at in sorted(thresholds)
    ]
    places = [place for place, value in enumerate(errors) if value == min(errors)]
    return sorted(thresholds)[places[len(places) // 2]]


def _of_cell(
    folder: RunFolder, base: str, adapted: str, hear: Callable[[RunFolder, str], dict[str, float]]
) -> Iterator[Answered]:
    p_by_clip = hear(folder, base)
    theirs = {row["sample_id"]: row for row in score_rows(folder, adapted)}
    by_unit: dict[Unit, list[tuple[tuple[float, int, int, int], str | None, str]]] = {}
    lost: dict[Unit, int] = {}
    for row in score_rows(folder, base):
        counts, other = row["counts"], theirs.get(row["sample_id"])
        p = p_by_clip.get(row["sample_id"])
        unit = row["unit"]
        if counts is None or other is None or other["counts"] is None or p is None:
            lost[unit] = lost.get(unit, 0) + 1
            continue
        tokens = counts.reference_tokens
        if other["normalizer"] != row["normalizer"] or other["counts"].reference_tokens != tokens:
            raise AsrdiagError(
                f"{folder.path}: {row['sample_id']!r} was scored otherwise in {base} and in {adapted}; "
                "`asrdiag score` makes the scores anew"
            )
        numbers = (p, counts.errors, other["counts"].errors, tokens)
        by_unit.setdefault(unit, []).append((numbers, row["speaker"], row["sample_id"]))
    _, dataset, condition = base.split("/")
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


def _said(folder: RunFolder, base: str, routed: str) -> dict[str, float]:
    """The p(degraded) that a routed system has on record for the clips of a cell."""
    key = f"{routed}/{base.partition('/')[2]}"
    if not folder.samples(key).is_file():
        raise UsageError(f"{folder.path}: found no samples of {key}, expected those of the routed system")
    records = latest_records(folder, key).values()
    said = {record["sample_id"]: record.get("details", {}).get("p_degraded") for record in records}
    return {sample_id: float(p) for sample_id, p in said.items() if p is not None}


def _heard(folder: RunFolder, base: str, router: Router, advance: Callable[[int], None]) -> dict[str, float]:
    """What a router makes of the clips of a cell that the base system answered."""
    found = {}
    for sample_id, record in latest_records(folder, base).items():
        if record["hypothesis_raw"] is not None:
            try:
                found[sample_id] = router.p_degraded([_audio(folder, base, record)])[0]
            except SampleError as error:
                raise UsageError(f"{folder.path}: {base}: {sample_id}: {error}") from error
        advance(1)
    return found


def _audio(folder: RunFolder, key: str, record: Mapping[str, Any]) -> Any:
    if kept := record["audio"].get("kept"):
        return read_audio(folder.path / kept, SAMPLE_RATE_HZ)
    if folder.read_run()["cells"][key]["identity"]["condition"].get("kind") != "as_recorded":
        raise UsageError(
            f"{folder.path}: the degraded audio of {key}, clip {record['sample_id']!r}, was not kept; run "
            "with `report.save_audio: all`, or name a system with the router as `sweep.routed`"
        )
    source = record["source"]
    return read_audio(
        Path(source["path"]),
        SAMPLE_RATE_HZ,
        **{name: source[name] for name in ("offset_s", "duration_s", "row", "column") if name in source},
    )


def _together(cells: Sequence[Answered]) -> Answered:
    def joined(name: str) -> Floats:
        return np.concatenate([getattr(cell, name) for cell in cells])

    return Answered(
        ALL,
        ALL,
        cells[0].unit,
        joined("p_degraded"),
        joined("base_errors"),
        joined("adapted_errors"),
        joined("tokens"),
        tuple(block for cell in cells for block in cell.blocks),
        sum(cell.n_unanswered for cell in cells),
    )


def _policies(cell: Answered, thresholds: Sequence[float], own: float) -> Iterator[dict[str, Any]]:
    never = np.zeros(len(cell.tokens), dtype=np.bool_)
    yield _row(cell, NEVER, None, never)
    yield _row(cell, ALWAYS, None, ~never)
    # Where both make as many errors the base's answer is taken.
    yield _row(cell, ORACLE, None, cell.adapted_errors < cell.base_errors)
    for threshold in sorted({*thresholds, own}):
        yield _row(cell, AT, threshold, cell.p_degraded >= threshold)


def _row(cell: Answered, policy: str, threshold: float | None, adapted: Flags) -> dict[str, Any]:
    errors = np.where(adapted, cell.adapted_errors, cell.base_errors)
    found = paired_bootstrap(
        np.stack([errors, cell.base_errors]).astype(np.int64),
        cell.tokens.astype(np.int64),
        blocks=cell.blocks,
        resamples=1000,
    )
    rate, interval, change = found.rates[0], found.intervals[0], found.differences[0]
    n, n_adapted = len(errors), int(adapted.sum())
    return {
        "dataset": cell.dataset,
        "condition": cell.condition,
        "metric": ERROR_RATES[cell.unit],
        "policy": policy,
        "threshold": threshold,
        "n": n,
        "n_adapted": n_adapted,
        "adapted_share_pct": 100 * n_adapted / n,
        "errors": int(errors.sum()),
        "ref_tokens": int(cell.tokens.sum()),
        "error_rate_pct": percent(rate),
        "ci_low_pct": percent(interval.low if interval else None),
        "ci_high_pct": percent(interval.high if interval else None),
        "change_pct": percent(change.absolute),
        "change_low_pct": percent(change.interval.low if change.interval else None),
        "change_high_pct": percent(change.interval.high if change.interval else None),
    }
