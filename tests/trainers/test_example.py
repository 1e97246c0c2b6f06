"""What the pages tell of the example is what the program takes, recipes and suites included."""

import argparse
import re
import shlex
from pathlib import Path
from string import Template

import pytest
import soundfile

from asrdiag.cli.main import main
from asrdiag.suite import load_suite
from asrdiag.trainers.data.recipe import DataRecipe
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.schema import RlRecipe
from asrdiag.trainers.router.recipe import RouterRecipe
from asrdiag.trainers.sft.schema import SftRecipe

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "trainers" / "released" / "moonshine-tiny"
PAGE = "".join(
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("training-example.md", "reinforcement-learning.md")
)
MODELS = {"data": DataRecipe, "sft": SftRecipe, "router": RouterRecipe, "rl": RlRecipe}


def blocks():
    return re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def commands():
    """Each `asrdiag` command of the page, its variables as the page sets them."""
    given = {}
    for line in "".join(blocks()).replace("\\\n", " ").splitlines():
        words = [Template(word).safe_substitute(given) for word in shlex.split(line, comments=True)]
        if words[:1] == ["export"]:
            for word in words[1:]:
                name, _, value = word.partition("=")
                given[name] = Template(value).safe_substitute(given)
        elif words[:1] == ["asrdiag"]:
            yield pytest.param(words[1:], dict(given), id=" ".join(words[1:5]))


@pytest.mark.parametrize(("words", "given"), list(commands()))
def test_every_command_is_one(words, given, monkeypatch, tmp_path):
    parse, parsed = argparse.ArgumentParser.parse_args, []

    def parse_only(parser, arguments):
        options = parse(parser, arguments)
        parsed.append(options)
        return argparse.Namespace(handler=lambda _: 0)

    monkeypatch.chdir(PLACE)
    for part in ("train", "test"):
        (tmp_path / "noise" / part).mkdir(parents=True)
        soundfile.write(tmp_path / "noise" / part / "hum.wav", [0.1, -0.1] * 8000, 16_000)
    for name, value in {**given, "SPEECH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    assert main(words) == 0
    [options] = parsed
    if words[0] == "train":
        settings = list(getattr(options, "set", ()))
        assert load_recipe(options.recipe, MODELS[words[1]], settings=settings).recipe.step == words[1]
    if words[0] == "run":
        assert load_suite(Path(words[1])).suite.systems


def test_the_pages_use_every_file():
    told = PAGE + (PLACE / "ablation.sh").read_text(encoding="utf-8")
    files = [path.name for path in PLACE.iterdir() if path.suffix in (".yaml", ".sh")]
    assert [name for name in files if name not in told] == []


def test_every_arm_of_the_ablation_is_evaluated_and_each_is_another_training(monkeypatch):
    script = (PLACE / "ablation.sh").read_text(encoding="utf-8")
    arms = re.search(r"\$\{\*:-([^}]*)\}", script)[1].split()
    suite = (PLACE / "rl-evaluation.yaml").read_text(encoding="utf-8")
    assert sorted(re.findall(r"/rl/([^/]+)/adapter", suite)) == sorted(arms)
    for name in ("ROWS", "MOONSHINE_TINY", "A2S"):
        monkeypatch.setenv(name, "/tmp/work")
    made = {}
    for pattern, switches in re.findall(r"^    (\S+)\) rl \"\$arm\"(.*) ;;$", script, re.MULTILINE):
        for arm in [each for each in arms if re.fullmatch(pattern.replace("*", r"\d"), each)]:
            words = shlex.split(switches.replace("${arm#" + pattern[:-1] + "}", arm[-1]))
            settings = [tuple(word.split("=", 1)) for word in words if word != "--set"]
            recipe = load_recipe(str(PLACE / "rl.yaml"), RlRecipe, settings=settings)
            made[arm] = recipe.fingerprint()
    assert sorted([*made, "sft"]) == sorted(arms)
    assert len(set(made.values())) == len(made)
    assert load_recipe(str(PLACE / "continued.yaml"), SftRecipe).recipe.start == Path("/tmp/work")
