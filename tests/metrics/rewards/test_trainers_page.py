"""What the page shows for each trainer is what `asrdiag rewards path` prints, and does what it says.

The trainers' own modules are stood in for; the real ones are in real_trainers.
"""

import contextlib
import importlib
import importlib.util
import io
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml
from pages import DOCS

from asrdiag.metrics.rewards import nemo_rl
from asrdiag.metrics.rewards.registration import how_to_register

PAGE = (DOCS / "rewards.md").read_text(encoding="utf-8").split("\n## Trainers\n")[1].split("\n## ")[0]
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n### ")[1:])
HEADINGS = {"trl": "TRL", "verl": "verl", "swift": "ms-swift", "openrlhf": "OpenRLHF", "nemo_rl": "NeMo-RL"}

REFERENCE = "The cat sat on the mat."
SAID = "language English<asr_text>The cap sat on mat."
WORKED_EXAMPLE = pytest.approx(0.715278, abs=1e-6)  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)


def blocks(trainer: str) -> list[str]:
    found = re.findall(r"^```\w*\n(.*?)\n```$", SECTIONS[HEADINGS[trainer]], flags=re.DOTALL | re.MULTILINE)
    return [
        block.replace("/path/to/asrdiag/metrics", str(Path(nemo_rl.__file__).parents[1])) for block in found
    ]


def execute(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("executed_as_a_file", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(name: str, **attributes: object) -> ModuleType:
        for end in range(1, name.count(".") + 2):
            package = ".".join(name.split(".")[:end])
            if package not in sys.modules:
                monkeypatch.setitem(sys.modules, package, ModuleType(package))
        vars(sys.modules[name]).update(attributes)
        return sys.modules[name]

    return install


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """The environment variable that the block exports."""
    [export] = [line for line in blocks(request.param)[0].splitlines() if line.startswith("export ")]
    name, _, value = shlex.split(export)[1].partition("=")
    assert json.loads(value) == {"tau": 0.3}
    monkeypatch.setenv(name, value)
    yield


@pytest.mark.parametrize("trainer", HEADINGS)
def test_the_page_shows_what_the_command_prints(trainer: str) -> None:
    assert blocks(trainer)[0] == how_to_register(trainer)


def test_trl(stand_in: Any) -> None:
    stand_in("trl", GRPOTrainer=lambda model, **options: options)
    names: dict[str, Any] = {}
    exec(blocks("trl")[0], names)
    [reward] = names["trainer"]["reward_funcs"]
    completion = [{"role": "assistant", "content": SAID}]
    assert reward(prompts=["say"], completions=[completion], reference=[REFERENCE]) == [WORKED_EXAMPLE]


def test_verl() -> None:
    overrides = dict(
        line.lstrip("+").split("=", 1) for line in blocks("verl")[0].splitlines() if not line.startswith("#")
    )
    prefix = "reward.custom_reward_function."
    module = importlib.import_module(overrides.pop(f"{prefix}path").removeprefix("pkg://"))
    function = getattr(module, overrides.pop(f"{prefix}name"))
    given = {name.removeprefix(f"{prefix}reward_kwargs."): yaml.safe_load(v) for name, v in overrides.items()}
    assert given == {"tau": 0.3}
    found = function(data_source="clips", solution_str=SAID, ground_truth=REFERENCE, extra_info={}, **given)
    assert found["score"] == WORKED_EXAMPLE


@pytest.mark.parametrize("settings", ["swift"], indirect=True)
def test_swift(stand_in: Any, settings: None) -> None:
    orms: dict[str, Any] = {}
    stand_in("swift.rewards", orms=orms)
    options, own_plugin = blocks("swift")
    _, path, _, name, *_ = shlex.split(options, comments=True)
    execute(path)
    assert orms[name](args=SimpleNamespace())([SAID], solution=[REFERENCE]) == [WORKED_EXAMPLE]
    exec(own_plugin, {"__name__": "_swift_external_0"})
    assert orms["word_errors"](args=SimpleNamespace())([SAID], solution=[REFERENCE]) == [pytest.approx(2 / 3)]


@pytest.mark.parametrize("settings", ["openrlhf"], indirect=True)
def test_openrlhf(settings: None) -> None:
    _, path, option, column, *_ = shlex.split(blocks("openrlhf")[0], comments=True)
    assert (option, column) == ("--data.label_key", "reference")
    found = execute(path).reward_func([f"say:{SAID}"], ["say:"], [REFERENCE])
    assert found["rewards"] == WORKED_EXAMPLE


def test_nemo_rl(stand_in: Any) -> None:
    torch = pytest.importorskip(
        "torch", reason="torch is not installed; it comes with the extra transformers"
    )
    registry: dict[str, str] = {}
    executables: dict[str, str] = {}
    stand_in("nemo_rl.distributed.ray_actor_environment_registry", ACTOR_ENVIRONMENT_REGISTRY=executables)
    stand_in("nemo_rl.distributed.virtual_cluster", PY_EXECUTABLES=SimpleNamespace(SYSTEM="python"))
    stand_in("nemo_rl.environments.utils", register_env=registry.__setitem__)
    stand_in("ray", remote=lambda cls: cls)
    code, configuration = blocks("nemo_rl")[0].split("# in the configuration")
    exec(code, {})
    [(name, actor)] = registry.items()
    assert executables == {actor: "python"}
    config = yaml.safe_load("#" + configuration)["env"][name]
    module, _, cls = actor.rpartition(".")
    environment = getattr(importlib.import_module(module), cls)(config)
    found = environment.step([[{"role": "assistant", "content": SAID}]], [{"ground_truth": REFERENCE}])
    assert isinstance(found.rewards, torch.Tensor)
    assert found.rewards.tolist() == [WORKED_EXAMPLE]


def test_the_examples_of_the_extraction_print_what_the_page_says() -> None:
    [code] = re.findall(
        r"^```python\n(.*?)^```", SECTIONS["From output to transcript"], re.DOTALL | re.MULTILINE
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().splitlines() == re.findall(r"  # (.*)$", code, flags=re.MULTILINE)
