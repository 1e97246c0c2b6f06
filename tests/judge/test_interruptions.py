"""Killed, interrupted, torn: nothing that was answered is asked, or paid for, again."""

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from conftest import Command
from judge.judge_server import Asked, JudgeServer, good
from judge.judged_runs import ASKED, answered, events
from running import LONG_S, wait_until
from scripted_server import Say

PRICES = ("--price-per-million-input-tokens", "2", "--price-per-million-output-tokens", "10")


def words(run: Path, server: JudgeServer) -> tuple[object, ...]:
    return "judge", run, "--model", "m", "--base-url", server.url, "--concurrency", "2", *PRICES


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send a signal; returns what is said until it has come."""
    os.kill(process.pid, number)
    assert process.stderr
    said = ""
    while "interrupted: waiting" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


def held(server_of: list[JudgeServer], go_on: threading.Event) -> Any:
    """The first question is answered at once, the others when `go_on` is set."""

    def script(asked: Asked, time: int) -> Say:
        [server] = server_of
        return Say(good(asked).body, wait_for=None if len(server.heard) == 1 else go_on)

    return script


def test_a_kill_loses_what_is_under_way_and_says_so(
    asrdiag: Command, judge: Any, call: Any, run: Path
) -> None:
    go_on, servers = threading.Event(), []
    with JudgeServer(held(servers, go_on)) as server:
        servers.append(server)
        with asrdiag.start(*words(run, server)) as process:
            wait_until(lambda: len(server.heard) == 3, lambda: process.poll() is None)
        go_on.set()
        assert process.wait() == -signal.SIGKILL
        [path] = (run / "judge").glob("*/answers.jsonl")
        with path.open("a") as stream:  # as if the kill had come in the middle of a line
            stream.write('{"event": "ans')
        resumed = call(*words(run, server), "--progress", "none")
        assert resumed.status == 0, resumed.err
        assert "2 requests were under way when an earlier session ended" in resumed.err
        assert len(answered(run)) == ASKED
        assert "under way" not in call(*words(run, server), "--progress", "none").err  # made up for by now
        under_way = {(asked.reference, asked.hypothesis) for asked in server.asked[1:3]}
        for asked in server.asked:
            pair = asked.reference, asked.hypothesis
            assert server.counted(*pair) == 1 + (pair in under_way)
    lost = [event["worst_cost"] for event in events(run, "sent")][1:3]
    assert [event["worst_cost"] for event in events(run, "sent")][3:] != []
    spent = call(*words(run, server), "--dry-run").out
    # Four answers of 500 tokens at 2 and 40 at 10 in a million, and two that may have been paid for.
    assert f"before: 6 requests, {4 * 0.0014 + sum(lost):.6g}" in spent


def test_an_interruption_waits_for_what_is_paid_for(asrdiag: Command, call: Any, run: Path) -> None:
    go_on, servers = threading.Event(), []
    with JudgeServer(held(servers, go_on)) as server:
        servers.append(server)
        with asrdiag.start(*words(run, server)) as process:
            wait_until(lambda: len(server.heard) == 3, lambda: process.poll() is None)
            err = interrupt(process, signal.SIGTERM)
            go_on.set()
            assert process.stdout and process.stderr
            out, err = process.stdout.read(), err + process.stderr.read()
        assert process.returncode == 130
        assert "interrupted: waiting for 2 questions that are under way" in err
        assert "asrdiag judge" in err.splitlines()[-1]  # the command that goes on
        assert "3 judged, 0 failed, 1 left" in out
        assert len(server.heard) == 3
        assert call(*words(run, server), "--progress", "none").status == 0
    assert len(server.heard) == ASKED
    assert len(answered(run)) == ASKED


def test_a_second_interruption_gives_up(asrdiag: Command, run: Path) -> None:
    servers: list[JudgeServer] = []
    with JudgeServer(held(servers, threading.Event())) as server:
        servers.append(server)
        with asrdiag.start(*words(run, server)) as process:
            wait_until(lambda: len(server.heard) == 3, lambda: process.poll() is None)
            interrupt(process, signal.SIGINT)
            os.kill(process.pid, signal.SIGINT)
            process.communicate(timeout=LONG_S)
        assert process.returncode == 130
    assert len(answered(run)) == 1
    assert len(events(run, "sent")) == 3


def test_a_kill_between_a_broken_answer_and_its_repair_pays_for_the_repair_alone(
    judge: Any, run: Path
) -> None:
    from judge.judge_server import says

    def script(asked: Asked, time: int) -> Say:
        return good(asked) if asked.previous else says("no JSON")

    with JudgeServer(script) as server:
        judge(server, "--max-requests", "1", "--concurrency", "1")
        assert len(events(run, "malformed")) == 1
        assert judge(server).status == 0
    assert len(server.heard) == 2 * ASKED
    assert len([asked for asked in server.asked if asked.previous is None]) == ASKED


def test_one_at_a_time(call: Any, run: Path) -> None:
    from asrdiag.store.lock import RunLock

    with JudgeServer() as server, RunLock(run):
        refused = call(*words(run, server))
    assert refused.status == 2
    assert "is in use by process" in refused.err
    assert server.heard == []


def test_a_damaged_line_is_named(judge: Any, call: Any, run: Path) -> None:
    with JudgeServer() as server:
        judge(server)
        [path] = (run / "judge").glob("*/answers.jsonl")
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(["{broken\n", *lines[1:]]))
        damaged = judge(server)
        assert damaged.status == 1
        assert f"{path}:1: found a damaged line" in damaged.err
        path.write_text("".join([*lines, '{"event": "paid"}\n']))
        assert f"{path}:{len(lines) + 1}: not a line that this version" in judge(server).err
    assert len(server.heard) == ASKED
