"""What the page and the packaged recipe say is what the program takes."""

import re
from pathlib import Path

import pytest
import yaml

from asrdiag.engines import ENGINES
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.router.recipe import RouterRecipe, Source, Sweep, Training

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "router.md").read_text()


def blocks():
    return re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_recipe_on_the_page_is_one(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(blocks()[1])
    recipe = load_recipe(str(path), RouterRecipe).recipe
    assert recipe.train[0].rows == tmp_path / "data" / "train.jsonl"
    assert recipe.sweep.routed == "moonshine-tiny-routed"


def test_the_systems_on_the_page_are_ones(tmp_path):
    for keys in yaml.safe_load(blocks()[0])["systems"]:
        spec = ENGINES.load("transformers").model_validate(keys, context={"folder": tmp_path})
    assert spec.router == str(tmp_path / "training" / "router" / "router")
    assert spec.unavailable() == f"there is no folder {tmp_path / 'moonshine-tiny'}"


@pytest.mark.parametrize("model", [RouterRecipe, Source, Training, Sweep], ids=lambda model: model.__name__)
def test_every_key_is_on_the_page(model):
    words = set(re.findall(r"[a-z_]+", PAGE))
    assert set(model.model_fields) - words <= {"description"}  # of every recipe
    for name in RouterRecipe.model_fields["model"].annotation.model_fields:
        if name not in ("model_type", "schema_version", "sample_rate_hz"):
            assert f"`{name}`" in PAGE, name


def test_the_packaged_recipe_has_the_settings_that_are_the_defaults():
    given = [("TRAIN", "a.jsonl"), ("VALIDATION", "b.jsonl")]
    recipe = load_recipe("router", RouterRecipe, data=given).recipe
    assert recipe.training == Training()
    assert all(source.simulate and source.label == "clean" for source in (*recipe.train, *recipe.validation))
    assert (Training().label_smoothing, Training().warmup_ratio, Training().clip_norm) == (0.1, 0.1, 1.0)
