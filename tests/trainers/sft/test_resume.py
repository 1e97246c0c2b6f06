"""A training that was cut short goes on as if it had not been: step for step, bit for bit."""

import json
import os
import shutil
import signal
import subprocess
from types import SimpleNamespace

import pytest
import soundfile
from transformers import TrainerControl

from asrdiag.cli.main import main
from asrdiag.errors import SaveError, UsageError
from asrdiag.trainers.learning import interrupts
from asrdiag.trainers.learning.folder import COMPLETE
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.sft.callbacks import Stopper
from asrdiag.trainers.sft.finishing import finish
from asrdiag.trainers.sft.trainer import SftTrainer


class Killed(BaseException):
    """Nothing catches it."""


def at_batch(monkeypatch, number, action):
    """Do something in the middle of a step. The first stage has 3 batches in 2 steps, the others 4 in 2."""
    compute, seen = SftTrainer.compute_loss, []

    def wrapped(self, *args, **keys):
        seen.append(1)
        if len(seen) == number:
            action()
        return compute(self, *args, **keys)

    monkeypatch.setattr(SftTrainer, "compute_loss", wrapped)


def result(folder):
    """The last loss of each step, and all adapters, byte for byte."""
    losses = {}
    for line in (folder / "steps.jsonl").read_text().splitlines():
        record = json.loads(line)
        losses[record["step"]] = record["loss"]
    weights = {path.parent.name: path.read_bytes() for path in folder.glob("checkpoints/*/*.safetensors")}
    return losses, weights


def die():
    raise Killed


def test_killed_twice_it_ends_as_if_never(session, finished, monkeypatch):
    every = {"checkpoint_every": 1}
    with monkeypatch.context() as patch:
        at_batch(patch, 6, die)  # in step 4, after the checkpoint of step 3
        with pytest.raises(Killed):
            session("moonshine", **every).run()
    training = session("moonshine", **every)
    assert training.folder.resume_from(1).name == "checkpoint-1"
    torn = training.folder.state(1) / "checkpoint-2"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"half")
    with monkeypatch.context() as patch:
        at_batch(patch, 3, die)  # in step 5, the first of the next stage
        with pytest.raises(Killed):
            training.run()
    session("moonshine", **every).run()
    losses, weights = result(training.folder.path)
    whole_losses, whole_weights = result(finished("moonshine").folder.path)
    assert losses == whole_losses
    assert sorted(weights) == [f"step-{step:06d}" for step in range(1, 9)]
    assert {step: weights[step] for step in whole_weights} == whole_weights


def test_ctrl_c_ends_after_the_step_with_a_checkpoint(session, finished, monkeypatch):
    with monkeypatch.context() as patch:
        at_batch(patch, 5, lambda: os.kill(os.getpid(), signal.SIGINT))  # in step 3, the first of a stage
        with pytest.raises(KeyboardInterrupt):
            session("moonshine").run()
    training = session("moonshine")
    resume = training.folder.resume_from(1)
    assert resume.name == "checkpoint-1"
    assert (resume / COMPLETE).is_file()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    training.run()
    losses, weights = result(training.folder.path)
    del weights["step-000003"]  # where it was interrupted
    assert (losses, weights) == result(finished("moonshine").folder.path)


def test_a_finished_training_does_nothing_more(session_in, finished, monkeypatch):
    folder = finished("moonshine").folder.path
    before = result(folder)
    at_batch(monkeypatch, 1, die)
    session_in(folder, "moonshine").run()
    assert result(folder) == before


def test_another_recipe_does_not_go_on_in_its_folder(session):
    session("moonshine")
    with pytest.raises(UsageError, match=r"another training: recipe.lora.r was 8 and is 4; --fresh moves"):
        session("moonshine", lora={"r": 4})
    session("moonshine", workers=1)  # which changes nothing of what is learnt


def test_a_folder_with_something_else_in_it_is_left_alone(session, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".train.json.x.asrdiag.tmp").touch()  # of a command that was killed at its beginning
    session("moonshine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    with pytest.raises(UsageError, match="found other files there; expected a new folder, or --fresh"):
        session("moonshine", out="other")


def test_what_only_chooses_may_change(session):
    validation = {"rows": "train.jsonl", "limit": 2}
    session("moonshine", validation=validation | {"max_rise": {"clean_wer": 0.1}})
    session("moonshine", validation=validation | {"max_rise": {"empty": 0.2}})
    with pytest.raises(UsageError, match=r"another training: recipe.validation.limit was 2 and is 3"):
        session("moonshine", validation=validation | {"limit": 3})


def test_a_signal_that_reaches_another_process_ends_this_ones_stage_too(monkeypatch):
    asked = [False, False]
    monkeypatch.setattr(interrupts, "PartialState", lambda: SimpleNamespace(num_processes=2))
    monkeypatch.setattr(interrupts, "gather_object", lambda mine: [*mine, asked[-1]])
    both, control = interrupts.Interrupts(make_display("none")), TrainerControl()
    stopper = Stopper(both)
    stopper.on_step_end(None, None, control)
    assert not control.should_training_stop
    asked[-1] = True
    with pytest.raises(KeyboardInterrupt), both.listening():
        stopper.on_step_end(None, None, control)
        assert control.should_training_stop and control.should_save


def test_other_rows_are_not_gone_on_with(session, place, tmp_path):
    lines = (place / "train.jsonl").read_text().splitlines(keepends=True)
    absolute = [line.replace('["', f'["{place}/', 1) for line in lines]
    rows = tmp_path / "rows.jsonl"
    for number, kept in enumerate((absolute, absolute[:-1])):
        rows.write_text("".join(kept), encoding="utf-8")
        if not number:
            session("moonshine", train={"rows": str(rows)})
    with pytest.raises(
        UsageError, match=r"train.sha256 was .*, train.audio was .*, train.usable was 8 and is 7"
    ):
        session("moonshine", train={"rows": str(rows)})


def test_the_command_trains_looks_chooses_and_prints_the_system(recipe, tmp_path, capsys, monkeypatch):
    validation = {"rows": "train.jsonl", "limit": 2, "batch_size": 2}
    phases = [{"name": "all", "learning_rates": {"encoder": 0.001, "decoder": 0.001}}]
    loaded = recipe("moonshine", validation=validation, phases=phases, checkpoint_every=1)
    out = tmp_path / "out"
    words = ["train", "sft", str(loaded.path), "--out", str(out), "--device", "cpu", "--progress", "none"]
    monkeypatch.setattr("sys.argv", ["asrdiag", *words])
    with monkeypatch.context() as patch:
        at_batch(patch, 1, lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert main(words) == 130
    assert f"To go on: asrdiag {' '.join(words)}" in capsys.readouterr().err
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert f"  adapter: {out / 'adapter'}" in printed
    assert "- id: tiny\n  engine: transformers" in printed
    looks = [json.loads(line) for line in (out / "validation.jsonl").read_text().splitlines()]
    assert [look["step"] for look in looks] == [0, 1, 2]
    report = json.loads((out / "report.json").read_text())
    assert report["chosen_step"] in (1, 2)
    assert report["rows"]["used"] == 8
    chosen = out / "checkpoints" / f"step-{report['chosen_step']:06d}"
    for path in (out / "adapter").iterdir():
        assert path.read_bytes() == (chosen / path.name).read_bytes()
    base = json.loads((chosen / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert base == "moonshine"  # and not where it lay
    assert main([*words, "--dry-run", "--set", "lora.r=4"]) == 0
    assert main([*words, "--set", "lora.r=4"]) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"phases": [{"name": "one", "learning_rates": {"aligner": 1.0}}]},
            r"yaml:\d+: phases.0.learning_rates.aligner: unknown part 'aligner'; known: encoder, decoder",
        ),
        ({"batch": {"per_device": 3}}, r"yaml:\d+: batch.size: found 4, expected a multiple of 3"),
        ({"modules": {"encoder": {"weights": "x", "lora": "y"}}}, "no linear layer .* has a name like 'y'"),
        (
            {"modules": {"encoder": {"weights": "x", "lora": r"model\.decoder\.layers.*"}}},
            "names of `lora` fit more than linear layers",
        ),
        ({"train": {"max_base_wer": 0.01, "clean_share": 0.0}}, "stage acoustic-1 has no rows"),
    ],
    ids=["part", "batch", "modules", "all-modules", "rows"],
)
def test_what_does_not_fit_the_model_or_the_rows_is_refused(session, changes, said):
    with pytest.raises(UsageError, match=said):
        session("moonshine", **changes)


@pytest.mark.parametrize("room_kb", [60, 160])
def test_a_disk_that_was_full_costs_nothing_but_time(session_in, finished, tiny_disk, room_kb):
    # The first checkpoint takes 280 kB: 90 of weights, then 80 of the optimizer's.
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes((600 - room_kb) * 1024))
    with pytest.raises(SaveError, match="checkpoint-2: could not be written: No space left"):
        session_in(tiny_disk / "out", "moonshine").run()
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(tiny_disk)], check=True)
    session_in(tiny_disk / "out", "moonshine").run()
    assert result(tiny_disk / "out") == result(finished("moonshine").folder.path)


def test_a_damaged_checkpoint_is_told_and_can_be_done_without(session, finished, monkeypatch):
    every = {"checkpoint_every": 1}
    with monkeypatch.context() as patch:
        at_batch(patch, 6, die)  # in step 4, the second of a stage
        with pytest.raises(Killed):
            session("moonshine", **every).run()
    training = session("moonshine", **every)
    torn, before = training.folder.resume_from(1), training.folder.checkpoint(2)
    for folder, file in ((torn, "optimizer.pt"), (before, "adapter_model.safetensors")):
        whole = (folder / file).read_bytes()
        (folder / file).write_bytes(whole[:1000])
        with pytest.raises(UsageError, match=rf"{folder.name}/{file}: damaged .*; remove {folder} to do"):
            session("moonshine", **every).run()
        (folder / file).write_bytes(whole)
    shutil.rmtree(torn)
    session("moonshine", **every).run()
    assert result(training.folder.path)[0] == result(finished("moonshine").folder.path)[0]
    last = training.folder.checkpoint(8) / "adapter_model.safetensors"
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(UsageError, match=r"step-000008/adapter_model\.safetensors: damaged"):
        finish(training, {})
    assert not (training.folder.path / "adapter").exists()


def test_weights_that_a_stage_begins_with_and_that_are_gone_are_not_done_without(session, monkeypatch):
    with monkeypatch.context() as patch:
        at_batch(patch, 5, die)  # in step 3, the first of a stage
        with pytest.raises(Killed):
            session("moonshine").run()
    training = session("moonshine")
    shutil.rmtree(training.folder.checkpoint(2))
    with pytest.raises(UsageError, match="step-000002: found no weights there"):
        training.run()


def test_what_was_found_before_training_and_is_lost_is_told(session):
    training = session("moonshine", validation={"rows": "train.jsonl", "limit": 2})
    with pytest.raises(UsageError, match=r"validation\.jsonl: found nothing of the model before training"):
        finish(training, {})


def test_audio_that_changed_between_stop_and_resume_is_not_gone_on_with(session, place, tmp_path):
    rows = [json.loads(line) for line in (place / "train.jsonl").read_text().splitlines()]
    for row in rows:
        shutil.copy(place / row["audios"][0], tmp_path)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    session("moonshine", train={"rows": str(tmp_path / "rows.jsonl")})
    samples, rate = soundfile.read(tmp_path / "3.wav")
    soundfile.write(tmp_path / "3.wav", -samples, rate)
    with pytest.raises(UsageError, match=r"another training: train\.audio was "):
        session("moonshine", train={"rows": str(tmp_path / "rows.jsonl")})
