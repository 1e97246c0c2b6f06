"""Systems of a run compared pair by pair: the rows of `comparisons.csv`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..metrics import ERROR_RATES, Interval, holm
from ..metrics.statistics import PairResult, compare_letters
from ..store.folder import RunFolder
from .answers import Answers, gather
from .comparison_cells import Key, Selection, choose, clusters
from .comparison_columns import COMPARISON_COLUMNS
from .comparison_meaning import meaning_columns
from .numbers import percent
from .rows import to_csv
from .speaker_blocks import speaker_blocks


@dataclass(frozen=True, slots=True)
class Comparisons:
    """The rows, one for each group and pair of systems, and what could not be compared and why."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def compare_run(
    folder: RunFolder, selection: Selection, *, level: float = 0.95, resamples: int = 10_000
) -> Comparisons:
    """Compare the systems of a run on the clips that all of them answered.

    Answers are paired by clip within dataset and condition. Speakers are the independent units where the
    selection allows it, all are known and there are several; else utterances are, with all their conditions.

    Raises:
        UsageError: this is not a run directory, a name is unknown, or there are no two systems with scores.
    """
    run = folder.read_run()
    scored = [Key(*summary["cell"].split("/")) for summary in folder.summaries()]
    chosen = choose([Key(*key.split("/")) for key in run["suite_cells"]], scored, selection, folder)
    systems = selection.systems or list(dict.fromkeys(key.system for key in chosen))
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for dataset, conditions in clusters(chosen, selection.by):
        gathering = gather(folder, dataset, systems, conditions, selection.by)
        compared = _compared(gathering.found, selection, level, resamples)
        rows += ({"run_id": run["run_id"], **row} for row in compared.rows)
        notes += [*gathering.notes, *compared.notes]
    _correct_for_all(rows, level)
    return Comparisons(tuple(rows), tuple(dict.fromkeys(notes)))


def compare_answers(
    found: Sequence[Answers], by: str, *, level: float = 0.95, resamples: int = 10_000
) -> Comparisons:
    """Compare systems on answers that are side by side already: the rows of `compare_run`, less `run_id`.

    Args:
        found: answers of one dataset, a group each.
        by: what the groups are.
        level: of the intervals.
        resamples: of the bootstrap.
    """
    compared = _compared(found, Selection(by=by), level, resamples)
    _correct_for_all(compared.rows, level)
    return compared


def _compared(found: Sequence[Answers], selection: Selection, level: float, resamples: int) -> Comparisons:
    """The rows, not corrected yet for how many there are."""
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for answers in found:
        if answers.sample_ids:
            rows += _rows(answers, selection, level, resamples)
        else:
            missing = ", ".join(f"{name} {count}" for name, count in answers.unanswered.items())
            where = f"{answers.dataset}/{answers.group}".rstrip("/")
            notes.append(f"{where}: no clip was answered by all; without an answer: {missing}")
    return Comparisons(tuple(rows), tuple(notes))


def _rows(answers: Answers, selection: Selection, level: float, resamples: int) -> Iterator[dict[str, Any]]:
    speakers = speaker_blocks(answers.speakers) if selection.unit == "speaker" else None
    repeated = len(set(answers.sample_ids)) < len(answers.sample_ids)
    found = compare_letters(
        answers.letters,
        unit=answers.unit,
        blocks=speakers or (answers.sample_ids if repeated else None),
        level=level,
        resamples=resamples,
    )
    common = {
        "dataset": answers.dataset,
        "by": selection.by,
        "group": answers.group,
        "conditions": "+".join(answers.conditions),
        "language": "+".join(sorted(answers.languages)),
        "metric": ERROR_RATES[answers.unit],
        "normalizer": "+".join(sorted(answers.normalizers)),
        "n_compared": found.n_compared,
        "n_left_out": answers.n_left_out,
        "ref_tokens": found.reference_tokens,
        "level": level,
        "method": found.method,
        "resamples": resamples if found.method == "bootstrap" else None,
        "unit": "speaker" if speakers else "utterance",
        "n_units": found.units,
        "n_effective_units": found.effective_units,
        "n_speakers": len({name for name in answers.speakers if name is not None}),
    }
    systems = {system.name: system for system in found.systems}
    for pair in found.pairs:
        sides: dict[str, Any] = {}
        for side, name in (("a", pair.first), ("b", pair.second)):
            system = systems[name]
            sides |= {
                f"system_{side}": name,
                f"n_unanswered_{side}": answers.unanswered[name],
                f"errors_{side}": system.errors,
                f"error_rate_{side}_pct": percent(system.error_rate),
                **_ends(f"ci_{{}}_{side}_pct", system.interval),
            }
        meant = meaning_columns(
            answers.meanings[pair.first],
            answers.meanings[pair.second],
            speakers or answers.sample_ids,
            level,
        )
        yield common | sides | _pair(pair) | meant


def _pair(pair: PairResult) -> dict[str, Any]:
    return {
        "difference_pct": percent(pair.difference),
        **_ends("difference_{}_pct", pair.interval),
        "relative_pct": percent(pair.relative),
        **_ends("relative_{}_pct", pair.relative_interval),
        "probability_b_better": pair.probability_second_better,
        "p_value": pair.p_value,
        "mapsswe_segments": pair.mapsswe.segments,
        "mapsswe_mean": pair.mapsswe.mean,
        "mapsswe_sd": pair.mapsswe.sd,
        "mapsswe_z": pair.mapsswe.z,
        "mapsswe_p_value": pair.mapsswe.p_value,
        "mcnemar_only_a_wrong": pair.mcnemar.only_first_wrong,
        "mcnemar_only_b_wrong": pair.mcnemar.only_second_wrong,
        "mcnemar_p_value": pair.mcnemar.p_value,
        "a_fewer_errors": pair.first_better,
        "b_fewer_errors": pair.second_better,
        "same_errors": pair.ties,
        "cohens_d": pair.cohens_d,
    }


def _correct_for_all(rows: Sequence[dict[str, Any]], level: float) -> None:
    """Correct the p values of what is read as one table: a dataset's rows under one metric."""
    families: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault((row["dataset"], row["metric"]), []).append(row)
    for family in families.values():
        for row, p_holm in zip(family, holm([row["p_value"] for row in family]), strict=True):
            row["p_holm"] = p_holm
            beyond_chance = p_holm is not None and p_holm < 1 - level
            row["better"] = (
                row["system_b" if row["difference_pct"] > 0 else "system_a"] if beyond_chance else ""
            )


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = (interval.low, interval.high) if interval else (None, None)
    return {name.format("low"): percent(low), name.format("high"): percent(high)}


def comparisons_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV; p values have three significant digits."""
    small = [name for name in COMPARISON_COLUMNS if name.endswith("p_value") or name == "p_holm"]
    shown = [{**row, **{name: f"{row[name]:.3g}" for name in small if row[name] is not None}} for row in rows]
    return to_csv(shown, tuple(COMPARISON_COLUMNS))
