"""Run health: cells, failures, what a run was made with, and runs that are not whole."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from explorer_runs import SCRIPT, Runs, choose

SESSION = {
    **{"started": "2026-01-01T10:00:00+00:00", "command": f"asrdiag run {SCRIPT}", "asrdiag": "0.1.0"},
    **{"python": "3.11.7", "platform": "Linux", "host": "here", "cpus": 2, "packages": {"numpy": "2.4.6"}},
    **{"device": "cpu", "executor": "local", "workers": 2, "batch_size": None},
    "systems": {
        "bad": [
            {
                **{"device": "cpu", "name": "a chip", "processes": 2, "open_s": 1.5, "transcribe_s": 20.0},
                **{"idle_share": 0.25, "peak_memory_bytes": 2**31, "peak_device_memory_bytes": None},
                **{"batch_clips": 8, "batch_padded_s": None},
            }
        ]
    },
}
ENDED = SESSION | {"started": "2026-01-02T10:00:00+00:00", "ended": "2026-01-02T11:00:00+00:00"}


@pytest.fixture(scope="module")
def run(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain run with sessions, a suite, a log, and a second kind of failure."""
    folder = Path(shutil.copytree(runs.plain, tmp_path_factory.mktemp("health") / "sick"))
    path = folder / "run.json"
    content = json.loads(path.read_text())
    content |= {"sessions": [SESSION, ENDED | {"status": "partial"}], "status": "partial"}
    content["not_run"] = {"other": f"put {SCRIPT} there"}
    content["suite_cells"].append("bad/other/as_recorded")
    path.write_text(json.dumps(content))
    (folder / "suite.yaml").write_text(f"name: made  # \u202e{SCRIPT}\n")
    (folder / "log.txt").write_text("one\n" * 300 + "partial\n")
    samples = folder / "cells" / "bad" / "set" / "noise" / "samples.jsonl"
    samples.write_text(
        samples.read_text().replace('"message": "made"', '"message": "no file /a/b7.wav, 12 bytes <b>"')
    )
    return folder


def table(at: Any, column: str) -> Any:
    """The first table with a column."""
    return next(each.value for each in at.dataframe if column in each.value.columns)


def test_cells_say_how_far_they_are(explorer: Any, run: Path) -> None:
    at = explorer(run, page="health")
    cells = table(at, "fingerprint")
    assert list(cells["system"] + "/" + cells["condition"]) == [
        *("good/as_recorded", "good/noise", "bad/as_recorded", "bad/noise", "bad/as_recorded")
    ]
    assert list(cells["state"]) == ["✓ complete"] * 2 + ["⚠ partial"] * 2 + ["○ not run"]
    assert list(cells["expected"])[:4] == [5] * 4 and list(cells["answered"])[:4] == [5, 5, 4, 4]
    assert list(cells["failed"])[:4] == [0, 0, 1, 1]
    # Clips of 1 s that took 0.1 s each.
    assert cells["rtfx"][0] == pytest.approx(10)
    assert [each.value for each in at.metric] == ["partial", "2 of 5", "18 of 20", "2"]
    assert "other was not run" in at.warning[0].value and "<script>" not in at.warning[0].value


def test_failures_are_told_by_reason_and_lead_to_their_cases(explorer: Any, run: Path) -> None:
    at = explorer(run, page="health")
    reasons = table(at, "for example")
    assert sorted(zip(reasons["stage"], reasons["clips"], reasons["for example"], strict=True)) == [
        ("transcribe", 1, "made"),
        ("transcribe", 1, "no file /a/b7.wav, 12 bytes <b>"),
    ]
    place = next(place for place, each in enumerate(at.dataframe) if "for example" in each.value.columns)
    choose(at, list(reasons["for example"]).index("made"), place)
    assert at.title[0].value == "Cases"
    assert (at.query_params["stage"], at.query_params["sample"]) == ("transcribe", "u4")
    assert at.query_params["condition"] == "as_recorded" and len(at.dataframe[0].value) == 1


def test_a_cell_shows_what_it_was_made_from(explorer: Any, run: Path) -> None:
    at = explorer(run, page="health")
    choose(at, 3)
    assert any('"kind": "made"' in code.value for code in at.code)
    at.button(key="health.failed").click().run()
    assert at.query_params["condition"] == "noise" and list(at.dataframe[0].value["case"]) == ["u4"]


def test_machines_sessions_and_the_suite_are_shown_as_text(explorer: Any, run: Path) -> None:
    at = explorer(run, page="health")
    used = table(at, "device_memory")
    assert (used["device"][0], used["memory"][0], used["idle"][0]) == ("cpu a chip", 2.0, 25.0)
    sessions = table(at, "command")
    assert list(sessions["status"]) == ["partial", ""] and sessions["command"][0] == f"asrdiag run {SCRIPT}"
    assert any("1 session did not come to an end" in each.value for each in at.caption)
    suite = next(code.value for code in at.code if code.value.startswith("name: made"))
    assert SCRIPT in suite and "\u202e" not in suite
    assert next(code.value for code in at.code if code.value.endswith("partial")).count("\n") == 199
    assert list(table(at, "is")[""])[:2] == ["platform", "python"]


def test_files_outside_the_run_are_not_shown(explorer: Any, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (copy / "suite.yaml").symlink_to(tmp_path / "secret")
    (copy / "log.txt").symlink_to(tmp_path / "secret")
    at = explorer(copy, page="health")
    assert not any("secret" in code.value for code in at.code)
    labels = [each.label for each in at.expander]
    assert "suite\\.resolved\\.yaml" in labels and "suite\\.yaml" not in labels


def test_a_run_still_being_written_and_damaged_cells(explorer: Any, copy: Path) -> None:
    path = copy / "run.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"status": "running", "sessions": [None, {"systems": 5}]}))
    (copy / "cells" / "bad" / "set" / "noise" / "summary.json").unlink()
    (copy / "cells" / "good" / "set" / "noise" / "scores.parquet").write_bytes(b"no")
    shutil.rmtree(copy / "cells" / "good" / "set" / "as_recorded")
    at = explorer(copy, page="health")
    cells = table(at, "fingerprint")
    assert list(cells["state"]) == ["○ waiting", "✗ damaged", "⚠ partial", "… not scored yet"]
    assert list(cells["recorded"]) == [0, 5, 5, 5]
    assert any("Records were written last at" in each.value for each in at.caption)
    assert any("scores.parquet" in text.value for each in at.expander for text in each.text)
    path.write_text("{")
    at = explorer(copy, page="health")
    assert any("The run has no cells" in each.value for each in at.info)


def test_of_two_runs_one_is_looked_at(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, runs.other, page="health", **{"health.run": "other"})
    assert list(table(at, "fingerprint")["system"]) == ["bad"]
    assert "None known" not in " ".join(each.value for each in at.caption)
    at = explorer(runs.plain, runs.other, page="health")
    assert len(table(at, "fingerprint")) == 4
