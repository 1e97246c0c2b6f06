"""Run directories as they are found."""

import json
import os
from pathlib import Path

import pytest
from explorer_runs import Runs

from asrdiag.app.data.rows import measured, rows_of
from asrdiag.app.data.runs import OpenRun, called, newest_run, run_names


def test_a_whole_run_has_its_cells_and_no_problems(runs: Runs) -> None:
    run = OpenRun(runs.plain, "plain")
    assert run.problems == []
    assert run.scored == tuple(run.cells) and len(run.scored) == 4
    assert {row["called"] for row in measured(rows_of([run]))} == {"good", "bad"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "\x00"])
def test_a_damaged_run_json_is_a_problem_that_names_it(copy: Path, text: str) -> None:
    (copy / "run.json").write_text(text)
    run = OpenRun(copy, "copy")
    assert run.cells == {} and run.scored == ()
    assert [problem.place for problem in run.problems] == [str(copy / "run.json")]
    assert list(rows_of([run])) == []


def test_a_folder_that_is_none_is_a_problem(tmp_path: Path) -> None:
    assert "not a run directory" in OpenRun(tmp_path, "x").problems[0].what


@pytest.mark.parametrize("text", ["{", '{"cell": 1}'])
def test_a_damaged_summary_leaves_the_other_cells(copy: Path, text: str) -> None:
    place = copy / "cells" / "bad" / "set" / "noise" / "summary.json"
    place.write_text(text)
    run = OpenRun(copy, "copy")
    assert len(run.scored) == 3
    assert [problem.place for problem in run.problems] == [str(place)]
    unscored = [row for row in rows_of([run]) if not row.get("metric")]
    assert [(row["system"], row["condition"]) for row in unscored] == [("bad", "noise")]


def test_rows_of_a_summary_that_are_none_are_a_problem(copy: Path) -> None:
    place = copy / "cells" / "bad" / "set" / "noise" / "summary.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"rows": [{"system": "bad"}]}))
    run = OpenRun(copy, "copy")
    assert len(run.scored) == 3 and "asrdiag score" in run.problems[0].what


@pytest.mark.parametrize("key", ["../../etc", "a/../b", "a/b", "a/b/c/d", "./b/c", "/b/c"])
def test_a_cell_whose_key_leads_elsewhere_is_left_out(copy: Path, key: str) -> None:
    path = copy / "run.json"
    run = json.loads(path.read_text())
    cell = next(iter(run["cells"].values()))
    parts = [*key.split("/"), "", "", ""][:3]
    run["cells"][key] = cell | dict(zip(("system", "dataset", "condition"), parts, strict=True))
    run["suite_cells"].append(key)
    path.write_text(json.dumps(run))
    opened = OpenRun(copy, "copy")
    assert key not in opened.cells and key not in opened.read_run()["suite_cells"]
    assert len(opened.problems) == 1 and repr(key) in opened.problems[0].what


def test_what_is_read_again_is_known_by_its_files(copy: Path) -> None:
    before = OpenRun(copy, "copy").signature
    assert OpenRun(copy, "copy").signature == before
    place = copy / "cells" / "bad" / "set" / "noise" / "scores.parquet"
    os.utime(place, ns=(1, 1))
    assert OpenRun(copy, "copy").signature != before


def test_systems_of_one_id_in_two_runs_carry_the_run(runs: Runs) -> None:
    both = [OpenRun(runs.plain, "plain"), OpenRun(runs.other, "other")]
    assert called(both) == {
        ("plain", "good"): "good",
        ("plain", "bad"): "bad [plain]",
        ("other", "bad"): "bad [other]",
    }


def test_names_of_runs_are_unique() -> None:
    names = run_names([Path("x/a"), Path("y/a"), Path("z/a-2"), Path("w/a")])
    assert len(set(names)) == 4 and names[0] == "a"


def test_the_newest_run_is_found(tmp_path: Path, copy: Path) -> None:
    assert newest_run(tmp_path / "none") is None
    old = tmp_path / "old"
    old.mkdir()
    (old / "run.json").write_text("{}")
    os.utime(old / "run.json", ns=(1, 1))
    assert newest_run(tmp_path) == copy
