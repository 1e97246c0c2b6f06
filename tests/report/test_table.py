"""The leaderboard as people read it."""

import csv
import io
from typing import Any

import pytest
from rich.console import Console

from asrdiag.report.grid import make_grids
from asrdiag.report.rows import LEADERBOARD_COLUMNS, to_csv
from asrdiag.report.table import render, to_markdown


def row(condition: str, rate: float | None, **changes: Any) -> dict[str, Any]:
    """A row of 100 reference tokens whose errors are all deletions."""
    base = {
        "run": "runs/a",
        "run_id": "a",
        "source": "measured",
        "system": "sys",
        "dataset": "set",
        "subset": "",
        "aggregate": "",
        "condition": condition,
        "language": "en",
        "metric": "wer",
        "normalizer": "none",
        "n_expected": 10,
        "n_scored": 10,
        "n_failed": 0,
        "complete": True,
    }
    if rate is not None:
        base |= {"ref_tokens": 100, "substitutions_soft": 0, "substitutions_hard": 0, "insertions": 0}
        base |= {"deletions": round(rate), "error_rate_pct": rate, "ci_low_pct": 0.0, "ci_high_pct": 2 * rate}
        base |= {"hallucination_rate_pct": 0.0, "repetition_rate_pct": 0.0, "empty_rate_pct": 0.0}
    return base | changes


def printed(rows: list[dict[str, Any]], width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render(rows, console))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_highest_rate_is_marked_where_cells_can_be_compared() -> None:
    text = printed([row("clean", 5.0), row("noise", 42.0), row("echo", 12.0)], width=120)
    assert "▲ 42.0" in text
    assert text.count("▲") == 2  # once in the table, once in the legend
    assert "all 10 utterances scored in every cell" in text


def test_unequal_coverage_is_shown_and_not_compared() -> None:
    text = printed([row("clean", 5.0), row("noise", 42.0, n_scored=4, n_failed=6, complete=False)])
    assert "▲ 42.0" not in text
    assert "4/10 (6 failed)" in text
    assert "all 10 utterances" not in text


def test_a_cell_without_any_score_is_no_zero() -> None:
    text = printed([row("clean", 5.0), row("noise", None, n_scored=0, n_failed=10, complete=False)])
    assert "no score" in text
    assert "0/10 (10 failed)" in text


def test_what_was_not_run_is_listed_below() -> None:
    missing = [
        {
            "run": "runs/a",
            "run_id": "a",
            "system": "sys",
            "dataset": "set",
            "condition": f"c{n}",
            "complete": False,
        }
        | {"note": "not run yet"}
        for n in range(5)
    ]
    unset = missing[0] | {"dataset": "other", "note": "not run: set OTHER_ROOT"}
    text = printed([row("clean", 5.0), row("noise", 6.0), *missing, unset], width=200)
    assert "not run yet: sys/set/c0, sys/set/c1, sys/set/c2 and 2 more" in text
    assert "other: not run: set OTHER_ROOT" in text


def test_words_and_characters_never_share_a_table() -> None:
    grids = list(make_grids([row("clean", 5.0), row("clean", 9.0, metric="cer", language="zh")]))
    assert [(grid.metric, grid.language) for grid in grids] == [("wer", "en"), ("cer", "zh")]


def test_of_several_subsets_the_pooled_row_is_shown() -> None:
    parts = [row("clean", 4.0, subset="a"), row("clean", 8.0, subset="b")]
    [grid] = make_grids([*parts, row("clean", 6.0, aggregate="pooled", n_expected=20, n_scored=20)])
    assert grid.rows["sys", "clean"]["error_rate_pct"] == 6.0


def test_runs_with_one_id_do_not_hide_each_other() -> None:
    [grid] = make_grids([row("clean", 5.0), row("clean", 9.0, run="runs/copy")])
    assert grid.systems == ("sys [runs/a]", "sys [runs/copy]")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width: int) -> None:
    rows = [row(f"condition-{n}.snr5", 10.0 + n) for n in range(9)]
    lines = printed(rows, width).splitlines()
    assert max(len(line) for line in lines) <= width
    assert all(any(f" {10 + n}.0 " in f"{line} " for line in lines) for n in range(9))
    assert "…" not in "".join(lines)


def test_markdown_shows_the_same_and_stays_a_table() -> None:
    text = to_markdown([row("clean", 5.0, system="a|b"), row("noise", 42.0, system="a|b")])
    assert "| a\\|b | 5.0<br>0.0 / 0.0 / 5.0 / 0.0 | **42.0**<br>0.0 / 0.0 / 42.0 / 0.0 |" in text


def test_csv_leaves_empty_what_does_not_exist() -> None:
    [found] = csv.DictReader(io.StringIO(to_csv([row("clean", None)], LEADERBOARD_COLUMNS)))
    assert found["error_rate_pct"] == found["semantic_similarity"] == found["snr_db"] == ""
    assert (found["complete"], found["n_scored"]) == ("true", "10")


@pytest.mark.parametrize("width", range(40, 121, 10))
def test_no_number_is_cut_however_narrow_the_terminal_is(width: int) -> None:
    """A name of 35 letters, a condition of 33 and counts of five digits: the names give way."""
    few = {"n_scored": 4000, "n_expected": 14400, "n_failed": 6000, "complete": False}
    rows = [
        row(condition, 42.0, system=system, ci_high_pct=1234.5, **few)
        for system in ("a-recogniser-with-quite-a-long-name", "b")
        for condition in ("clean", "reverberation-in-a-hall.rt60_0.9")
    ]
    text = printed(rows, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for number in ("42.0 ", "0.0-1234.5", "4000/14400"):
        assert text.count(number) >= 4, number


def test_markdown_shows_html_as_text() -> None:
    text = to_markdown([row("clean", 5.0, system="<img src=x>|y"), row("noise", 6.0, system="<img src=x>|y")])
    assert "| &lt;img src=x>\\|y |" in text and "<img" not in text
