"""Tiny random policies of three families, and clips for them."""

import json
from types import SimpleNamespace

import pytest
import soundfile
import torch
import yaml
from engines import tiny_checkpoints as tiny

from asrdiag.engines.transformers.loading import load
from asrdiag.engines.transformers.spec import TransformersSpec
from asrdiag.trainers.families import trained
from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.learning.model_recipe import Lora
from asrdiag.trainers.learning.parts import with_adapter
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.policies import policy_of
from asrdiag.trainers.rl.preparing import prepare
from asrdiag.trainers.rl.schema import RlRecipe

FAMILIES = ("whisper", "moonshine", "qwen3-asr")
TEXTS = ("go on", "stop", "we are here", "no", "it is late", "come in")

RECIPE = {
    "step": "rl",
    "name": "tiny",
    "train": {"rows": "train.jsonl"},
    "limits": {"max_characters_per_s": 100},
    "learning_rates": {"encoder": 0.001, "decoder": 0.001},
    "sampling": {"temperature": 1.0, "max_new_tokens": 8},
    "groups": {"prompts": 2, "rollouts": 3},
    "collapse": {"empty": 1.0, "overlong": 1.0, "repetition": 1.0, "same": 1.0},
    "steps": 4,
    "checkpoint_every": 2,
}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    root = tmp_path_factory.mktemp("policies")

    def folder(name):
        return root / name if (root / name).is_dir() else tiny.BUILDERS[name](root / name)

    return folder


@pytest.fixture(scope="session", params=FAMILIES)
def tiny_policy(request, checkpoint):
    """A policy whose adapter changes what it says, and four clips of mixed lengths."""
    spec = TransformersSpec(id="tiny", engine="transformers", model=str(checkpoint(request.param)))
    family = trained(load(spec, "cpu"))
    model = with_adapter(family.family.model, family.parts, Lora(), 0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.normal_(0, 0.05, generator=generator)
    model.eval()
    policy = policy_of(family)
    pieces = [family.piece(str(number), samples, "en") for number, samples in enumerate(tiny.clips(4))]
    prompts = [policy.prompt(piece, "en") for piece in pieces]
    return SimpleNamespace(name=request.param, policy=policy, model=model, prompts=prompts)


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with `train.jsonl` and its clips."""
    folder = tmp_path_factory.mktemp("rl")
    rows = []
    for number, (samples, text) in enumerate(zip(tiny.clips(6), TEXTS, strict=True)):
        soundfile.write(folder / f"{number}.wav", samples, tiny.RATE)
        rows.append(
            {
                "id": f"c{number}",
                "audios": [f"{number}.wav"],
                "solution": text,
                "base_wer": round(0.12 * number, 2),
                "meta": {"scenario": "clean" if number == 0 else "noise", "severity": 0.5},
            }
        )
    (folder / "train.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture
def recipe(place, checkpoint):
    """A recipe for a tiny model, with other values for some keys."""

    def make(family="moonshine", **changes):
        said = RECIPE | {"model": {"checkpoint": str(checkpoint(family))}}
        for key, value in changes.items():
            merged = isinstance(said.get(key), dict) and key != "learning_rates"
            said[key] = {**said[key], **value} if merged else value
        path = place / "recipe.yaml"
        path.write_text(yaml.safe_dump(said), encoding="utf-8")
        return load_recipe(str(path), RlRecipe)

    return make


@pytest.fixture
def session(recipe, tmp_path):
    """A training that has not begun, or goes on."""
    made = []

    def make(out="out", family="moonshine", **changes):
        folder = TrainFolder(tmp_path / out)
        folder.path.mkdir(exist_ok=True)
        made.append(prepare(recipe(family, **changes), folder, make_display("none"), "cpu"))
        return made[-1]

    yield make
    for each in made:
        each.close()
