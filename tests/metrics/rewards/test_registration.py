"""What `asrdiag rewards path` prints works as it stands, and importing the adapters loads no trainer."""

import importlib
import json
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from asrdiag.metrics.rewards.registration import TRAINERS, how_to_register

FOREIGN = {
    "torch",
    "transformers",
    "pandas",
    "ray",
    "swift",
    "trl",
    "verl",
    "openrlhf",
    "nemo_rl",
    "omegaconf",
}


def test_importing_the_adapters_loads_no_trainer_and_no_torch() -> None:
    names = ["trl", "verl", "swift", "swift.plugin", "openrlhf", "nemo_rl", "extraction", "registration"]
    code = "import json, sys\n" + "".join(f"import asrdiag.metrics.rewards.{name}\n" for name in names)
    code += "print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in json.loads(done.stdout)} & FOREIGN


def test_every_adapter_has_an_entry() -> None:
    for name in TRAINERS:
        importlib.import_module(f"asrdiag.metrics.rewards.{name}")
    assert how_to_register("NeMo-RL") == how_to_register("nemo_rl")


@pytest.mark.parametrize("trainer", TRAINERS)
def test_files_modules_and_functions_named_exist(trainer: str) -> None:
    text = how_to_register(trainer)
    for path in re.findall(r"\s(/\S+\.py)", text):
        assert Path(path).is_file()
    for module in re.findall(r"asrdiag(?:\.\w+)+", text):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            if not module.endswith("Actor"):  # which needs Ray
                pkgutil.resolve_name(module)


def test_options_are_words_for_a_shell() -> None:
    assert shlex.split(how_to_register("swift"), comments=True)[2:4] == ["--reward_funcs", "dgwgpo"]
    assert shlex.split(how_to_register("openrlhf"), comments=True)[0] == "--reward.remote_url"
    [settings] = [word for word in shlex.split(how_to_register("swift"), comments=True) if "{" in word]
    assert json.loads(settings.partition("=")[2]) == {"tau": 0.3}


def test_an_unknown_trainer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown trainer 'ppo'; known: trl, verl, swift, openrlhf, nemo_rl"):
        how_to_register("ppo")
