"""From subsets to averages: the published ones come out, and counts, speakers and units stay apart."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_runs import Said, join_runs, make_run, score_run

from asrdiag.metrics import Counts, Diagnosis, Unit, diagnose, macro_rate, score
from asrdiag.report.aggregation import mean_over_datasets, summary_rows
from asrdiag.report.published_tables import FAMILIES, Table, subset_rates, table
from asrdiag.report.rows import leaderboard_rows
from asrdiag.report.speaker_blocks import joint_blocks
from asrdiag.report.tally import Tally
from asrdiag.store.folder import RunFolder

NAMED = {
    "chime4": {"real": "real", "simu": "simu"},
    "voices": {f"rm{room}": f"rm{room}" for room in (1, 2, 3, 4)},
    "noizeus": {f"{snr}dB": f"{snr}dB" for snr in (0, 5, 10, 15)},
}
"""The named averages of each benchmark, and the part of a subset's name that tells what belongs to them."""


def tally(errors: int, tokens: int, unit: Unit = "word", utterances: int = 1, expected: int = 0) -> Tally:
    """Utterances with so many errors each, all of them deletions."""
    counts = Counts(correct=tokens - errors, deletions=errors, lcs=tokens - errors, unit=unit)
    return Tally(
        unit,
        n_expected=expected or utterances,
        counts=[counts] * utterances,
        speakers=[None] * utterances,
        normalizers={"none": None},
        diagnoses=[diagnosis()] * utterances,
    )


def diagnosis() -> Diagnosis:
    return diagnose(score("one", "one").utterances[0])


def of_aggregate(rows: Sequence[Mapping[str, Any]], kind: str = "macro") -> dict[str, float | None]:
    return {row["subset"]: row.get("error_rate_pct") for row in rows if row["aggregate"] == kind}


def published(system: str) -> list[dict[str, Any]]:
    """The rows of all benchmarks for a system whose subsets are published, as if these were its counts."""
    rows = []
    for benchmark, rates in subset_rates()[system].items():
        # A rate with two decimals is so many errors in 10,000 words.
        tallies = {(subset, "en"): tally(round(100 * rate), 10_000) for subset, rate in rates.items()}
        aggregates = {
            name: [subset for subset in rates if part in subset.split("_")]
            for name, part in NAMED[benchmark].items()
        }
        identity = {"run": "r", "system": system, "dataset": benchmark, "benchmark": benchmark}
        identity |= {"condition": "as_recorded"}
        rows += [identity | row for row in summary_rows(tallies, aggregates)]
    return rows


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Qwen3-ASR-1.7B", {"chime4": 5.39, "voices": 8.94, "noizeus": 9.45, "overall": 7.93}),
        ("Mega-ASR", {"chime4": 5.23, "voices": 7.35, "noizeus": 7.52, "overall": 6.70}),
        # Printed overall: 6.76, the mean of the three as printed.
        ("Mega-ASR w/ router", {"chime4": 5.00, "voices": 7.37, "noizeus": 7.90, "overall": 6.75}),
    ],
)
def test_published_subsets_give_the_published_averages(system: str, expected: dict[str, float]) -> None:
    rows = published(system)
    [overall] = mean_over_datasets(rows)
    assert (overall["dataset"], overall["n_members"]) == ("chime4+noizeus+voices", 3)
    got = {"overall": overall["error_rate_pct"]}
    for benchmark, named in NAMED.items():
        own = of_aggregate([row for row in rows if row["benchmark"] == benchmark])
        got |= {f"{benchmark}_{name.lower()}": own[name] for name in named} | {benchmark: own[""]}
    [printed] = [entry.values for entry in table("robust").entries if entry.name == system]
    assert got.keys() == printed.keys()
    assert got == pytest.approx(printed, abs=0.006)  # in two places printed otherwise than rounded
    assert {name: round(got[name], 2) for name in expected} == expected


def test_printed_averages_are_means_of_printed_parts_save_one() -> None:
    differing = []
    for entry in table("robust").entries:
        values = entry.values
        wholes = {
            **{name: [f"{name}_{part.lower()}" for part in parts] for name, parts in NAMED.items()},
            "overall": list(NAMED),
        }
        for whole, parts in wholes.items():
            mean = sum(values[part] for part in parts) / len(parts)  # type: ignore[misc]
            if abs(mean - values[whole]) > 0.01:  # type: ignore[operator]
                differing.append((entry.name, whole, round(mean, 2), values[whole]))
    assert differing == [("GPT-4o-transcribe", "voices", 24.9, 22.65)]


def test_every_table_is_read_whole() -> None:
    def numbers(found: Table) -> int:
        return sum(value is not None for entry in found.entries for value in entry.values.values())

    assert {family: len(table(family).entries) for family in FAMILIES} == {
        "robust": 13,
        "standard": 13,
        "vitw": 9,
    }
    # 13 systems; 14 columns, 12 columns of which three systems lack the five Chinese ones, 16 columns.
    assert [numbers(table(family)) for family in FAMILIES] == [13 * 14, 13 * 12 - 3 * 5, 9 * 16]
    assert {name: sum(map(len, found.values())) for name, found in subset_rates().items()} == dict.fromkeys(
        ("Qwen3-ASR-1.7B", "Mega-ASR", "Mega-ASR w/ router"), 16 + 32 + 32
    )


def test_macro_and_micro_side_by_side() -> None:
    # a: 1 of 10, three times; b: 5 of 10; c: nothing in 80. Macro (10 + 50 + 0) / 3 = 20 %; micro 8 / 120.
    tallies = {("a", "en"): tally(1, 10, utterances=3), ("b", "en"): tally(5, 10), ("c", "en"): tally(0, 80)}
    rows = summary_rows(tallies, {"ab": ["a", "b"], "alone": ["c"], "other": ["a", "z"]})
    assert [(row["aggregate"], row["subset"]) for row in rows] == [
        *(("", name) for name in "abc"),
        ("pooled", ""),
        ("macro", ""),
        ("pooled", "ab"),
        ("macro", "ab"),  # none for one subset, nor for one that the dataset does not have
    ]
    assert of_aggregate(rows) == {"": pytest.approx(20), "ab": pytest.approx(30)}
    assert of_aggregate(rows, "pooled") == {"": pytest.approx(800 / 120), "ab": pytest.approx(800 / 40)}
    [whole] = [row for row in rows if (row["aggregate"], row["subset"]) == ("macro", "")]
    assert (whole["n_members"], whole["n_expected"], whole["n_scored"], whole["complete"]) == (3, 5, 5, True)
    assert whole["members"] == ["a", "b", "c"]
    assert "ref_tokens" not in whole and "deletions" not in whole and "omission_rate_pct" not in whole


def test_words_and_characters_are_averaged_apart() -> None:
    tallies = {
        ("real-en-noise", "en"): tally(1, 10),
        ("real-zh-noise", "zh"): tally(2, 10, "character"),
        ("sim-en-noise", "en"): tally(3, 10),
        ("sim-zh-noise", "zh"): tally(8, 10, "character"),
    }
    aggregates = {"real": ["real-en-noise", "real-zh-noise"], "en": ["real-en-noise", "sim-en-noise"]}
    macro = [row for row in summary_rows(tallies, aggregates) if row["aggregate"] == "macro"]
    assert [(row["metric"], row["subset"], row["language"], row["error_rate_pct"]) for row in macro] == [
        ("wer", "", "en", pytest.approx(20)),
        ("wer", "en", "en", pytest.approx(20)),
        ("cer", "", "zh", pytest.approx(50)),
    ]


def test_a_subset_with_several_languages_is_one_member() -> None:
    # a: (1 + 3) of 20; b: 6 of 10. (20 + 60) / 2.
    tallies = {("a", "de"): tally(1, 10), ("a", "en"): tally(3, 10), ("b", "en"): tally(6, 10)}
    rows = summary_rows(tallies, {})
    assert of_aggregate(rows) == {"": pytest.approx(40)}
    assert rows[-1]["language"] == "de+en"


def test_without_a_score_in_every_subset_there_is_no_mean() -> None:
    missing = Tally("word", n_expected=4)
    [*_, macro] = summary_rows({("a", "en"): tally(1, 10), ("b", "en"): missing}, {})
    assert macro["aggregate"] == "macro" and "error_rate_pct" not in macro
    assert (macro["n_expected"], macro["n_scored"], macro["complete"]) == (5, 1, False)
    [*_, silent] = summary_rows({("a", "en"): tally(1, 10), ("b", "en"): tally(0, 0)}, {})
    assert "error_rate_pct" not in silent and silent["complete"]
    [*_, partial] = summary_rows({("a", "en"): tally(1, 10), ("b", "en"): tally(3, 10, expected=9)}, {})
    assert partial["error_rate_pct"] == pytest.approx(20) and not partial["complete"]


def row_of(dataset: str, rate: float | None, **changes: Any) -> dict[str, Any]:
    base = {"run": "r", "run_id": "r", "system": "s", "dataset": dataset, "subset": "", "aggregate": "macro"}
    base |= {"condition": "clean", "metric": "wer", "language": "en", "normalizer": "n", "complete": True}
    base |= {"benchmark": dataset, "error_rate_pct": rate, "n_expected": 10, "n_scored": 10, "n_failed": 0}
    base |= {"n_empty_ref": 0, "standard_error_pct": 1.0, "degrees_of_freedom": 9.0, "n_units": 10}
    return base | changes


def test_means_over_datasets_keep_apart_what_differs() -> None:
    rows = [
        *(row_of("one", 10.0), row_of("two", 30.0), row_of("two", 50.0, metric="cer")),
        *(row_of("three", 70.0, complete=False), row_of("four", None)),
        *(row_of("one", 20.0, system="t"), row_of("two", 40.0, system="t", condition="noise")),
    ]
    [mean] = mean_over_datasets(rows)
    assert (mean["system"], mean["dataset"], mean["error_rate_pct"]) == ("s", "one+two", 20.0)
    # sqrt(1 + 1) / 2 = 0.707, 18 degrees: t = 2.1009.
    assert mean["ci_high_pct"] == pytest.approx(20 + 2.10092 * 0.70711, abs=1e-4)
    assert mean["n_expected"] == 20 and "ref_tokens" not in mean


def test_the_published_mean_is_there_beside_that_of_all() -> None:
    rows = [row_of(name, 10.0 * n) for n, name in enumerate(("chime4", "noizeus", "voices", "vitw_bench"))]
    found = {row["dataset"]: row["error_rate_pct"] for row in mean_over_datasets(rows)}
    assert found == {"chime4+noizeus+vitw_bench+voices": 15.0, "chime4+noizeus+voices": 10.0}
    assert [row["n_members"] for row in mean_over_datasets(rows[:3])] == [3]
    twice = [*rows[:3], row_of("again", 50.0, benchmark="voices")]
    assert [row["n_members"] for row in mean_over_datasets(twice)] == [4]  # which of the two is not told


@pytest.mark.parametrize(
    ("speakers", "expected"),
    [
        ([["a", "b"], ["a", "c"]], ["a", "b", "a", "c"]),
        ([["a", "b"], ["a", None]], None),
        ([["a", "b"], ["a", "a"]], None),  # of one speaker nothing tells how another would do
    ],
)
def test_speakers_are_units_where_every_subset_has_several(
    speakers: list[list[str | None]], expected: list[str] | None
) -> None:
    assert joint_blocks(speakers) == expected


SUBSETS = ("near", "far")
SAID = [
    Said(f"{subset}-{number}", "old trees shade lazy dogs", speaker=f"s{number % 3}", subset=subset)
    for subset in SUBSETS
    for number in range(6)
]


def test_a_run_has_the_rows_and_its_interval_is_over_speakers(tmp_path: Path) -> None:
    errors = [0, 1, 2, 1, 1, 3, 1, 2, 5, 2, 3, 4]
    answers = {
        said.sample_id: " ".join(said.reference.split()[wrong:])
        for said, wrong in zip(SAID, errors, strict=True)
    }
    parts = [
        score_run(
            make_run(
                tmp_path / name, SAID, {f"sys/{name}/as_recorded": answers}, aggregates={"both": SUBSETS}
            )
        )
        for name in ("one", "two")
    ]
    run = score_run(join_runs(tmp_path / "joined", parts))
    with (run / "leaderboard.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["aggregate"] for row in rows] == [
        *(["", "", "pooled", "macro", "pooled", "macro"] * 2),
        "macro-datasets",
    ]
    found = macro_rate(
        errors, [5] * 12, [said.subset for said in SAID], blocks=[said.speaker for said in SAID]
    )
    assert found is not None and found.interval is not None
    for row in rows:
        if row["aggregate"] == "macro":
            assert float(row["error_rate_pct"]) == pytest.approx(100 * found.rate, abs=1e-4)
            assert float(row["ci_high_pct"]) == pytest.approx(100 * found.interval.high, abs=1e-4)
            assert row["ref_tokens"] == row["deletions"] == row["rtfx"] == ""
    mean = rows[-1]
    assert (mean["dataset"], mean["n_expected"], mean["complete"]) == ("one+two", "24", "true")
    assert float(mean["error_rate_pct"]) == pytest.approx(100 * found.rate, abs=1e-4)
    assert [row["dataset"] for row in leaderboard_rows(RunFolder(run))][-1] == "one+two"
