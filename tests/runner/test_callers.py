"""A hosted system, called by threads and fed by processes, one answer hanging and one process dying."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_jobs import fake_job
from scripted_server import STEP, Say, ScriptedServer

from asrdiag.datasets.base import Utterance
from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError
from asrdiag.runner.callers import Callers
from asrdiag.runner.clip import ClipInProgress, Job, Task
from asrdiag.runner.fed_pool import FedPool
from asrdiag.runner.feeding import Batch, Heard
from asrdiag.runner.usage import used_by_device


def hosted_job(
    folder: Path, server: ScriptedServer, clips: int, deadly_to: tuple[str, ...] = (), **keys: object
) -> Job:
    """The server hears clip n as n."""
    for number in range(clips):
        noise = 0.1 * np.random.default_rng(number).standard_normal((number + 1) * STEP)
        soundfile.write(folder / f"c{number}.wav", noise, 16_000)
    utterances = tuple(Utterance(f"c{n}", folder / f"c{n}.wav", f"clip {n}") for n in range(clips))
    engine = ENGINES.load("openai")(id="hosted", engine="openai", model="m", base_url=server.url, **keys)
    return replace(fake_job(utterances, folder, deadly_to=deadly_to), engine=engine)


def tasks(clips: int, condition: str) -> list[Task]:
    return [Task(f"hosted/set/{condition}", "set", condition, (number,)) for number in range(clips)]


def test_one_hanging_answer_stops_no_other_and_limits_survive_the_death_of_a_process(tmp_path: Path) -> None:
    others = threading.Event()

    def script(clip: int, _: int) -> Say:
        if len(server.heard) == 8:
            others.set()
        return Say({"text": f"clip {clip}", "usage": {"seconds": 2}}, wait_for=others if clip == 0 else None)

    with ScriptedServer(script) as server:
        job = hosted_job(tmp_path, server, 12, ("c5",), concurrency=2, max_requests=8, price_per_minute=0.6)
        with FedPool(job, 2, ()) as pool:
            outcomes = [outcome for _, found in pool.run(tasks(12, "deadly")) for outcome in found]
        assert len(server.heard) == 8
    answered = {
        outcome.record["sample_id"]: outcome.record["hypothesis_raw"]
        for outcome in outcomes
        if not outcome.left_undone
    }
    # Of 12 clips one has killed the process that was to degrade it, and 8 could be asked about.
    assert answered.pop("c5") is None
    assert answered == {f"c{heard.clip}": f"clip {heard.clip}" for heard in server.heard}
    assert "c0" in answered
    assert [outcome.left_undone for outcome in outcomes if outcome.left_undone] == [
        "since 8 requests are all that max_requests allows"
    ] * 3
    [used] = used_by_device(pool.usage.values())
    # 8 answers of 2 s each at 0.6 a minute.
    spent = {"requests": 8, "seconds": 16.0, "cost": 0.16, "answers_without_cost": 0}
    assert used["spent"] == spent
    assert json.loads(json.dumps(used)) == used
    assert 0 <= used["idle_share"] < 1


def test_closed_in_the_midst_it_gives_up_what_is_under_way(tmp_path: Path) -> None:
    with ScriptedServer(lambda *_: Say(hang=True)) as server:
        job = hosted_job(tmp_path, server, 3, concurrency=1, timeout_s=1000.0)
        clips = [ClipInProgress(job, task, task.positions[0]) for task in tasks(3, "as_recorded")]
        assert all(clip.prepare() for clip in clips)
        callers = Callers(job, threads=2)
        for clip in clips[:2]:
            callers.take(Batch(clip.task, (clip,)))
        assert (callers.load, callers.room) == (2, 0)
        while not server.heard:
            pass
        closing = threading.Thread(target=lambda: callers.close(finished=False), daemon=True)
        closing.start()
        closing.join(timeout=200)  # the server gives up after 300 s
        assert not closing.is_alive()
        assert len(server.heard) == 1


def test_the_time_of_a_call_that_is_still_under_way_counts(tmp_path: Path) -> None:
    # Calls overlap until a session is interrupted: of two, the first is still waited for then.
    with ScriptedServer(lambda clip, _: Say({"text": "x"}, hang=clip == 0)) as server:
        job = hosted_job(tmp_path, server, 2, concurrency=2, timeout_s=1000.0)
        clips = [ClipInProgress(job, task, task.positions[0]) for task in tasks(2, "as_recorded")]
        assert all(clip.prepare() for clip in clips)
        callers = Callers(job, threads=2)
        for clip in clips:
            callers.take(Batch(clip.task, (clip,)))
        found: list[tuple[Batch, Heard]] = []
        while not found:
            found = list(callers.results())
        callers.close(finished=False)
    [(batch, heard)] = found
    assert batch.task.positions == (1,)
    assert heard.usage is not None
    [used] = used_by_device([heard.usage])
    assert used["transcribe_s"] > 0
    assert used["idle_share"] is not None


def test_a_system_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        job = hosted_job(tmp_path, server, 1, api_key_env="NO_SUCH_KEY")
        clip = ClipInProgress(job, tasks(1, "as_recorded")[0], 0)
        assert clip.prepare()
        callers = Callers(job, threads=1)
        callers.take(Batch(clip.task, (clip,)))
        with pytest.raises(UsageError, match="NO_SUCH_KEY is not set"):
            while callers.load:
                list(callers.results())
        callers.close(finished=False)
        assert not server.heard
