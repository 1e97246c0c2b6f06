"""Published rows beside measured ones: only where they are comparable, and never ranked."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from rich.console import Console

from asrdiag.report.aggregation import mean_over_datasets
from asrdiag.report.grid import make_grids
from asrdiag.report.published import published_rows
from asrdiag.report.published_tables import FAMILIES, Column, subset_rates, system_ids, table
from asrdiag.report.subsets import make_subset_tables
from asrdiag.report.table import render, to_markdown
from asrdiag.report.wide import wide_table
from asrdiag.suite.packaged import packaged_file

WHOLE = {column.name: column for column in table("robust").columns if (column.name,) == column.benchmarks}
ERRORS = ("substitutions_soft", "substitutions_hard", "deletions", "insertions")


def row(benchmark: str, subset: str, rate: float, **changes: Any) -> dict[str, Any]:
    """A measured row of 1000 reference tokens."""
    base = {"run": "r", "run_id": "r-1", "system": "sys", "model_id": "model", "dataset": f"my-{benchmark}"}
    base |= {"benchmark": benchmark, "as_recorded": True, "source": "measured", "condition": "as_is"}
    base |= {"subset": subset, "aggregate": "", "language": "en", "metric": "wer", "normalizer": "n@1"}
    base |= dict.fromkeys(ERRORS, 0) | {"deletions": round(10 * rate), "ref_tokens": 1000}
    base |= {"n_expected": 5, "n_scored": 5, "n_failed": 0, "n_empty_ref": 0, "complete": True}
    base |= {"error_rate_pct": rate, "ci_low_pct": rate / 2, "ci_high_pct": 2 * rate}
    return base | changes


def macro(benchmark: str, name: str, members: Sequence[str], rate: float, **changes: Any) -> dict[str, Any]:
    base = row(benchmark, name, rate, aggregate="macro", members=list(members), n_members=len(members))
    for count in (*ERRORS, "ref_tokens"):
        del base[count]
    base |= {"standard_error_pct": 1.0, "degrees_of_freedom": 9.0, "n_units": 10}
    return base | changes


def measured(benchmark: str, system: str = "sys", **changes: Any) -> list[dict[str, Any]]:
    """All rows of one of the adverse benchmarks, complete, with 4 % everywhere."""
    rows = [row(benchmark, name, 4.0) for name in sorted(WHOLE[benchmark].subsets)]
    rows.append(row(benchmark, "", 4.0, aggregate="pooled"))
    rows.append(macro(benchmark, "", [each["subset"] for each in rows[:-1]], 4.0))
    for column in table("robust").columns:
        if column.benchmarks == (benchmark,) and column.name != benchmark:
            rows.append(macro(benchmark, column.name.split("_")[1], sorted(column.subsets), 4.0))
    return [each | {"system": system} | changes for each in rows]


def whole_run(system: str = "sys", **changes: Any) -> list[dict[str, Any]]:
    rows = [each for benchmark in WHOLE for each in measured(benchmark, system, **changes)]
    return [*rows, *mean_over_datasets(rows)]


def printed(rows: Sequence[Mapping[str, Any]], width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render(rows, console))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_whole_table_comes_beside_a_whole_run() -> None:
    found = published_rows(whole_run())
    assert not found.notes
    # Three systems with 80 subsets each; 13 systems with 14 averages.
    assert len(found.rows) == 3 * 80 + 13 * 14
    overall = {each["model_id"]: each for each in found.rows if each["aggregate"] == "macro-datasets"}
    assert len(overall) == 13
    gemini = overall["Gemini3-Flash"]
    assert (gemini["system"], gemini["error_rate_pct"]) == ("gemini-3-flash", 15.59)
    assert (gemini["dataset"], gemini["condition"]) == ("my-chime4+my-noizeus+my-voices", "as_is")
    rooms = {
        each["subset"]: each["error_rate_pct"]
        for each in found.rows
        if each["dataset"] == "my-voices" and each["model_id"] == "Kimi-Audio"
    }
    assert rooms == {"rm1": 2.10, "rm2": 2.23, "rm3": 26.95, "rm4": 15.13, "": 11.60}
    assert all(each["source"] == "published" and each["note"] for each in found.rows)
    assert not any("complete" in each or "ref_tokens" in each or "ci_low_pct" in each for each in found.rows)


def test_the_known_discrepancy_is_told() -> None:
    told = {
        (each["model_id"], each["dataset"], each["subset"])
        for each in published_rows(whole_run()).rows
        if "24.90" in each["note"]
    }
    assert told == {("GPT-4o-transcribe", "my-voices", "")}


def test_several_systems_and_runs_have_it_once() -> None:
    both = [*whole_run("one"), *whole_run("two"), *whole_run("one", run="r2")]
    assert published_rows(both).rows == published_rows(whole_run()).rows


def test_other_subsets_are_not_compared_with_the_published_average() -> None:
    some = ["station_0dB", "train_0dB"]
    rows = [*(row("noizeus", name, 4.0) for name in some), macro("noizeus", "", some, 4.0)]
    found = published_rows([*rows, macro("noizeus", "0dB", some, 4.0)])
    assert {(each["aggregate"], each["subset"]) for each in found.rows} == {("", name) for name in some}
    assert found.notes == (
        "my-noizeus: has 2 subsets, the published averages are over 32 and are left out; --csv has the "
        "published numbers of single subsets",
    )
    # With the clean sentences as a 33rd subset the average over the other 32 has a name of its own.
    names = sorted(WHOLE["noizeus"].subsets)
    rows = [macro("noizeus", "", [*names, "clean"], 4.0), macro("noizeus", "noisy", names, 4.0)]
    found = published_rows(rows)
    assert {each["subset"] for each in found.rows} == {"noisy"} and not found.notes


def test_degraded_audio_has_no_published_numbers() -> None:
    found = published_rows(measured("noizeus", as_recorded=False))
    assert not found.rows
    assert found.notes == ("my-noizeus: published for the audio as recorded, which this run does not have",)


def test_datasets_that_are_no_benchmark_have_none() -> None:
    found = published_rows([row("", "", 4.0) | {"benchmark": None}, row("voxpopuli-de", "", 4.0)])
    assert not found.rows and not found.notes


def test_clean_sets_join_by_language_and_subset() -> None:
    rows = [
        row("librispeech", "test-other", 4.0),
        row("commonvoice-zh", "", 9.0, language="zh", metric="cer"),
        row("wenetspeech", "net", 9.0, language="zh", metric="cer", dataset="net"),
    ]
    found = {each["dataset"]: each for each in published_rows(rows).rows if each["system"] == "kimi-audio-7b"}
    assert {name: each["error_rate_pct"] for name, each in found.items()} == {
        "my-librispeech": 2.55,
        "my-commonvoice-zh": 6.74,
        "net": 6.41,
    }
    assert found["net"]["metric"] == "cer" and found["net"]["model_id"] == "Kimi-Audio-7B"
    # Three systems do not know Chinese.
    assert sum(each["dataset"] == "net" for each in published_rows(rows).rows) == 10


def test_words_and_characters_in_one_number_stay_in_their_table() -> None:
    rows = [row("vitw_bench", "real-en-noise", 4.0), row("vitw_bench", "sim-en-noise", 4.0)]
    found = published_rows(rows)
    assert not found.rows
    assert found.notes == (
        "my-vitw_bench: published with English words and Chinese characters counted as one; --wide vitw has "
        "that table",
    )


def test_published_numbers_are_never_ranked() -> None:
    rows = [*whole_run(), *published_rows(whole_run()).rows]
    assert {name for grid in make_grids(rows) for name in grid.systems} == {"sys"}
    for found in make_subset_tables(rows):
        assert all(line.worst() is None for line in found.lines if line.published)
    assert "▲ 62.40" not in printed(rows) and "62.40" in printed(rows)


def test_a_system_is_followed_by_what_is_published_of_it() -> None:
    own = [*measured("noizeus", "zzz"), *measured("noizeus", "whisper-large-v3")]
    [found] = make_subset_tables([*own, *published_rows(own).rows])
    assert found.columns == ("0db", "5db", "10db", "15db")
    names = [(line.system, line.published) for line in found.lines]
    assert names[:3] == [("zzz", False), ("whisper-large-v3", False), ("Whisper-Large-v3", True)]
    assert names[3] == ("Gemini3-Flash", True) and len(names) == 2 + 13


def test_the_table_over_datasets_has_a_column_for_each() -> None:
    rows = whole_run()
    *_, mean = make_subset_tables([*rows, *published_rows(rows).rows])
    assert mean.columns == ("my-chime4", "my-noizeus", "my-voices")
    qwen = next(line for line in mean.lines if line.system == "Qwen3-ASR-1.7B")
    assert {name: part["error_rate_pct"] for name, part in qwen.parts.items()} == {
        "my-chime4": 5.39,
        "my-noizeus": 9.45,
        "my-voices": 8.94,
    }
    assert qwen.macro is not None and qwen.macro["error_rate_pct"] == 7.93
    assert "mean over my-chime4, my-noizeus, my-voices" in printed(rows)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width: int) -> None:
    rows = [
        *measured("voices", "a-recogniser-with-quite-a-long-name"),
        *measured("voices", "b", condition="other", complete=False),
    ]
    text = printed([*rows, *published_rows(rows).rows], width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for number in ("46.68", "29.38", "22.65", "2.00-8.00"):
        assert number in text


def test_published_lines_are_only_where_they_have_numbers() -> None:
    rows = measured("voices")
    text = printed([*rows, *published_rows(rows).rows], 80)
    averages, errors = text.split("95 %:")[0].split(" system ")[1:]
    assert averages.count("†") == 13 and "sys " in averages
    assert errors.count("†") == 0 and "sys " in errors and "pooled" in errors


def test_markdown_is_a_table_and_marks_what_is_published() -> None:
    own = measured("chime4", "a|b")
    text = to_markdown([*own, *published_rows(own).rows])
    assert "| a\\|b | 4.00 | 4.00 | 4.00 | 2.00-8.00 | 4.00 | 0.0 | 0.0 | 4.0 | 0.0 |" in text
    assert "| † Qwen3-ASR-1.7B | 4.66 | 6.11 | 5.39 |  |  |  |  |  |  |" in text
    assert "† printed in arXiv 2605.19833; not ranked." in text


def test_names_of_one_system_are_joined_and_are_those_of_the_packaged_systems() -> None:
    names = {entry.name for family in FAMILIES for entry in table(family).entries} | set(subset_rates())
    assert names == set(system_ids())  # nothing is missing, nothing is left over
    for one, other in (
        ("Gemini3-Flash", "Gemini-3-Flash"),
        ("Kimi-Audio", "Kimi-Audio-7B"),
        ("Voxtral-Mini", "Voxtral-Mini-3B-2507"),
        ("Qwen2.5-Omni", "Qwen2.5-Omni-7B"),
    ):
        assert system_ids()[one] == system_ids()[other]
    assert len(set(system_ids().values())) == 14
    path = packaged_file("systems")
    assert path is not None
    known = {system["id"] for system in yaml.safe_load(path.read_text())["systems"]}
    assert set(system_ids().values()) <= known


def test_wide_has_the_columns_of_the_paper_and_its_numbers() -> None:
    rows = whole_run()
    found = wide_table(rows, "robust", published=True)
    text = list(csv.reader(io.StringIO(found.to_csv())))
    assert text[0][:6] == ["run_id", "system", "name", "access", "source", "metric"]
    assert text[0][6:9] == ["chime4_real", "chime4_simu", "chime4"] and text[0][-1] == "overall"
    assert text[1] == ["r-1", "sys", "model", "", "measured", "wer", *["4"] * 14]
    assert text[-1][:9] == [
        "",
        "mega-asr-router",
        "Mega-ASR w/ router",
        "open",
        "published",
        "wer",
        "4.38",
        "5.62",
        "5",
    ]
    assert len(text) == 1 + 1 + 13 and not found.notes
    assert len(wide_table(rows, "robust").rows) == 1


def test_wide_leaves_empty_what_is_not_whole() -> None:
    rows = measured("chime4")
    rows[0] |= {"complete": False}  # dt05_bus_real
    found = wide_table(rows, "robust")
    [line] = found.rows
    assert (line["chime4_real"], line["chime4_simu"], line["chime4"]) == (None, 4.0, None)
    assert line["voices"] is None and line["overall"] is None
    assert found.notes == (
        "chime4 of sys: 15 of 16 subsets are complete; averages that need others are left empty",
    )


def test_wide_counts_words_and_characters_alike_in_one_table_only() -> None:
    # English: 4 % of 1000 words; Chinese: 50 of 200 characters. Mixed: (40 + 50) / 1200 = 7.5 %.
    chinese = {"language": "zh", "metric": "cer", "ref_tokens": 200, "deletions": 50}
    rows = [
        row("vitw_bench", "real-en-echo", 4.0),
        row("vitw_bench", "real-zh-echo", 25.0, **chinese),
        row("vitw_bench", "sim-en-echo", 4.0),
    ]
    [line] = wide_table(rows, "vitw").rows
    assert line["metric"] == "mixed"
    assert line["echo_real"] == pytest.approx(7.5) and line["echo_sim"] is None
    for family in FAMILIES:
        mixed = {column.metric for column in table(family).columns} == {"mixed"}
        assert mixed == (family == "vitw")


def test_where_only_totals_are_known_a_missing_clip_may_be_of_any_subset() -> None:
    chinese = {"language": "zh", "metric": "cer"}
    rows = [row("vitw_bench", "real-en-echo", 4.0), row("vitw_bench", "real-zh-echo", 4.0, **chinese)]
    failed = row("vitw_bench", "real-en-noise", 4.0, complete=False, n_scored=4, n_failed=1)
    assert wide_table([*rows, failed], "vitw").rows[0]["echo_real"] == pytest.approx(4)
    found = wide_table([*rows, failed | {"n_failed": 0}], "vitw")
    assert found.rows[0]["echo_real"] is None
    assert found.notes[0].startswith("vitw_bench of sys: 0 of 32 subsets are complete")


def test_a_column_knows_its_subsets() -> None:
    columns = {column.name: column for column in table("robust").columns}
    assert {name: len(column.subsets) for name, column in columns.items()} == {
        **{"chime4_real": 8, "chime4_simu": 8, "chime4": 16},
        **dict.fromkeys((f"voices_rm{room}" for room in (1, 2, 3, 4)), 8),
        "voices": 32,
        **dict.fromkeys((f"noizeus_{snr}db" for snr in (0, 5, 10, 15)), 8),
        **{"noizeus": 32, "overall": 0},
    }
    assert "airport_10dB" not in columns["noizeus_0db"].subsets
    vitw: list[Column] = [column for column in table("vitw").columns if column.name == "far_field_sim"]
    assert vitw[0].subsets == {"sim-en-far_field", "sim-zh-far_field"}
