"""A process that dies with a network of torch in it, its threads and all: nothing is lost or doubled."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from fake_jobs import fake_job, fake_task, noise_clips
from fakes import TorchSpec

from asrdiag.runner.fed_pool import FedPool
from asrdiag.runner.worker import Worker

pytest.importorskip("torch", reason="needs the extra transformers")
NAMES = "abcdefgh"


def test_a_killed_process_with_a_network_costs_nothing(tmp_path: Path) -> None:
    utterances = noise_clips(tmp_path, {name: 0.1 + 0.05 * n for n, name in enumerate(NAMES)})
    job = replace(fake_job(utterances, tmp_path), engine=TorchSpec(id="torch"), save_audio="none")
    tasks = [fake_task(2 * n, 2 * n + 1) for n in range(4)]
    found: list[tuple[str, str]] = []
    killed = 0
    with FedPool(job, 1, ["cpu"]) as pool:
        for _, outcomes in pool.run(tasks):
            found += [(outcome.record["sample_id"], outcome.record["hypothesis_raw"]) for outcome in outcomes]
            if not killed:
                killed = outcomes[0].record["details"]["process"]
                os.kill(killed, signal.SIGKILL)
    assert len(pool.usage) == 2  # the one that was killed, and another
    worker = Worker(job)
    expected = [outcome.record for task in tasks for outcome in worker.process(task)]
    assert sorted(found) == [(record["sample_id"], record["hypothesis_raw"]) for record in expected]
    assert len({text for _, text in found}) == len(NAMES)
