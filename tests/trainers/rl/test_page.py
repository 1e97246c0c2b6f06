"""What the page and the packaged recipes say is what the program takes."""

import json
import re
import shlex
from pathlib import Path

import pytest

from asrdiag.cli.main import main
from asrdiag.errors import UsageError
from asrdiag.trainers.recipe import load_recipe, packaged_recipes
from asrdiag.trainers.rl.exporting import export_swift
from asrdiag.trainers.rl.schema import (
    Collapse,
    Groups,
    JudgeSpec,
    LossSpec,
    Prompts,
    RewardSpec,
    RlOptimizer,
    RlRecipe,
    SamplingSpec,
    VllmOptions,
)

PAGE = (Path(__file__).parents[3] / "docs" / "reinforcement-learning.md").read_text(encoding="utf-8")
GIVEN = [("MODEL", "m"), ("START", "a"), ("TRAIN", "t.jsonl"), ("VALIDATION", "v.jsonl")]
RECIPES = [name for name in packaged_recipes() if name.startswith("dg_wgpo")]
SWITCHES = re.findall(r"`(--set [^`]*)` \|$", PAGE, re.MULTILINE)


def settings(words):
    return [tuple(each.split("=", 1)) for each in shlex.split(words) if each != "--set"]


@pytest.mark.parametrize("name", RECIPES)
def test_packaged_recipes_are_valid_and_on_the_page(name):
    assert load_recipe(name, RlRecipe, data=GIVEN).recipe.name == name
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("words", SWITCHES)
def test_every_switch_makes_another_training(words):
    plain, other = (
        load_recipe("dg_wgpo", RlRecipe, data=GIVEN, settings=each) for each in ([], settings(words))
    )
    assert plain.fingerprint() != other.fingerprint()


def test_the_switches_are_there():
    assert len(SWITCHES) == 8


@pytest.mark.parametrize(
    "model",
    [
        *(RlRecipe, Collapse, Groups, JudgeSpec, LossSpec, Prompts, RewardSpec, RlOptimizer),
        *(SamplingSpec, VllmOptions),
    ],
)
def test_every_key_is_on_the_page(model):
    words = set(re.findall(r"[a-z_]+", PAGE))
    assert set(model.model_fields) - words <= {"description"}


def test_the_recipe_on_the_page_is_one(tmp_path):
    [text] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "r.yaml").write_text(text)
    assert load_recipe(str(tmp_path / "r.yaml"), RlRecipe).recipe.reward.parameters == {"clip": True}


@pytest.mark.parametrize("step", ["probe", "rl"])
def test_the_commands_on_the_page_run(step, place, checkpoint, tmp_path, monkeypatch, capsys):
    [line] = [each for each in PAGE.splitlines() if each.startswith(f"asrdiag train {step} dg_wgpo")]
    monkeypatch.chdir(tmp_path)
    for name, value in {"MODEL": checkpoint("moonshine"), "TRAIN": place / "train.jsonl"}.items():
        assert f" {name}=" in PAGE
        monkeypatch.setenv(name, str(value))
    words = shlex.split(line)[1:]
    small = "start=null validation=null steps=1 groups.prompts=2 groups.rollouts=2 sampling.max_new_tokens=4"
    for each in (*small.split(), "limits.max_characters_per_s=100", "collapse.overlong=1"):
        words += ["--set", each]
    words += ["--progress", "none", "--device", "cpu"]
    status = main([*words, *(("--clips", "2", "--temperatures", "1") if step == "probe" else ())])
    assert status in ((0, 1) if step == "probe" else (0,))
    name = "dg_wgpo-moonshine-tiny" + ("-probe" if step == "probe" else "")
    assert (tmp_path / "training" / name / "rollouts.jsonl").is_file()


def test_the_script_for_ms_swift_has_the_recipe_and_refuses_what_it_cannot_say(tmp_path):
    plain = load_recipe("dg_wgpo", RlRecipe, data=GIVEN).recipe
    with pytest.raises(UsageError, match=r"train\.enrich"):
        export_swift(plain, tmp_path / "s.sh")
    for key, value in (
        ("sampling.max_tokens_per_s", "6"),
        ("model.prompt", "go on"),
        ("model.language", "en"),
    ):
        asked = load_recipe("dg_wgpo", RlRecipe, data=GIVEN, settings=[(key, value)]).recipe
        with pytest.raises(UsageError, match=key):
            export_swift(asked, tmp_path / "s.sh")
    recipe = load_recipe("dg_wgpo", RlRecipe, data=GIVEN, settings=[("train.enrich", "null")]).recipe
    export_swift(recipe, tmp_path / "s.sh")
    words = shlex.split((tmp_path / "s.sh").read_text(), comments=True)
    words = [each for each in words if each.strip()]
    first = words.index("--rlhf_type")
    options = dict(zip(words[first::2], words[first + 1 :: 2], strict=True))
    assert options["--epsilon_high"] == "0.28" and options["--max_steps"] == "6000"
    assert Path(options["--external_plugins"]).is_file()
    assert "--use_vllm" not in options
    by_vllm = [("train.enrich", "null"), ("sampling.engine", "vllm"), ("sampling.vllm.max_model_len", "900")]
    export_swift(load_recipe("dg_wgpo", RlRecipe, data=GIVEN, settings=by_vllm).recipe, tmp_path / "v.sh")
    words = shlex.split((tmp_path / "v.sh").read_text(), comments=True)
    assert words[words.index("--vllm_gpu_memory_utilization") + 1] == "0.3"
    assert words[words.index("--vllm_max_model_len") + 1] == "900"


def test_a_model_that_ms_swift_does_not_train_is_refused(checkpoint, tmp_path):
    def export(model):
        given, settings = [("MODEL", str(model)), *GIVEN[1:]], [("train.enrich", "null")]
        recipe = load_recipe("dg_wgpo", RlRecipe, data=given, settings=settings).recipe
        export_swift(recipe, tmp_path / "s.sh")
        return (tmp_path / "s.sh").read_text()

    with pytest.raises(UsageError, match=r"found MoonshineForConditional.* it trains Qwen3-ASR, Qwen2-Audio"):
        export(checkpoint("moonshine"))
    native = checkpoint("qwen3-asr")
    with pytest.raises(UsageError, match=r"--set model\.checkpoint=Qwen/Qwen3-ASR-1\.7B"):
        export(native)
    with pytest.raises(UsageError, match=r"model\.checkpoint: there is no folder /no/where"):
        export("/no/where")
    config = json.loads((native / "config.json").read_text())
    (tmp_path / "makers").mkdir()
    (tmp_path / "makers" / "config.json").write_text(json.dumps({**config, "thinker_config": {}}))
    assert "not looked up" not in export(tmp_path / "makers")
    assert "# Whether ms-swift trains m was not looked up." in export("m")
