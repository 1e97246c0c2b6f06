"""Datasets with subsets as tables: which columns, which lines, what is marked."""

import io
from pathlib import Path
from typing import Any

import pytest
from made_runs import Said, make_run, score_run
from rich.console import Console

from asrdiag.report.rows import leaderboard_rows
from asrdiag.report.subsets import SubsetTable, make_subset_tables
from asrdiag.report.table import render, to_markdown
from asrdiag.store.folder import RunFolder

WORDS = ["old", "trees", "shade", "lazy", "dogs", "under", "warm", "roofs", "all", "day"]


def said(subsets: list[str], languages: tuple[str, ...] = ("en",)) -> list[Said]:
    """Two utterances of ten words for each subset and language."""
    return [
        Said(f"{subset}-{language}-{number}", " ".join(WORDS), subset=subset, language=language)
        for subset in subsets
        for language in languages
        for number in (0, 1)
    ]


def scored(
    folder: Path,
    corpus: list[Said],
    wrong: dict[str, int],
    keys: tuple[str, ...] = ("sys/set/clean",),
    **more: Any,
) -> list[dict[str, Any]]:
    """Rows of a run in which so many words are missing from utterances of each subset."""
    answers = {
        each.sample_id: " ".join(each.reference.split()[wrong.get(each.subset, 0) :]) for each in corpus
    }
    run = score_run(make_run(folder / "run", corpus, dict.fromkeys(keys, answers), **more))
    return list(leaderboard_rows(RunFolder(run)))


def printed(rows: list[dict[str, Any]], width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render(rows, console))
    return console.file.getvalue()  # type: ignore[attr-defined]


def only(rows: list[dict[str, Any]]) -> SubsetTable:
    [found] = make_subset_tables(rows)
    return found


def test_named_averages_are_the_columns(tmp_path: Path) -> None:
    corpus = said(["a_0dB", "b_0dB", "a_5dB", "b_5dB"])
    named = {"0dB": ["a_0dB", "b_0dB"], "5dB": ["a_5dB", "b_5dB"]}
    rows = scored(tmp_path, corpus, {"a_0dB": 5, "b_0dB": 3, "a_5dB": 2}, aggregates=named)
    found = only(rows)
    assert found.columns == ("0dB", "5dB")
    [line] = found.lines
    assert {name: part["error_rate_pct"] for name, part in line.parts.items()} == pytest.approx(
        {"0dB": 40, "5dB": 10}
    )
    assert line.macro is not None and line.macro["error_rate_pct"] == pytest.approx(25)
    assert line.worst() == "0dB"
    text = printed(rows, 100)
    assert "▲ 40.00   10.00   25.00" in text
    assert "all 8 utterances scored" in text
    assert text.count("WER %") == 1  # the grid of one condition would say less


def test_a_few_subsets_are_shown_one_by_one_and_many_are_not(tmp_path: Path) -> None:
    assert only(scored(tmp_path / "few", said(["x", "y"]), {"x": 1})).columns == ("x", "y")
    many = [f"s{number:02}" for number in range(13)]
    rows = scored(tmp_path / "many", said(many), {"s00": 1})
    assert only(rows).columns == ()
    assert "s00" not in printed(rows) and " mean" in printed(rows)


def test_a_subset_in_several_languages_has_no_number_of_its_own(tmp_path: Path) -> None:
    rows = scored(tmp_path, said(["x", "y"], ("de", "en")), {"x": 1})
    assert only(rows).columns == ()
    # 1 of 10 words in each utterance of x, none in y: (10 + 0) / 2.
    assert only(rows).lines[0].macro["error_rate_pct"] == pytest.approx(5)  # type: ignore[index]


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Also those that rich takes for markup, Markdown for a cell's end, or that are called like a column."""
    rows = scored(tmp_path, said(["[red]x[/]", "mean", "a|b"]), {"mean": 1})
    assert "[red]x[/]" in printed(rows, 120)
    assert "| system | [red]x[/] | mean | a\\|b | mean | 95 % | pooled |" in to_markdown(rows)
    assert "| sys | 0.00 | **10.00** | 0.00 | 3.33 |" in to_markdown(rows)


def test_without_subsets_there_is_no_such_table(tmp_path: Path) -> None:
    assert not list(make_subset_tables(scored(tmp_path, said([""]), {"": 1})))


def test_several_conditions_have_a_line_each_and_the_grid_stays(tmp_path: Path) -> None:
    keys = ("sys/set/clean", "sys/set/noise")
    rows = scored(tmp_path, said(["x", "y"]), {"x": 1}, keys)
    assert [(line.system, line.condition) for line in only(rows).lines] == [
        ("sys", "clean"),
        ("sys", "noise"),
    ]
    text = printed(rows)
    assert text.count("WER %") == 2
    assert "| sys | clean | **10.00** | 0.00 | 5.00 |" in to_markdown(rows)


def test_an_unfinished_subset_is_told_and_not_ranked(tmp_path: Path) -> None:
    corpus = said(["x", "y"])
    answers: dict[str, str | None] = {each.sample_id: each.reference for each in corpus}
    answers["y-en-1"] = None
    run = score_run(make_run(tmp_path / "run", corpus, {"sys/set/clean": answers}))
    rows = list(leaderboard_rows(RunFolder(run)))
    assert only(rows).lines[0].worst() is None
    assert "3/4 (1 failed)" in printed(rows)
    del answers["y-en-0"], answers["y-en-1"]
    run = score_run(make_run(tmp_path / "other", corpus, {"sys/set/clean": answers}))
    text = printed(list(leaderboard_rows(RunFolder(run))))
    assert "no score" in text and "2/4" in text


def test_runs_with_the_same_system_have_a_line_each(tmp_path: Path) -> None:
    rows = [
        *scored(tmp_path / "one", said(["x", "y"]), {"x": 1}),
        *scored(tmp_path / "two", said(["x", "y"]), {"x": 2}),
    ]
    names = [line.system for line in only(rows).lines]
    assert names == [f"sys [{tmp_path / name / 'run'}]" for name in ("one", "two")]


def test_means_over_different_subsets_are_told_apart(tmp_path: Path) -> None:
    some = scored(tmp_path / "some", said(["a", "b"]), {"a": 5})
    whole = scored(tmp_path / "whole", said(["a", "b", "c"]), {"a": 5})
    assert only(some).unlike() is None
    text = printed([*some, *whole], 1000)
    assert "set: these means are over different subsets and cannot be compared: 2 of sys [" in text
    assert "3 of sys [" in text
    assert "cannot be compared" in to_markdown([*some, *whole])


def test_more_columns_than_the_terminal_holds_make_another_table_and_no_narrower_names(
    tmp_path: Path,
) -> None:
    names = ("babble.snr5", "babble.snr10")
    rows = scored(
        tmp_path, said(["x", "y"]), {"x": 1}, tuple(f"moonshine-tiny-torch/set/{name}" for name in names)
    )
    kinds = ("hallucination_rate_pct", "repetition_rate_pct", "key_recall_pct", "key_precision_pct")
    text = printed([row | dict.fromkeys(kinds, 50.0) for row in rows])
    found = [tuple(line.split()[:2]) for line in text.splitlines() if line.startswith(" m")]
    shown = [words for words in found if words[1] != "WER"]  # not of the grid
    # One line for each condition in the tables of x, y and mean, of pooled to hall, and of the others.
    assert shown == [("moonshine-tiny-torch", name) for name in names] * 3
