"""How much harm an effect does to a system, by its level: the rows of `calibration.csv`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..metrics import ERROR_RATES, Interval, bootstrap_interval, paired_bootstrap
from ..metrics.statistics.resampling import resampled_sums, unit_sums
from ..store.folder import RunFolder
from .calibration_columns import CALIBRATION_COLUMNS, CAPPED, HALLUCINATION, OMISSION, RAW, THRESHOLDS_PCT
from .crossings import HARDER, crossing_between
from .curves import Curve, Selection, choose, gather
from .rows import to_csv
from .speaker_blocks import speaker_blocks

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Calibration:
    """A row for each level of each effect, and what could not be used and why."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def calibrate_run(folder: RunFolder, selection: Selection) -> Calibration:
    """Error rates against severity, or whatever level a run's suite varies, with their crossings.

    Every curve is over the clips that the system answered at all of its levels. Speakers are the independent
    units where all are known and there are several, else utterances are; the same resamples serve all levels.

    Raises:
        UsageError: this is not a run directory, a name is unknown, nothing is scored, or no condition has
            levels.
        AsrdiagError: scores are damaged.
    """
    run = folder.read_run()
    chosen = choose(folder, run, selection)
    curves = gather(folder, run, chosen)
    if not curves.found:
        found = "; ".join(curves.notes) or ", ".join(dict.fromkeys(key.condition for key in chosen.scored))
        raise UsageError(
            f"{folder.path}: found no scored condition with a severity or an SNR, expected several of one "
            f"effect, as in the suite severity; what there is: {found}"
        )
    rows = [{"run_id": run["run_id"], **row} for curve in curves.found for row in _rows(curve)]
    return Calibration(tuple(rows), tuple(dict.fromkeys(curves.notes)))


def calibration_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV; a crossing outside the range is `easier` or `harder`."""
    names = [name for name in CALIBRATION_COLUMNS if name.startswith("crossing_")]
    return to_csv(
        [{**row, **{name: _place(row[name]) for name in names}} for row in rows], tuple(CALIBRATION_COLUMNS)
    )


def _place(level: float | None) -> float | str | None:
    if level is None or math.isfinite(level):
        return level
    return "harder" if level == HARDER else "easier"


def _rows(curve: Curve) -> Iterator[dict[str, Any]]:
    sweep, blocks = curve.sweep, speaker_blocks(curve.speakers)
    references = [counts.reference_tokens for counts in curve.counts[0]]
    capped = [[min(counts.errors, counts.reference_tokens) for counts in level] for level in curve.counts]
    of_the_curve = _crossings(curve, capped, references, blocks) | _rise(capped, references, blocks)
    varied = [
        name
        for name in curve.levels[0].parameters
        if len({repr(level.parameters.get(name)) for level in curve.levels}) > 1
    ]
    for level, counts, least in zip(curve.levels, curve.counts, capped, strict=True):
        errors = [each.errors for each in counts]
        omitted = [each.omitted for each in counts]
        fabricated = [each.fabricated for each in counts]
        written = [each.hypothesis_tokens for each in counts]
        yield {
            "system": sweep.system,
            "dataset": sweep.dataset,
            "effect": sweep.effect,
            "condition": level.condition,
            "parameter": sweep.parameter,
            "level": level.value,
            "varied": sweep.varied.parameter if sweep.varied else None,
            "value": level.varied,
            "rest": sweep.varied.rest if sweep.varied else None,
            "parameters": " ".join(f"{name}={_value(level.parameters[name])}" for name in varied),
            "language": "+".join(curve.languages),
            "metric": ERROR_RATES[curve.unit],
            "normalizer": "+".join(curve.normalizers),
            "n_clips": len(counts),
            "n_left_out": curve.n_left_out,
            "unit": "speaker" if blocks else "utterance",
            "n_units": len(set(blocks)) if blocks else len(counts),
            "ref_tokens": sum(references),
            **_rate(CAPPED, least, references, blocks, most=1),
            **_rate(RAW, errors, references, blocks),
            **_rate(OMISSION, omitted, references, blocks, most=1),
            **_rate(HALLUCINATION, fabricated, written, blocks, most=1),
            **of_the_curve,
        }


def _rate(
    columns: tuple[str, str],
    found: Sequence[int],
    out_of: Sequence[int],
    blocks: Sequence[str] | None,
    most: float = math.inf,
) -> dict[str, float | None]:
    """A pooled rate and its interval, which the t method can put beyond what the rate can be."""
    name, ends = columns
    total = sum(out_of)
    interval: Interval | None = bootstrap_interval(found, out_of, blocks=blocks, resamples=RESAMPLES)
    return {
        name: 100 * sum(found) / total if total else None,
        ends.format("low"): 100 * interval.low if interval else None,
        ends.format("high"): 100 * min(interval.high, most) if interval else None,
    }


def _crossings(
    curve: Curve, capped: Sequence[Sequence[int]], references: Sequence[int], blocks: Sequence[str] | None
) -> dict[str, float | None]:
    total = sum(references)
    rates = [sum(level) / total for level in capped] if total else []
    levels = [level.value for level in curve.levels]
    resampled = _resampled_rates(capped, references, blocks)
    found: dict[str, float | None] = {}
    for threshold in THRESHOLDS_PCT:
        crossing = crossing_between(levels, rates, resampled, threshold / 100) if rates else None
        name = f"crossing_{threshold}"
        found |= {
            name: crossing.level if crossing else None,
            f"{name}_low": crossing.low if crossing else None,
            f"{name}_high": crossing.high if crossing else None,
        }
    return found | {
        name.replace("crossing", "crossing_value"): _varied_at(place, curve) for name, place in found.items()
    }


def _varied_at(place: float | None, curve: Curve) -> float | None:
    """The varied parameter's value at a place on its curve, or that it is outside the levels."""
    if curve.sweep.varied is None:
        return None
    if place is None or not math.isfinite(place):
        return place
    values = np.array([level.varied for level in curve.levels], np.float64)
    return float(np.interp(place, [level.value for level in curve.levels], values))


def _rise(
    capped: Sequence[Sequence[int]], references: Sequence[int], blocks: Sequence[str] | None
) -> dict[str, float | None]:
    """By how much the rate is higher at the hardest level than at the easiest, on the same clips."""
    found: dict[str, float | None] = {"rise_pct": None, "rise_low_pct": None, "rise_high_pct": None}
    if len(capped) > 1:
        [rise] = paired_bootstrap(
            [capped[-1], capped[0]], references, blocks=blocks, resamples=RESAMPLES
        ).differences
        ends_pct = (100 * rise.interval.low, 100 * rise.interval.high) if rise.interval else (None, None)
        values = (None if rise.absolute is None else 100 * rise.absolute, *ends_pct)
        found = dict(zip(found, values, strict=True))
    return found


def _resampled_rates(
    capped: Sequence[Sequence[int]], references: Sequence[int], blocks: Sequence[str] | None
) -> NDArray[np.float64]:
    """The curve of each resample, shape [n_resamples, n_levels]; no rows for fewer than two units."""
    values = np.array([*capped, references], dtype=np.int64).T
    units = unit_sums(values, blocks)
    if len(units) < 2:
        return np.empty((0, len(capped)))
    sums = resampled_sums(units, RESAMPLES, seed=0)
    sums = sums[sums[:, -1] > 0]
    rates: NDArray[np.float64] = sums[:, :-1] / sums[:, -1:]
    return rates


def _value(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
