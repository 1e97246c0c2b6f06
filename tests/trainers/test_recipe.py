"""Recipes are read as strictly as suites, and their mistakes told with file and line."""

from pathlib import Path

import pytest

from asrdiag.errors import UsageError
from asrdiag.trainers.recipe import find_recipe, load_recipe, packaged_recipes
from asrdiag.trainers.sft.schema import SftRecipe

PATHS = [("MODEL", "/m"), ("TRAIN", "/t.jsonl"), ("VALIDATION", "/v.jsonl")]

TEXT = """\
step: sft
name: tiny
model: {checkpoint: ./m}
train: {rows: t.jsonl}
phases:
  - name: one
    learning_rates: {encoder: 1.0e-4}
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "r.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def sft_recipes():
    return [name for name, path in packaged_recipes().items() if "step: sft" in path.read_text()]


@pytest.mark.parametrize("name", sft_recipes())
def test_packaged_recipes_are_valid(name):
    for reference in (name, f"{name}.yaml", f"recipes/{name}.yaml"):
        assert load_recipe(reference, SftRecipe, data=PATHS).recipe.name == name


def test_both_published_sets_are_there():
    """Rates and shares as the paper's appendix and its main text have them."""
    found = {}
    for name in ("a2s", "a2s-main-text"):
        recipe = load_recipe(name, SftRecipe, data=PATHS).recipe
        found[name] = [dict(phase.learning_rates) for phase in recipe.phases]
        assert [phase.epochs for phase in recipe.phases] == [2, 1, 1]
        assert [phase.warmup_ratio for phase in recipe.phases] == [0.05, 0.05, 0.03]
        assert recipe.phases[0].curriculum == (0.3, 0.5, 0.7)
        assert (recipe.lora.r, recipe.lora.alpha, recipe.lora.dropout) == (8, 16, 0.05)
        assert (recipe.batch.size, recipe.optimizer.weight_decay, recipe.checkpoint_every) == (128, 0.01, 200)
    assert found["a2s"] == [
        {"encoder": 1e-6, "aligner": 1e-6},
        {"llm": 1e-6},
        {"encoder": 5e-7, "aligner": 5e-7, "llm": 1e-6},
    ]
    assert found["a2s-main-text"] == [
        {"encoder": 1e-3, "aligner": 1e-3},
        {"llm": 2e-5},
        {"encoder": 2e-6, "aligner": 2e-6, "llm": 2e-6},
    ]


def test_paths_start_at_the_recipe_or_where_a_packaged_one_is_used(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    assert load_recipe(write(TEXT), SftRecipe).recipe.train.rows == tmp_path / "t.jsonl"
    packaged = load_recipe("a2s", SftRecipe, data=[("MODEL", "o/m"), ("TRAIN", "t"), ("VALIDATION", "v")])
    assert packaged.recipe.train.rows == tmp_path.parent / "t"


def test_settings_win_over_the_file(write):
    settings = [("phases.0.learning_rates.encoder", "0.5"), ("lora", "null"), ("batch.size", "16")]
    loaded = load_recipe(write(TEXT), SftRecipe, settings=settings)
    recipe = loaded.recipe
    assert (recipe.phases[0].learning_rates, recipe.lora, recipe.batch.size) == ({"encoder": 0.5}, None, 16)
    assert loaded.fingerprint() != load_recipe(write(TEXT), SftRecipe).fingerprint()
    assert loaded.content == TEXT.encode()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "train: {rows: t.jsonl}",
            "train: {rows: t.jsonl, clean: 1}",
            ":4: train.clean: unknown key 'clean'",
        ),
        ("rows: t.jsonl", "clean_share: 0.1", ":4: train.rows: the key 'rows' is missing"),
        ("{encoder: 1.0e-4}", "{encoder: fast}", ":7: phases[0].learning_rates.encoder: found 'fast'"),
        ("{encoder: 1.0e-4}", "{}", "learning_rates: found []"),
        ("name: one", "name: one\n    curriculum: [0.5, 0.3]", "expected rising limits"),
        (
            "step: sft",
            "step: router",
            ":1: step: found a recipe for the step 'router', expected one",
        ),
        ("t.jsonl", '"${ROWS}"', ":4: train.rows: ${ROWS} is not set (give --data ROWS=PATH)"),
        (
            "./m}",
            "./m, dtype: float16}",
            ":3: model.dtype: found 'float16', expected 'float32'",
        ),
        ("step: sft", "seed: -1\nstep: sft", ":1: seed: found -1"),
        ("step: sft", f"seed: {2**63}\nstep: sft", f":1: seed: found {2**63}, expected less than"),
        ("1.0e-4", ".inf", ":7: phases[0].learning_rates.encoder: found inf, expected a finite number"),
        ("train: {", "train: {clean_share: .nan, ", ":4: train.clean_share: found nan, expected a finite"),
    ],
)
def test_mistakes_are_told_with_their_place(write, old, new, expected):
    with pytest.raises(UsageError) as caught:
        load_recipe(write(TEXT.replace(old, new)), SftRecipe)
    assert expected in str(caught.value)
    assert "r.yaml:" in str(caught.value)


@pytest.mark.parametrize("key", ["phases.1.epochs", "name.x", "phases.epochs", "train.0"])
def test_a_setting_that_fits_nowhere_is_refused(write, key):
    with pytest.raises(UsageError, match=f"--set {key}: there is no"):
        load_recipe(write(TEXT), SftRecipe, settings=[(key, "1")])


@pytest.mark.parametrize("value", ["&a [*a]", "{a: &a 1, b: *a}"])
def test_a_setting_has_no_aliases(write, value):
    with pytest.raises(UsageError, match=r"found an alias in .*, expected a value without any"):
        load_recipe(write(TEXT), SftRecipe, settings=[("name", value)])


def test_unknown_names_are_told(write, tmp_path):
    with pytest.raises(UsageError, match=r"unknown packaged recipe 'a2z' \(did you mean 'a2s'\?\)"):
        find_recipe("a2z")
    with pytest.raises(UsageError, match="is a folder, expected a recipe file"):
        find_recipe(str(tmp_path))
    with pytest.raises(UsageError, match="unknown variable 'X'"):
        load_recipe(write(TEXT), SftRecipe, data=[("X", "/x")])


def test_every_packaged_recipe_begins_with_its_command():
    for name, path in packaged_recipes().items():
        assert f"asrdiag train {_step(path)} {name}" in path.read_text().partition("step:")[0]


def _step(path: Path) -> str:
    return path.read_text().partition("step: ")[2].split()[0]
