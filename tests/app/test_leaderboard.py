"""The leaderboard, and what is said when there is nothing to show."""

import json
from pathlib import Path
from typing import Any

from explorer_runs import Runs, choose

from asrdiag.app.data.rows import measured, rows_of
from asrdiag.app.data.runs import OpenRun


def tables(at: Any) -> list[Any]:
    return [table.value for table in at.dataframe]


def test_it_shows_every_cell_with_its_numbers(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain)
    assert [heading.value for heading in at.subheader] == ["set · WER", "set · CER"]
    words = tables(at)[0]
    assert list(words["system"] + "/" + words["condition"]) == [
        "good/as_recorded",
        "good/noise",
        "bad/as_recorded",
        "bad/noise",
    ]
    row = next(
        row
        for row in measured(rows_of([OpenRun(runs.plain, "plain")]))
        if (row["system"], row["condition"], row["metric"]) == ("bad", "noise", "wer")
    )
    assert words["rate"][3] == row["error_rate_pct"]
    # bad/noise: 7 of 9, 1 of 8 and 3 of 6 words, and one answer that never came
    assert round(words["rate"][3], 4) == round(100 * 11 / 23, 4)
    assert list(words["scored"]) == ["4/4", "4/4", "⚠ 3/4, 1 failed", "⚠ 3/4, 1 failed"]
    assert all(text.startswith("data:image/svg+xml;base64,") for text in words["split"])


def test_filters_are_in_the_url_and_shrink_the_table(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain)
    menu = next(menu for menu in at.multiselect if menu.label == "System")
    menu.select("bad").run()
    assert set(tables(at)[0]["system"]) == {"bad"}
    assert at.query_params["system"] == "bad"
    # names are written as the table has them, not `as recorded`
    assert next(menu for menu in at.multiselect if menu.label == "Condition").options == [
        "as_recorded",
        "noise",
    ]
    at = explorer(runs.plain, system="gone")
    assert at.dataframe.len == 0 and "No cell passes" in at.info[0].value


def test_a_row_leads_to_its_cases(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain)
    choose(at, 3)
    assert at.title[0].value == "Cases"
    assert at.query_params["system"] == "bad" and at.query_params["condition"] == "noise"
    assert set(tables(at)[0]["system"]) == {"bad"} and len(tables(at)[0]) == 5


def test_subsets_are_shown_on_demand(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, subsets="1")
    assert set(tables(at)[0]["subset"]) == {"home", "street", "pooled", "macro"}


def test_two_runs_stand_side_by_side(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, runs.other)
    assert set(tables(at)[0]["system"]) == {"good", "bad [plain]", "bad [other]"}
    at = explorer(runs.plain, runs.other, run="other")
    assert set(tables(at)[0]["system"]) == {"bad [other]"}


def test_without_a_run_it_says_what_to_do(explorer: Any) -> None:
    at = explorer()
    assert at.title[0].value == "No run yet" and "asrdiag run quickstart" in at.code[0].value


def test_a_run_still_being_written_shows_what_is_finished(explorer: Any, copy: Path) -> None:
    path = copy / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "running"}))
    for name in ("summary.json", "scores.parquet"):
        (copy / "cells" / "bad" / "set" / "noise" / name).unlink()
    at = explorer(copy)
    assert "still being written: 3 of 4 cells" in at.info[0].value
    assert len(tables(at)[0]) == 3


def test_a_switch_without_published_results_says_so(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, published="1")
    assert any("no published results" in caption.value for caption in at.caption)
    assert not any("no published results" in caption.value for caption in explorer(runs.plain).caption)


def test_a_run_that_was_deleted_while_open_is_called_gone(explorer: Any, copy: Path) -> None:
    at = explorer(copy)
    assert len(tables(at)[0]) == 4 and not at.error
    copy.rename(copy.with_name("elsewhere"))
    at.run()
    assert "is gone" in at.error[0].value and str(copy.name) in at.error[0].value
    assert not at.expander  # and no word of files that cannot be read


def test_a_metric_of_which_no_clip_is_scored_says_so(explorer: Any, copy: Path) -> None:
    for path in copy.glob("cells/*/set/*/summary.json"):
        summary = json.loads(path.read_text())
        for row in summary["rows"]:
            if row["metric"] == "cer":
                row["normalizer"] = ""
        path.write_text(json.dumps(summary))
    at = explorer(copy)
    assert any("no clip scored" in caption.value for caption in at.caption)


def test_a_damaged_run_says_what_is_wrong(explorer: Any, copy: Path) -> None:
    (copy / "cells" / "bad" / "set" / "noise" / "summary.json").write_text("{")
    at = explorer(copy)
    assert at.expander[0].label == "1 file cannot be read; the rest is shown"
    assert "summary.json" in at.expander[0].text[0].value and len(tables(at)[0]) == 3
    (copy / "run.json").write_text("{")
    at = explorer(copy)
    assert "run.json" in at.expander[0].text[0].value and "No cell has scores" in at.info[0].value
