"""The page on training data says what is so; its commands are run with those of all pages."""

import re
from pathlib import Path

import pytest
import yaml

from asrdiag.trainers.data.clips import REASONS
from asrdiag.trainers.data.line import ROW_REASONS, row_of
from asrdiag.trainers.data.recipe import DataRecipe, Input, Selection
from asrdiag.trainers.data.session import BAD
from asrdiag.trainers.recipe import load_recipe, packaged_recipes

from .conftest import Maker

PAGE = (Path(__file__).parents[3] / "docs" / "training-data.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_recipe_is_valid_and_every_key_is_named(tmp_path: Path) -> None:
    # The corpus that it is checked against is not here.
    text = block("yaml").replace("demo, {loader: noizeus, root: /data/noizeus}", "demo")
    (tmp_path / "recipe.yaml").write_text(text)
    loaded = load_recipe(str(tmp_path / "recipe.yaml"), DataRecipe)
    assert loaded.recipe.bin_names() == ("<30", "<50", "<70")
    ours = set(DataRecipe.model_fields) - {"step", "name", "description"}
    for key in (*ours, *Input.model_fields, *Selection.model_fields):
        assert f"`{key}`" in PAGE or f"`{key}:" in PAGE, key


def test_every_reason_is_named() -> None:
    for reason in {*ROW_REASONS, *REASONS, *BAD, "too_hard", "leak"}:
        assert f"`{reason}`" in PAGE


def test_the_row_is_one() -> None:
    row = row_of(yaml.safe_load(block("json")), Path("/data/training/noisy-speech"), "x")
    assert row.audio == Path("/data/simulated/audio/two-cities-02+far_field-m030.flac")
    assert (row.scenario, row.severity) == ("far_field", 0.3)


def test_the_python_runs(make: Maker, rows: Path, tmp_path: Path) -> None:
    make("--out", "training/data", inputs=[{"rows": "rows.jsonl"}], split={"validation": 0.2})
    found: dict[str, object] = {}
    exec(block("python"), found)
    assert len(found["samples"]) == 4000  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in packaged_recipes() if name.startswith("data")])
def test_packaged_recipes_are_valid(name: str, tmp_path: Path) -> None:
    variable = "CORPUS" if name == "data" else "ROWS"
    assert load_recipe(name, DataRecipe, data=[(variable, str(tmp_path))]).recipe.name == name
