"""Clips that fail: recorded with their stage and reason, one by one, without touching their neighbours."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_jobs import fake_job, fake_task, noise_clips
from fakes import FakeSpec

from asrdiag.datasets.base import Utterance
from asrdiag.errors import AsrdiagError
from asrdiag.runner.pool import WorkerPool
from asrdiag.runner.worker import Worker

NAMES = ("a", "b", "c", "d", "e")


@pytest.fixture
def utterances(tmp_path: Path) -> tuple[Utterance, ...]:
    return noise_clips(tmp_path, dict.fromkeys(NAMES, 0.1))


def test_a_batch_is_answered_in_order(utterances: tuple[Utterance, ...], tmp_path: Path) -> None:
    outcomes = Worker(fake_job(utterances, tmp_path)).process(fake_task(0, 1, 2))
    assert [outcome.record["hypothesis_raw"] for outcome in outcomes] == ["a", "b", "c"]
    assert [(outcome.errors, outcome.tokens) for outcome in outcomes] == [(0, 1)] * 3
    assert not any(outcome.failures for outcome in outcomes)
    assert [outcome.record["timing"]["batch_size"] for outcome in outcomes] == [3, 3, 3]


def test_a_clip_that_fails_does_not_take_its_batch_along(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    outcomes = Worker(fake_job(utterances, tmp_path, trips_on=("b",))).process(fake_task(0, 1, 2))
    assert [outcome.record["hypothesis_raw"] for outcome in outcomes] == ["a", None, "c"]
    assert outcomes[1].record["error"] == {
        "stage": "transcribe",
        "type": "RuntimeError",
        "message": "cannot do b",
    }
    # A failure is written with its batch's first clip: one of all three; then a by itself is fine, and b with
    # c is not; then b alone fails twice, at the first try and one retry.
    assert [[failure["batch_size"] for failure in outcome.failures] for outcome in outcomes] == [
        [3],
        [2, 1, 1],
        [],
    ]
    assert outcomes[1].record["attempts"] == 2


def test_a_batch_that_fails_is_halved_until_the_clip_is_found(tmp_path: Path) -> None:
    names = "abcdefgh"
    job = fake_job(noise_clips(tmp_path, dict.fromkeys(names, 0.1)), tmp_path, trips_on=("b",), retry=0)
    outcomes = Worker(job).process(fake_task(*range(8)))
    assert [outcome.record["hypothesis_raw"] for outcome in outcomes] == [
        None if name == "b" else name for name in names
    ]
    # a to h fail, a to d fail, a and b fail, a is fine, b fails, c and d are fine, e to h are fine.
    sizes = [failure["batch_size"] for outcome in outcomes for failure in outcome.failures]
    assert sizes == [8, 4, 2, 1]
    assert [outcome.record["timing"]["batch_size"] for outcome in outcomes] == [1, 1, 2, 2, 4, 4, 4, 4]


@pytest.mark.parametrize("retry", [0, 3])
def test_a_clip_is_tried_as_often_as_the_suite_says(
    utterances: tuple[Utterance, ...], tmp_path: Path, retry: int
) -> None:
    [outcome] = Worker(fake_job(utterances, tmp_path, retry=retry, trips_on=("a",))).process(fake_task(0))
    assert outcome.record["attempts"] == len(outcome.failures) == 1 + retry


def test_a_batch_that_is_too_large_is_done_clip_by_clip(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    outcomes = Worker(fake_job(utterances, tmp_path, refuses_batches=True)).process(fake_task(0, 1, 2))
    assert [outcome.record["hypothesis_raw"] for outcome in outcomes] == ["a", "b", "c"]


def test_a_clip_that_cannot_be_degraded_is_recorded_at_that_stage(tmp_path: Path) -> None:
    from asrdiag.simulation.additive_noise import AdditiveNoiseSpec

    soundfile.write(tmp_path / "silent.wav", np.zeros(16000), 16000)
    silent = (Utterance("silent", tmp_path / "silent.wav", reference="x"),)
    spec = AdditiveNoiseSpec(id="white", kind="additive_noise", noise="white", snr_db=0.0)
    with_noise = fake_job(silent, tmp_path)
    with_noise.conditions.update({c.id: c for c in spec.expand()})  # type: ignore[attr-defined]
    [outcome] = Worker(with_noise).process(fake_task(0, condition="white.snr0"))
    assert outcome.record["error"]["stage"] == "degrade"
    assert outcome.record["hypothesis_raw"] is None


def test_an_answer_that_cannot_be_written_down_is_a_failure(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    outcomes = Worker(fake_job(utterances, tmp_path, answers={"b": "half a pair: \ud800"})).process(
        fake_task(0, 1)
    )
    assert [outcome.record["hypothesis_raw"] for outcome in outcomes] == ["a", None]
    assert outcomes[1].record["error"]["type"] == "UnicodeEncodeError"


def test_a_system_that_cannot_be_opened_stops_the_run(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    with pytest.raises(AsrdiagError, match="system 'fake' cannot be opened: RuntimeError: no weights"):
        Worker(fake_job(utterances, tmp_path, cannot_open=True)).process(fake_task(0))


def test_the_audio_of_a_failed_clip_is_kept_as_evidence(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    worker = Worker(fake_job(utterances, tmp_path, trips_on=("b",)))
    fine, failed = worker.process(fake_task(0, 1, condition="dropout.m050"))
    assert fine.record["audio"]["kept"] is None
    assert (tmp_path / failed.record["audio"]["kept"]).is_file()


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (2, 1), (2, 2)])
def test_a_clip_over_which_workers_die_is_recorded_and_the_others_are_done(
    utterances: tuple[Utterance, ...], tmp_path: Path, workers: int, batch: int
) -> None:
    tasks = [fake_task(*range(start, min(start + batch, 5))) for start in range(0, 5, batch)]
    with WorkerPool(fake_job(utterances, tmp_path, dies_on=("c",)), workers) as pool:
        outcomes = [outcome for _, found in pool.run(tasks) for outcome in found]
    answers = {outcome.record["sample_id"]: outcome.record["hypothesis_raw"] for outcome in outcomes}
    assert len(outcomes) == 5
    assert answers == {"a": "a", "b": "b", "c": None, "d": "d", "e": "e"}
    died = next(outcome for outcome in outcomes if outcome.record["hypothesis_raw"] is None)
    assert died.record["error"]["type"] == "WorkerDied"
    assert "worker process ended" in died.record["error"]["message"]


@pytest.mark.parametrize(
    ("language", "known"), [("en", True), ("en-GB", True), ("EN_us", True), ("de", False)]
)
def test_a_clip_in_a_language_that_the_system_does_not_know_is_not_given_to_it(
    utterances: tuple[Utterance, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    known: bool,
) -> None:
    monkeypatch.setattr(FakeSpec, "known_languages", lambda self: ("en",))
    foreign = (replace(utterances[0], language=language), utterances[1])
    made = fake_job(foreign, tmp_path)
    made.normalizers["set", language] = "none"  # type: ignore[index]
    first, second = Worker(made).process(fake_task(0, 1))
    assert second.record["hypothesis_raw"] == "b"
    assert first.record["hypothesis_raw"] == ("a" if known else None)
    if not known:
        assert first.record["error"]["message"] == "a: found the language 'de'; fake knows: en"
