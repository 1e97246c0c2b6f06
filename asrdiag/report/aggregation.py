"""From subsets to a dataset's averages, and from datasets to one: rows that add up, and rows that average.

A `pooled` row adds the counts of subsets up (micro average): long subsets weigh more. A `macro` row is the
mean of the subsets' error rates: each weighs the same, which is how benchmarks are published. A
`macro-datasets` row is the mean of datasets' macro rows. Rates of words and of characters never mix.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..metrics import ERROR_RATES, UNITS, MacroRate, Unit, macro_rate, mean_rate
from .judged import mean_judged
from .numbers import percent
from .similarity import macro_similarity, mean_similarity
from .speaker_blocks import joint_blocks
from .tally import Tally

MACRO, MACRO_DATASETS, POOLED = "macro", "macro-datasets", "pooled"

PUBLISHED_MEAN = frozenset({"chime4", "noizeus", "voices"})
"""The benchmarks whose mean is published as the overall average."""

_SUMMED = ("n_expected", "n_scored", "n_failed", "n_empty_ref")
_OF_SYSTEM = ("run", "run_id", "system", "model_id", "model_revision", "condition", "severity", "snr_db")


def summary_rows(
    tallies: Mapping[tuple[str, str], Tally], aggregates: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """A row for each subset and language, then for each unit the averages over subsets.

    Args:
        tallies: by subset and language.
        aggregates: further averages by name, and the subsets of each. One that names a subset that the
            dataset does not have is left out, for it would be the average of something else.

    Returns:
        Where there are several, a pooled row over all; where there are several subsets, a macro row over all,
        and a pooled and a macro row for each aggregate of several.
    """
    rows = [
        {"subset": subset, "aggregate": "", "language": language, **tally.row()}
        for (subset, language), tally in tallies.items()
    ]
    subsets = {subset for subset, _ in tallies}
    named = {name: parts for name, parts in aggregates.items() if subsets.issuperset(parts)}
    for unit in UNITS:
        here = {where: tally for where, tally in tallies.items() if tally.unit == unit}
        if len(here) > 1:
            rows.append(_pooled(unit, "", here))
        rows += _macro(unit, "", here)
        for name, parts in named.items():
            inside = {where: tally for where, tally in here.items() if where[0] in parts}
            if macro := _macro(unit, name, inside):
                rows += [_pooled(unit, name, inside), *macro]
    return rows


def _pooled(unit: Unit, name: str, tallies: Mapping[tuple[str, str], Tally]) -> dict[str, Any]:
    total = sum(tallies.values(), Tally(unit))
    return {"subset": name, "aggregate": POOLED, "language": _languages(tallies), **total.row()}


def _macro(unit: Unit, name: str, tallies: Mapping[tuple[str, str], Tally]) -> list[dict[str, Any]]:
    """The macro row over the subsets of `tallies`; none where there are no two of them."""
    parts: dict[str, Tally] = {}
    for (subset, _), tally in tallies.items():
        parts[subset] = parts.get(subset, Tally(unit)) + tally
    if len(parts) < 2:
        return []
    total = sum(parts.values(), Tally(unit))
    row = {
        "subset": name,
        "aggregate": MACRO,
        "members": list(parts),
        "n_members": len(parts),
        "language": _languages(tallies),
        "metric": ERROR_RATES[unit],
        "normalizer": "+".join(total.normalizers),
        "n_expected": total.n_expected,
        "n_scored": len(total.counts),
        "n_failed": total.n_failed,
        "n_empty_ref": total.n_empty_reference,
        "complete": len(total.counts) == total.n_expected,
    }
    if not all(tally.counts for tally in parts.values()):
        return [row]
    found = macro_rate(
        [counts.errors for counts in total.counts],
        [counts.reference_tokens for counts in total.counts],
        [subset for subset, tally in parts.items() for _ in tally.counts],
        blocks=joint_blocks([tally.speakers for tally in parts.values()]),
    )
    similar = macro_similarity([tally.similarities for tally in parts.values()])
    return [row | (_rate_columns(found) if found else {}) | similar]


def _languages(tallies: Iterable[tuple[str, str]]) -> str:
    return "+".join(sorted({language for _, language in tallies}))


def _rate_columns(found: MacroRate) -> dict[str, Any]:
    return {
        "error_rate_pct": percent(found.rate),
        "ci_low_pct": percent(found.interval.low if found.interval else None),
        "ci_high_pct": percent(found.interval.high if found.interval else None),
        "standard_error_pct": percent(found.standard_error),
        "degrees_of_freedom": found.degrees_of_freedom,
        "n_units": found.units,
    }


def mean_over_datasets(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The mean of the macro rows of several datasets, for each system, condition and metric.

    Only datasets that are complete count, and the row's `dataset` names them: means over other datasets are
    other numbers. Where all benchmarks of the published overall average are among them and there are more,
    there is a row for just these, too.
    """
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    whole = [row for row in rows if row["aggregate"] == MACRO and not row["subset"] and row["complete"]]
    for row in whole:
        if row.get("error_rate_pct") is not None:
            found.setdefault(tuple(row.get(name) for name in (*_OF_SYSTEM, "metric")), []).append(row)
    for members in found.values():
        if len(members) > 1:
            yield _mean(members)
        published = [row for row in members if row.get("benchmark") in PUBLISHED_MEAN]
        each_once = Counter(row["benchmark"] for row in published) == Counter(PUBLISHED_MEAN)
        if each_once and len(published) < len(members):
            yield _mean(published)


def _mean(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rates = [
        MacroRate(
            row["error_rate_pct"],
            None,
            row["standard_error_pct"],
            row["degrees_of_freedom"],
            row["n_units"],
        )
        for row in members
    ]
    mean = mean_rate(rates)  # in percent, as the rows are
    assert mean is not None
    first = members[0]
    return {
        **{name: first[name] for name in _OF_SYSTEM if name in first},
        **{name: sum(row[name] for row in members) for name in _SUMMED},
        "dataset": "+".join(sorted(row["dataset"] for row in members)),
        "subset": "",
        "aggregate": MACRO_DATASETS,
        "n_members": len(members),
        "language": _joined(members, "language"),
        "metric": first["metric"],
        "normalizer": _joined(members, "normalizer"),
        "error_rate_pct": mean.rate,
        "ci_low_pct": mean.interval.low if mean.interval else None,
        "ci_high_pct": mean.interval.high if mean.interval else None,
        **mean_similarity(members),
        **mean_judged(members),
        "complete": True,
        "source": "measured",
    }


def _joined(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    return "+".join(sorted({part for row in rows for part in row[name].split("+")}))
