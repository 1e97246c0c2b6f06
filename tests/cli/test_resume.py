"""A run that is interrupted, killed or changed goes on where it stopped, and loses nothing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from conftest import Command
from run_files import leaderboard, records
from running import LONG_S, children, wait_for_samples, wait_until, wait_until_gone, workers

SPHINX = {"id": "pocketsphinx", "engine": "pocketsphinx"}
TWO_CONDITIONS = [
    {"id": "as_recorded", "kind": "as_recorded"},
    {"id": "white", "kind": "additive_noise", "noise": "white", "snr_db": 10},
]
CELLS = ("pocketsphinx/demo/as_recorded", "pocketsphinx/demo/white.snr10")


def test_three_kills_with_a_torn_line_each_lose_and_repeat_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(systems=[SPHINX], conditions=TWO_CONDITIONS)
    run = tmp_path / "runs" / "small"
    for number in (2, 5, 9):
        with asrdiag.start("run", path, "--limit", 8) as process:
            wait_for_samples(run, number, process)
        assert process.returncode == -signal.SIGKILL
        latest = max(run.glob("cells/*/*/*/samples.jsonl"), key=os.path.getmtime)
        with latest.open("ab") as stream:
            stream.write(b'{"sample_id": "two-cities-')
    resumed = asrdiag("run", path, "--limit", 8)
    assert resumed.returncode == 0, resumed.stderr
    assert "samples.jsonl: cut 26 bytes of a torn last line" in resumed.stderr
    undisturbed = asrdiag("run", path, "--limit", 8, "--out", "undisturbed")
    assert undisturbed.returncode == 0
    for cell in CELLS:
        ids = [record["sample_id"] for record in records(run, cell)]
        assert len(ids) == len(set(ids)) == 8
        scores = Path("cells") / cell / "scores.parquet"
        assert without_times(run / scores) == without_times(tmp_path / "undisturbed" / scores)
    rates = [
        [row["error_rate_pct"] for row in leaderboard(folder)] for folder in (run, tmp_path / "undisturbed")
    ]
    assert rates[0] == rates[1]
    again = asrdiag("run", path, "--limit", 8)
    assert again.returncode == 0
    assert "nothing to do in the selected 2 of 2 cells" in again.stdout


def without_times(path: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    return pq.read_table(path).drop_columns(["transcribe_s"]).to_pylist()


def test_workers_do_not_outlive_a_killed_run(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    with asrdiag.start("run", suite(systems=[SPHINX]), "--workers", "2") as process:
        wait_for_samples(tmp_path / "runs" / "small", 1, process)
        wait_until(lambda: len(workers(process.pid)) == 2)
        found = children(process.pid)
    wait_until_gone(found)


def test_ctrl_c_says_how_to_go_on_and_keeps_what_is_done(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    path = suite(systems=[SPHINX])
    run = tmp_path / "runs" / "small"
    with asrdiag.start("run", path, "--limit", 8) as process:
        wait_for_samples(run, 2, process)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 130
    assert f"To go on: asrdiag run {path} --limit 8" in errors
    assert "Traceback" not in errors
    done = {record["sample_id"] for record in records(run, CELLS[0])}
    assert len(done) >= 2
    assert '"status": "interrupted"' in (run / "run.json").read_text()
    assert int(leaderboard(run)[0]["n_scored"]) == len(done)  # the tables say how far it came
    before = (run / "cells" / CELLS[0] / "samples.jsonl").read_bytes()
    assert asrdiag("run", path, "--limit", 8).returncode == 0
    assert (run / "cells" / CELLS[0] / "samples.jsonl").read_bytes().startswith(before)


def test_a_worker_that_is_killed_costs_nothing(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "small"
    with asrdiag.start("run", suite(systems=[SPHINX]), "--workers", "1", "--limit", 8) as process:
        wait_for_samples(run, 2, process)
        [worker] = workers(process.pid)
        os.kill(worker, signal.SIGKILL)
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, errors
    ids = [record["sample_id"] for record in records(run, CELLS[0])]
    assert len(ids) == len(set(ids)) == 8


def test_a_second_process_is_refused(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    path = suite(systems=[SPHINX])
    with asrdiag.start("run", path) as process:
        wait_for_samples(tmp_path / "runs" / "small", 1, process)
        second = asrdiag("run", path)
    assert second.returncode == 2
    assert f"in use by process {process.pid}" in second.stderr


def test_only_cells_that_changed_run_again_and_it_is_said_why(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "small"
    clean = {"id": "as_recorded", "kind": "as_recorded"}
    white = {"id": "noise", "kind": "additive_noise", "noise": "white", "snr_db": 10}
    pink = white | {"noise": "pink"}
    first = asrdiag("run", suite(conditions=[clean, white]), "--limit", 2)
    assert first.returncode == 0, first.stderr
    untouched = (run / "cells/moonshine-tiny/demo/as_recorded/samples.jsonl").stat().st_mtime_ns
    old = records(run, "moonshine-tiny/demo/noise.snr10")

    changed = asrdiag("run", suite(conditions=[clean, pink]), "--limit", 2)
    assert changed.returncode == 0, changed.stderr
    assert "moonshine-tiny/demo/noise.snr10: run anew, since this changed: condition.noise" in changed.stderr
    assert "as_recorded: run anew" not in changed.stderr
    assert (run / "cells/moonshine-tiny/demo/as_recorded/samples.jsonl").stat().st_mtime_ns == untouched
    assert records(run, "moonshine-tiny/demo/noise.snr10") != old

    back = suite(conditions=[clean, white])
    assert "will be taken back" in asrdiag("run", back, "--dry-run").stdout
    back = asrdiag("run", back, "--limit", 2)
    assert "taken back from" in back.stderr
    assert "run anew" not in back.stderr
    assert "nothing to do" in back.stdout
    assert records(run, "moonshine-tiny/demo/noise.snr10") == old


def test_a_seed_changes_only_what_is_drawn(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    asrdiag("run", suite(conditions=TWO_CONDITIONS, seed=1), "--limit", 1)
    changed = asrdiag("run", suite(conditions=TWO_CONDITIONS, seed=2), "--limit", 1)
    assert "demo/white.snr10: run anew, since this changed: seed: 1 -> 2" in changed.stderr
    assert "as_recorded: run anew" not in changed.stderr


def test_a_limit_can_be_raised_later(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    path, run = suite(), tmp_path / "runs" / "small"
    assert asrdiag("run", path, "--limit", 2).returncode == 0
    row = leaderboard(run)[0]
    assert (row["n_scored"], row["n_expected"], row["complete"]) == ("2", "15", "false")
    before = records(run, "moonshine-tiny/demo/as_recorded")
    assert asrdiag("run", path).returncode == 0
    assert records(run, "moonshine-tiny/demo/as_recorded")[:2] == before
    row = leaderboard(run)[0]
    assert (row["n_scored"], row["n_expected"], row["complete"]) == ("15", "15", "true")


def test_fresh_moves_the_old_run_aside(asrdiag: Command, suite: Callable[..., Path], tmp_path: Path) -> None:
    path = suite()
    asrdiag("run", path, "--limit", 1)
    old = (tmp_path / "runs/small/run.json").read_bytes()
    fresh = asrdiag("run", path, "--limit", 1, "--fresh")
    assert "the old run is now in runs/small." in fresh.stderr
    aside = [entry for entry in (tmp_path / "runs").iterdir() if entry.name != "small"]
    assert len(aside) == 1
    assert (aside[0] / "run.json").read_bytes() == old
    assert len(records(tmp_path / "runs/small", "moonshine-tiny/demo/as_recorded")) == 1
