"""The page on supervised training says what is so; its commands are run with those of all pages."""

import re
from pathlib import Path

import pytest

from asrdiag.trainers.data.clips import REASONS
from asrdiag.trainers.data.line import ROW_REASONS
from asrdiag.trainers.learning.model_recipe import Limits, ModelRecipe, Validation
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.sft.schema import Batch, Optimizer, Phase, Rows, SftRecipe

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")


def test_the_recipe_on_the_page_is_one(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0])
    recipe = load_recipe(str(path), SftRecipe).recipe
    assert recipe.train.rows == tmp_path / "rows" / "train.jsonl"
    assert [phase.name for phase in recipe.phases] == ["acoustic", "semantic", "joint"]


@pytest.mark.parametrize(
    ("model", "before"),
    [
        (ModelRecipe, ""),
        (SftRecipe, ""),
        (Rows, "train."),
        (Validation, "validation."),
        (Batch, "batch."),
        (Phase, ""),
        (Optimizer, ""),
        (Limits, ""),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_every_key_is_on_the_page(model, before):
    for name in model.model_fields:
        # In tables alone, or after others of the same section (`validation.limit`, `.batch_size`).
        known = {f"`{before}{name}`", f"`.{name}`", f"`{name}.", f"`{name}`"}
        assert any(each in PAGE for each in known), name


def test_every_reason_is_on_the_page():
    for reason in {*ROW_REASONS, *REASONS, "changed_audio", "no_source", "too_long_for_the_model"}:
        assert f"`{reason}`" in PAGE, reason
