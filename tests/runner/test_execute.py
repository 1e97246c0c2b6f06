"""Whole sessions in this process: what is run is what was planned, and a hopeless system is given up."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_jobs import noise_clips
from fakes import FakeSpec
from run_files import records

from asrdiag.errors import AsrdiagError
from asrdiag.runner.cells import CellState
from asrdiag.runner.console import StderrConsole
from asrdiag.runner.display import Display, SilentDisplay, make_display
from asrdiag.runner.execute import Resources
from asrdiag.runner.plan import Selection, make_plan
from asrdiag.runner.recording import RunAborted
from asrdiag.runner.session import run_session
from asrdiag.suite import load_suite

Run = Callable[..., Path]
# Suites know no engine `fake`, so it is put in afterwards, and written out as an unknown one.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs fake systems on clips of the given seconds."""

    def go(
        systems: list[FakeSpec],
        lengths_s: list[float],
        batch: int | None = None,
        display: Display | None = None,
    ) -> Path:
        noise_clips(tmp_path, {f"c{n:02}": length_s for n, length_s in enumerate(lengths_s)})
        rows = (
            {"id": f"c{n:02}", "audio": f"c{n:02}.wav", "text": "x", "language": "en"}
            for n in range(len(lengths_s))
        )
        (tmp_path / "clips.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        suite = {
            "schema": 1,
            "name": "small",
            "systems": [{"id": system.id, "engine": "moonshine"} for system in systems],
            "datasets": [{"id": "set", "loader": "manifest", "path": "clips.jsonl"}],
            "conditions": [{"id": "as_recorded", "kind": "as_recorded"}],
            "on_error": {"max_failure_share": 1, "retry": 0},
        }
        (tmp_path / "small.yaml").write_text(yaml.safe_dump(suite))
        loaded = load_suite(tmp_path / "small.yaml")
        fakes = loaded.suite.model_copy(update={"systems": tuple(systems)})
        plan = make_plan(replace(loaded, suite=fakes), Selection())
        display = display or make_display("none")
        run_session(plan, tmp_path / "run", Resources(1, "cpu", batch), display, command="test")
        return tmp_path / "run"

    return go


def test_a_branch_that_moves_on_is_opened_where_it_was(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = tmp_path / "main"
    branch.write_text("c0ffee")
    as_it_is = FakeSpec.pinned

    def pinned_and_moved(self: FakeSpec) -> FakeSpec:
        found = as_it_is(self)
        branch.write_text("decaf")
        return found

    monkeypatch.setattr(FakeSpec, "pinned", pinned_and_moved)
    folder = run([FakeSpec(id="a", version_file=str(branch))], [0.1])
    [record] = records(folder, "a/set/as_recorded")
    cells = json.loads((folder / "run.json").read_text())["cells"]
    assert cells["a/set/as_recorded"]["model_revision"] == record["details"]["version"] == "c0ffee"


class ThenChange(SilentDisplay):
    """Changes a file when the first system is done."""

    def __init__(self, path: Path) -> None:
        super().__init__(StderrConsole(stderr=True))
        self.path = path

    def finished(self, state: CellState, rows: Any) -> None:
        self.path.write_text("2")


def test_a_system_that_changes_while_another_runs_is_not_run_as_what_it_was(run: Run, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    systems = [FakeSpec(id="a"), FakeSpec(id="b", version_file=str(weights))]
    with pytest.raises(
        AsrdiagError, match=r"'b' has changed since this command began \(revision: .1. -> .2."
    ):
        run(systems, [0.1], display=ThenChange(weights))
    folder = run(systems, [0.1])
    assert [record["details"]["version"] for record in records(folder, "b/set/as_recorded")] == ["2"]


def test_where_no_clip_fits_the_run_stops_early(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunAborted, match="failed on all of the first 26 clips; the last: OutOf"):
        run([FakeSpec(id="a", fits_s=0.01)], [0.1] * 60, batch=2)
    # After 5 times the 5 clips of `abort_if_first`; 26, as a batch has two.
    assert len(records(tmp_path / "run", "a/set/as_recorded")) == 26


def test_where_nothing_more_is_answered_the_run_stops(run: Run, tmp_path: Path) -> None:
    names = [f"c{n:02}" for n in range(70)]
    with pytest.raises(RunAborted, match="failed on 50 clips in a row; the last: RuntimeError"):
        run([FakeSpec(id="a", trips_on=tuple(names[10:]))], [0.1] * 70, batch=1)
    found = [record["hypothesis_raw"] for record in records(tmp_path / "run", "a/set/as_recorded")]
    assert found == [*names[:10], *[None] * 50]
    # An answer, 49 failures, an answer and 19 failures: it goes to the end.
    folder = run([FakeSpec(id="b", trips_on=(*names[1:50], *names[51:]))], [0.1] * 70, batch=1)
    assert len(records(folder, "b/set/as_recorded")) == 70


def test_where_the_longest_clips_do_not_fit_it_goes_on_with_the_shorter(run: Run) -> None:
    # 40 that do not fit would be more than 25, but the shortest batch is tried after the longest.
    folder = run([FakeSpec(id="a", fits_s=0.3)], [0.35] * 40 + [0.1] * 2, batch=2)
    found = records(folder, "a/set/as_recorded")
    assert sorted(record["hypothesis_raw"] or "" for record in found) == [""] * 40 + ["c40", "c41"]
