"""Tiny random checkpoints, a few clips with texts, and recipes on them."""

import copy
import gc
import json
from itertools import count
from pathlib import Path

import pytest
import soundfile
import yaml
from engines import tiny_checkpoints as tiny

from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.sft.opening import open_model
from asrdiag.trainers.sft.schema import SftRecipe
from asrdiag.trainers.sft.session import prepare

TEXTS = ("go on", "stop", "we are here", "no", "it is late", "come in", "a day", "yes sir")

RECIPE = {
    "step": "sft",
    "name": "tiny",
    "train": {"rows": "train.jsonl"},
    "limits": {"max_characters_per_s": 100},
    "phases": [
        {"name": "acoustic", "learning_rates": {"encoder": 0.01}, "curriculum": [0.3, 0.7]},
        {"name": "semantic", "learning_rates": {"llm": 0.01}},
        {"name": "joint", "learning_rates": {"encoder": 0.001, "decoder": 0.001}},
    ],
    "batch": {"size": 4, "per_device": 2},
    "checkpoint_every": 2,
}


@pytest.fixture(scope="package", autouse=True)
def _quick_collections():
    gc.freeze()  # each stage collects garbage, among all that pytest has imported
    yield
    gc.unfreeze()


@pytest.fixture(scope="package")
def place(tmp_path_factory):
    """A folder with `train.jsonl` and its clips: six degraded, two clean."""
    folder = tmp_path_factory.mktemp("sft")
    rows = []
    for number, (samples, text) in enumerate(zip(tiny.clips(8), TEXTS, strict=True)):
        soundfile.write(folder / f"{number}.wav", samples, tiny.RATE)
        scenario, wer = ("clean", 0.0) if number % 4 == 0 else ("noise", 0.09 * number)
        rows.append(
            {
                "id": f"c{number}",
                "audios": [f"{number}.wav"],
                "solution": text,
                "base_wer": round(wer, 2),
                "meta": {"scenario": scenario},
            }
        )
    write_rows(folder / "train.jsonl", rows)
    return folder


def write_rows(path: Path, rows) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="package")
def checkpoint(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")

    def folder(name):
        return root / name if (root / name).is_dir() else tiny.BUILDERS[name](root / name)

    return folder


@pytest.fixture(scope="package")
def recipe(place, checkpoint):
    """A recipe for a family of tiny models, with other values for some keys."""
    numbers = count()

    def make(family="moonshine", **changes):
        said = copy.deepcopy(RECIPE) | {"model": {"checkpoint": str(checkpoint(family))}}
        if family == "qwen3-asr":
            said["phases"][0]["learning_rates"]["aligner"] = 0.01
            said["phases"][2]["learning_rates"]["aligner"] = 0.001
        for key, value in changes.items():
            said[key] = {**said[key], **value} if isinstance(said.get(key), dict) and value else value
        path = place / f"recipe-{next(numbers)}.yaml"
        path.write_text(yaml.safe_dump(said), encoding="utf-8")
        return load_recipe(str(path), SftRecipe)

    return make


@pytest.fixture(scope="package")
def session_in(recipe):
    """A training in a folder, begun or not."""
    made = []

    def make(folder, family="moonshine", **changes):
        folder.mkdir(exist_ok=True)
        made.append(prepare(recipe(family, **changes), TrainFolder(folder), make_display("none"), "cpu"))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def session(session_in, tmp_path):
    """As `session_in`, in folders of this test's own."""
    return lambda family="moonshine", out="out", **changes: session_in(tmp_path / out, family, **changes)


@pytest.fixture(scope="package")
def finished(session_in, tmp_path_factory):
    """A whole training of a family, done once for all tests that only look at it."""
    trainings = {}

    def make(family):
        if family not in trainings:
            trainings[family] = session_in(tmp_path_factory.mktemp("finished") / family, family)
            trainings[family].run()
        return trainings[family]

    return make


@pytest.fixture
def opened(recipe):
    """A tiny model as the trainers see it."""
    return lambda family, **changes: open_model(recipe(family, **changes).recipe, "cpu").family
