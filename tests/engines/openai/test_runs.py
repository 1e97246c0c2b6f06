"""Whole runs against an endpoint that misbehaves, breaks off and is asked again."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Command
from run_files import leaderboard, records
from running import children, wait_for_samples, wait_until, wait_until_gone
from scripted_server import STEP, Say, ScriptedServer, by_clip, fine

from asrdiag.errors import UsageError
from asrdiag.runner.plan import Selection, make_plan
from asrdiag.suite.load import load_suite

KEY = "sk-test-0123456789abcdef"
CELL = "hosted/clips/as_recorded"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTED_KEY", KEY)


@pytest.fixture
def hosted(suite: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Writes a suite of so many clips on an endpoint; the server hears clip n as n."""

    def write(server: ScriptedServer, clips: int, on_error: Any = None, **keys: Any) -> Path:
        random = np.random.default_rng(0)
        rows = []
        for number in range(clips):
            samples = 0.1 * random.standard_normal((number + 1) * STEP)
            soundfile.write(tmp_path / f"{number}.wav", samples, 16_000)
            rows.append(json.dumps({"id": f"c{number}", "audio": f"{number}.wav", "text": f"clip {number}"}))
        (tmp_path / "clips.jsonl").write_text("\n".join(rows))
        system = {"id": "hosted", "engine": "openai", "model": "m", "base_url": server.url}
        system |= {"api_key_env": "HOSTED_KEY", "backoff_s": 0.01, "retries": 3}
        return suite(
            systems=[system | keys],
            datasets=[{"id": "clips", "loader": "manifest", "path": "clips.jsonl"}],
            on_error=on_error or {"max_failure_share": 1},
        )

    return write


def answers(run: Path) -> dict[str, Any]:
    """By clip, what was answered or the type of the failure; each clip must be there once."""
    found = records(run, CELL)
    assert len({record["sample_id"] for record in found}) == len(found)
    return {
        record["sample_id"]: record["hypothesis_raw"] if record["error"] is None else record["error"]["type"]
        for record in found
    }


def test_every_clip_is_answered_or_recorded_with_its_reason_once(
    asrdiag: Command, hosted: Callable[..., Path], tmp_path: Path
) -> None:
    busy, html = Say({"error": {"message": f"{KEY} is busy"}}, 500), Say("<html>gateway</html>", 502)
    script = by_clip(
        {
            1: [Say("slow down", 429, {"Retry-After": "1"}), fine(1)],
            2: [busy, busy, busy, fine(2)],
            3: [Say(hang=True), fine(3)],
            4: [Say({"text": "half of it"}, cut_at=10), fine(4)],
            5: [Say('{"text": "it w')],
            6: [Say({"text": ""})],
            7: [Say({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401)],
            8: [Say({"text": None})],
            9: [html],
            10: [Say({"text": "never whole"}, cut_at=10)],
        }
    )
    with ScriptedServer(script) as server:
        path = hosted(server, 12, timeout_s=5, price_per_minute=0.6)
        done = asrdiag("run", path, "--progress", "plain")
        assert done.returncode == 0, done.stderr
        asked = [server.times(number) for number in range(12)]
        run = tmp_path / "runs" / "small"
        found, told = answers(run), {record["sample_id"]: record for record in records(run, CELL)}
        spent = json.loads((run / "run.json").read_text())["sessions"][0]["systems"]["hosted"][0]["spent"]

        server.script = fine  # what failed is asked again by the same command, and nothing else is
        assert asrdiag("run", path).returncode == 0
        assert [number for number in range(12) if server.times(number) > asked[number]] == [5, 7, 8, 9, 10]
        assert {record["hypothesis_raw"] for record in records(run, CELL)[12:]} == {
            f"clip {number}" for number in (5, 7, 8, 9, 10)
        }
    assert found == {
        **{f"c{number}": f"clip {number}" for number in (0, 1, 2, 3, 4, 11)},
        **{"c5": "UnreadableAnswer", "c6": "", "c7": "RequestFailed", "c8": "NoText"},
        **{"c9": "RequestFailed", "c10": "RequestFailed"},
    }
    assert asked == [1, 2, 4, 2, 2, 1, 1, 1, 1, 4, 4, 1]
    # Nine answers came, some without a text: of 0.1 to 0.7, 0.9 and 1.2 s, together 4.9 s at 0.6 a minute.
    assert spent == {"requests": sum(asked), "cost": 0.049, "answers_without_cost": 0}
    assert told["c7"]["error"] == {
        "stage": "transcribe",
        "type": "RequestFailed",
        "message": "HTTP 401 Unauthorized: Incorrect API key provided: [the key]",
    }
    assert told["c9"]["error"]["message"].startswith("4 requests, the last: HTTP 502")
    assert told["c2"]["details"] == {"requests": 4, "cost": 0.003}  # 0.3 s at 0.6 a minute
    assert told["c8"]["details"] == {"cost": 0.009}
    assert 0 < told["c0"]["timing"]["transcribe_s"] != told["c11"]["timing"]["transcribe_s"]
    [row] = [row for row in leaderboard(run) if row["condition"] == "as_recorded"]
    assert (row["n_scored"], row["n_failed"]) == ("12", "0")

    written = [path for path in run.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"samples.jsonl", "errors.jsonl", "run.json", "log.txt"}
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert KEY not in done.stdout + done.stderr


def test_a_limit_stops_the_run_and_the_same_command_goes_on(
    asrdiag: Command, hosted: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "small"
    with ScriptedServer() as server:
        path = hosted(server, 7, max_requests=5, concurrency=2)
        stopped = asrdiag("run", path)
        assert stopped.returncode == 1
        assert (
            f"{CELL}: stopped, since 5 requests are all that max_requests allows; "
            "what is answered is kept, and the same command goes on" in stopped.stderr
        )
        assert len(answers(run)) == len(server.heard) == 5
        assert "Traceback" not in stopped.stderr
        assert not (run / "errors.jsonl").read_text()
        last = asrdiag("run", path)
        assert last.returncode == 0, last.stderr
        assert answers(run) == {f"c{number}": f"clip {number}" for number in range(7)}
        assert [server.times(number) for number in range(7)] == [1] * 7


def test_a_kill_loses_only_what_is_under_way(
    asrdiag: Command, hosted: Callable[..., Path], tmp_path: Path
) -> None:
    go_on = threading.Event()
    run = tmp_path / "runs" / "small"

    def script(clip: int, time: int) -> Say:
        return Say({"text": f"clip {clip}"}, wait_for=None if len(server.heard) <= 4 else go_on)

    with ScriptedServer(script) as server:
        path = hosted(server, 8, concurrency=2, timeout_s=60)
        with asrdiag.start("run", path, "--workers", "4") as process:
            wait_until(lambda: len(server.heard) >= 6, meanwhile=lambda: process.poll() is None)
            wait_for_samples(run, 4, process)
            started = children(process.pid)
        wait_until_gone(started)
        assert server.most_at_once == 2  # one process sends, however many workers there are
        go_on.set()
        resumed = asrdiag("run", path)
        assert resumed.returncode == 0, resumed.stderr
        assert answers(run) == {f"c{number}": f"clip {number}" for number in range(8)}
        under_way = {request.clip for request in server.heard[4:6]}
        assert [server.times(number) for number in range(8)] == [1 + (n in under_way) for n in range(8)]


def test_an_endpoint_that_is_not_there_stops_the_run_early(
    asrdiag: Command, hosted: Callable[..., Path], tmp_path: Path
) -> None:
    with ScriptedServer() as server:
        path = hosted(server, 9, concurrency=5, retries=1)
    gone = asrdiag("run", path)
    assert gone.returncode == 1
    assert "the recogniser failed on all of the first 5 clips" in gone.stderr
    assert "2 requests, the last: ConnectError" in gone.stderr
    assert set(answers(tmp_path / "runs/small").values()) == {"RequestFailed"}


def test_without_the_key_nothing_is_run(hosted: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        loaded = load_suite(hosted(server, 1))
        assert make_plan(loaded, Selection()).cells
        monkeypatch.delenv("HOSTED_KEY")
        with pytest.raises(
            UsageError, match=r"system 'hosted' cannot run on this machine: .* HOSTED_KEY is not set"
        ):
            make_plan(loaded, Selection())
        assert not server.heard
