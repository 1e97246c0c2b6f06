"""Memory runs out: smaller batches from then on, every clip answered once, or failed for itself."""

from pathlib import Path

import pytest
from fake_jobs import fake_job, fake_task, noise_clips

from asrdiag.runner.batching import Room
from asrdiag.runner.clip import Outcome
from asrdiag.runner.memory import ran_out_of_memory
from asrdiag.runner.worker import Worker

LENGTHS_S = {"a": 1.0, "b": 0.5, "c": 1.0, "d": 0.25, "e": 1.0, "f": 1.0, "g": 0.5, "h": 0.25}


def answers(outcomes: list[Outcome]) -> dict[str, str | None]:
    return {outcome.record["sample_id"]: outcome.record["hypothesis_raw"] for outcome in outcomes}


def sizes(outcomes: list[Outcome]) -> dict[str, int]:
    return {outcome.record["sample_id"]: outcome.record["timing"]["batch_size"] for outcome in outcomes}


@pytest.mark.parametrize("memory_error", ["named", "said"])
def test_a_batch_that_does_not_fit_is_halved_and_the_smaller_size_is_remembered(
    tmp_path: Path, memory_error: str
) -> None:
    job = fake_job(noise_clips(tmp_path, LENGTHS_S), tmp_path, fits_s=2.5, memory_error=memory_error)
    worker = Worker(job)
    first = worker.process(fake_task(*range(8)))
    assert answers(first) == {name: name for name in LENGTHS_S}
    # 8 clips of 1 s do not fit into 2.5 s, nor do 4: then two at a time, and two stay the most.
    assert set(sizes(first).values()) == {2}
    failures = [failure for outcome in first for failure in outcome.failures]
    assert [(failure["batch_size"], failure["stage"]) for failure in failures] == [
        (8, "transcribe"),
        (4, "transcribe"),
    ]
    second = worker.process(fake_task(*range(8)))
    assert answers(second) == answers(first)
    assert not any(outcome.failures for outcome in second)
    usage = worker.usage()
    assert usage is not None
    assert usage.room == Room(clips=2)


def test_where_seconds_are_counted_they_are_halved_and_short_clips_stay_many(tmp_path: Path) -> None:
    job = fake_job(noise_clips(tmp_path, LENGTHS_S), tmp_path, fits_s=2.5, padded_s=6.0)
    worker = Worker(job)
    outcomes = worker.process(fake_task(*range(8)))
    assert answers(outcomes) == {name: name for name in LENGTHS_S}
    # The longest four and both of 0.5 s are 6 x 1 s: too much; half of that, 3 x 1 s, is too; 1.5 s is left:
    # one by one those of 1 s, then three of 0.5 s and less, then the last.
    assert sizes(outcomes) == {"a": 1, "c": 1, "e": 1, "f": 1, "b": 3, "g": 3, "d": 3, "h": 1}


def test_a_single_clip_that_does_not_fit_is_its_own_failure(tmp_path: Path) -> None:
    utterances = noise_clips(tmp_path, {"long": 4.0, "a": 1.0, "b": 1.0})
    worker = Worker(fake_job(utterances, tmp_path, fits_s=2.5))
    outcomes = worker.process(fake_task(0, 1, 2))
    assert answers(outcomes) == {"long": None, "a": "a", "b": "b"}
    assert outcomes[0].record["error"] == {
        "stage": "transcribe",
        "type": "OutOfMemoryError",
        "message": "CUDA out of memory. Tried to allocate 4.0 s",
    }
    # Of the three together, and of the long one alone twice: the first try and one retry.
    assert [failure["batch_size"] for failure in outcomes[0].failures] == [3, 1, 1]
    assert [outcome.out_of_memory for outcome in outcomes] == [True, False, False]


def test_a_batch_of_which_one_clip_trips_after_the_memory_is_enough_is_done_clip_by_clip(
    tmp_path: Path,
) -> None:
    job = fake_job(noise_clips(tmp_path, LENGTHS_S), tmp_path, fits_s=4.5, trips_on=("e",))
    outcomes = Worker(job).process(fake_task(*range(8)))
    assert answers(outcomes) == {name: None if name == "e" else name for name in LENGTHS_S}
    assert not any(outcome.out_of_memory for outcome in outcomes)


def test_what_counts_as_out_of_memory() -> None:
    class Unrelated(Exception):
        pass

    assert not ran_out_of_memory(Unrelated("out of memory"))
    assert not ran_out_of_memory(RuntimeError("out of range"))
    assert ran_out_of_memory(type("OutOfMemoryError", (Unrelated,), {})())
