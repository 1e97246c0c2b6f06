"""From a recipe to a router: training, going on, evaluation, and what is refused."""

import csv
import json
import shutil

import numpy as np
import pytest
import tones
import yaml

from asrdiag.errors import AsrdiagError, SaveError, UsageError
from asrdiag.routing.router import Router
from asrdiag.trainers.router import learning
from asrdiag.trainers.router.command import run

safe = pytest.importorskip("safetensors.torch")


@pytest.fixture(scope="module")
def trained(said, sets, tmp_path_factory):
    """The folder of a finished training, with a test set."""
    import argparse

    folder = tmp_path_factory.mktemp("trained")
    tests = {"tones": [*said["validation"], {"manifest": str(sets / "mild.jsonl")}]}
    (folder / "recipe.yaml").write_text(yaml.safe_dump({**said, "tests": tests}))
    given = {"data": [], "set": [], "device": "cpu", "dry_run": False, "fresh": False, "progress": "none"}
    out = folder / "out"
    assert run(argparse.Namespace(recipe=str(folder / "recipe.yaml"), out=out, **given)) == 0
    return out


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_learns_to_tell_noise(trained):
    losses = [one["loss"] for one in records(trained / "training.jsonl") if "loss" in one]
    assert len(losses) == 32  # 8 epochs of 32 clips in batches of 8
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    router = Router.open(trained / "router")
    clean, noisy = router.p_degraded([tones.tone(3), tones.noisy(50, 0.2)])
    assert clean < 0.5 < noisy


def test_a_disk_that_was_full_costs_nothing_but_time(said, options, trained, tiny_disk):
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(540 * 1024))  # a state takes 75 kB
    with pytest.raises(SaveError, match=r"state\.pt: could not be written: No space left"):
        run(options(said, tiny_disk / "out"))
    filler.unlink()
    assert run(options(said, tiny_disk / "out")) == 0
    weights = [(out / "router" / "model.safetensors").read_bytes() for out in (trained, tiny_disk / "out")]
    assert weights[0] == weights[1]


def test_it_is_judged_by_side_severity_and_scenario(trained):
    rows = {(row["set"], row["group"], row["value"]): row for row in table(trained / "evaluation.csv")}
    assert list(rows)[:3] == [
        ("validation", "all", ""),
        ("validation", "side", "clean"),
        ("validation", "side", "degraded"),
    ]
    whole = rows["tones", "all", ""]
    assert (whole["n_clean"], whole["n_degraded"]) == ("6", "8")
    assert rows["tones", "severity", "0-0.25"]["n_degraded"] == "4"
    assert rows["tones", "severity", "0.75-1"]["n_degraded"] == "4"
    assert rows["tones", "scenario", "noise-dropout"]["n_degraded"] == "4"
    assert ("tones", "severity", "0.25-0.5") not in rows
    found = [
        float(rows["tones", "severity", name]["accuracy_pct"]) * 4 / 100 for name in ("0-0.25", "0.75-1")
    ]
    clean = float(rows["tones", "side", "clean"]["accuracy_pct"]) * 6 / 100
    assert float(whole["accuracy_pct"]) == pytest.approx(100 * (sum(found) + clean) / 14, abs=1e-3)
    bins = [row for row in table(trained / "reliability.csv") if row["set"] == "tones"]
    temperature = json.loads((trained / "training.json").read_text())["temperature"]
    assert {float(row["temperature"]) for row in bins} == {1.0, temperature}
    assert sum(int(row["n"]) for row in bins) == 2 * 14
    assert json.loads((trained / "router" / "config.json").read_text())["temperature"] == temperature


def test_validation_clips_that_are_trained_on_are_said(said, sets, tmp_path, capsys):
    given = {"data": [], "set": [], "device": "cpu", "dry_run": True, "fresh": False, "progress": "none"}
    validation = [*said["train"][:1], *said["validation"][1:]]
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({**said, "validation": validation}))
    import argparse

    assert run(argparse.Namespace(recipe=str(tmp_path / "recipe.yaml"), out=tmp_path / "out", **given)) == 0
    shown = capsys.readouterr().out
    assert "validation clips also trained on: " in shown and "the clip of 12" in shown


def test_the_best_step_is_the_router(trained):
    checks = [one["validation"] for one in records(trained / "training.jsonl") if "validation" in one]
    assert [one["step"] for one in checks] == [11, 22, 32]
    best = max(checks, key=lambda one: (round(one["auc"], 6), -one["loss"]))
    assert json.loads((trained / "training.json").read_text())["best"] == best
    kept = safe.load_file(trained / "best.safetensors")
    router = safe.load_file(trained / "router" / "model.safetensors")
    assert all(np.array_equal(kept[name], router[name]) for name in kept)


class Killed(Exception):
    pass


def test_an_interrupted_training_goes_on_to_the_same_bits(said, options, trained, tmp_path, monkeypatch):
    out = tmp_path / "out"
    step = learning._step

    def dying(model, optimizer, batch, rate, training):
        if len(records(out / "training.jsonl")) >= 25:
            raise Killed
        return step(model, optimizer, batch, rate, training)

    monkeypatch.setattr(learning, "_step", dying)
    with pytest.raises(Killed):
        run(options(said, out))
    before = records(out / "training.jsonl")
    with (out / "training.jsonl").open("a") as log:
        log.write('{"step": 99')  # as `kill -9` leaves it
    monkeypatch.setattr(learning, "_step", step)
    assert run(options(said, out)) == 0
    whole = records(trained / "training.jsonl")
    assert records(out / "training.jsonl") == whole
    assert before == whole[: len(before)]
    for name in ("best.safetensors", "router/model.safetensors", "router/config.json"):
        assert (out / name).read_bytes() == (trained / name).read_bytes()


def test_a_finished_training_is_only_evaluated_again(said, sets, options, trained, tmp_path, monkeypatch):
    out = shutil.copytree(trained, tmp_path / "out")
    monkeypatch.setattr(learning, "_step", None)
    # What changes no weight may be another than before.
    keys = {**said, "training": {**said["training"], "save_every": 50, "max_refused_share": 0.5}}
    assert run(options({**keys, "tests": {"mild": [{"manifest": str(sets / "mild.jsonl")}]}}, out)) == 0
    assert {row["set"] for row in table(out / "evaluation.csv")} == {"validation", "mild"}
    existing = {
        "step": "router",
        "name": "again",
        "router": str(out / "router"),
        "tests": {"v": said["validation"]},
    }
    assert run(options(existing, tmp_path / "existing")) == 0
    first, again = (
        [row for row in table(folder / "evaluation.csv") if row["set"] == name]
        for folder, name in ((trained, "validation"), (tmp_path / "existing", "v"))
    )
    assert [dict(row, set="") for row in first] == [dict(row, set="") for row in again]


def test_another_recipe_or_other_data_does_not_go_on(said, options, trained, tmp_path):
    out = shutil.copytree(trained, tmp_path / "out")
    changed = {**said, "training": {**said["training"], "learning_rate": 1e-3}}
    before = (out / "recipe.yaml").read_text()
    with pytest.raises(
        UsageError, match=r"other data \(training\.learning_rate: 0\.003 -> 0\.001\); --fresh"
    ):
        run(options(changed, out))
    assert (out / "recipe.yaml").read_text() == before
    (out / "state.pt").write_bytes((out / "state.pt").read_bytes()[:500])
    with pytest.raises(UsageError, match=r"state\.pt: cannot be read"):
        run(options(said, out))


def test_a_folder_with_something_else_in_it_is_left_alone(said, options, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "recipe.yaml").write_text("of mine")
    with pytest.raises(UsageError, match="out: found other files there; expected a new folder, or --fresh"):
        run(options(said))
    assert (tmp_path / "out" / "recipe.yaml").read_text() == "of mine"


def test_a_loss_that_is_no_number_ends_the_training(said, options, tmp_path):
    keys = {**said, "training": {**said["training"], "learning_rate": 1e30}}
    with pytest.raises(AsrdiagError, match=r"step 2: the loss is nan; lower training\.learning_rate"):
        run(options(keys, tmp_path / "out"))
    assert not (tmp_path / "out" / "router").exists()


def test_a_dry_run_writes_nothing(said, options, tmp_path, capsys):
    assert run(options(said, tmp_path / "out", dry_run=True)) == 0
    assert capsys.readouterr().out == (
        "train: 12 clean clips, 20 degraded\nvalidation: 6 clean clips, 4 degraded\n"
        "32 steps of 8 clips on cpu\n"
        "of 10 validation clips also trained on: the text of 10\n"
    )
    assert not (tmp_path / "out").exists()


def test_clips_that_cannot_be_heard_are_counted_and_fail_the_command(said, options, tmp_path, capsys):
    clips = [tones.tone(0), np.full(6400, np.nan, np.float32), tones.tone(1)]
    tones.write(tmp_path, "bad", clips)
    few = {"epochs": 1, "batch_size": 4, "evaluations": 1}
    keys = {**said, "train": [{"manifest": "bad.jsonl", "label": "clean"}, said["train"][1]], "training": few}
    assert run(options(keys)) == 1
    assert "1 of 33 clips were not heard: 1 nan_audio; see" in capsys.readouterr().err
    assert {one["id"] for one in records(tmp_path / "out" / "refused.jsonl")} == {"bad-1"}
    assert run(options({**keys, "training": {**few, "max_refused_share": 0.1}}, tmp_path / "other")) == 0
    keys["validation"] = [
        {"manifest": "bad.jsonl", "label": "clean"},
        {"manifest": "gone.jsonl", "label": "degraded"},
    ]
    (tmp_path / "gone.jsonl").write_text('{"audio": "gone.wav", "text": "x"}\n')
    with pytest.raises(
        UsageError, match=r"validation: of its clips 2 clean and 0 degraded .*'missing_audio': 1"
    ):
        run(options(keys, tmp_path / "third"))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"train": None}, "expected `train` and `validation`, or `router`"),
        ({"router": "r"}, "an existing router is not trained"),
        ({"model": {"batch_norm": True}}, "found model.batch_norm: in training"),
        ({"model": {"sample_rate_hz": 8000}}, "found 8000, expected 16000"),
        ({"train": [{"rows": "a", "manifest": "b"}]}, "exactly one of `rows` and `manifest`"),
        (
            {"train": [{"manifest": "b.jsonl", "label": "degraded", "simulate": True}]},
            "only clean ones can be",
        ),
        ({"training": {"batch_size": 7}}, "multiple of 2"),
        ({"training": {"gain_db": [3, -3]}}, "the smaller number first"),
        ({"simulation": {"scenarios": ["nose"]}}, "nose"),
        ({"tests": {"train": [{"manifest": "b.jsonl"}]}}, "expected another name than train"),
    ],
)
def test_recipes_that_cannot_be_followed_are_refused(said, options, keys, message):
    with pytest.raises(UsageError, match=message):
        run(options({**said, **keys}))


def test_an_unknown_device_is_refused(said, options):
    with pytest.raises(UsageError, match="--device: found 'cuda:7', expected one of: auto, cpu"):
        run(options(said, device="cuda:7"))
