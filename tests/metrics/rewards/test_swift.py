"""The reward as ms-swift loads and calls it. ms-swift itself is in real_trainers."""

import importlib.util
import pickle
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from asrdiag.metrics.rewards import WERReward, swift
from asrdiag.metrics.rewards.swift import DGWGPO, SwiftReward

REFERENCE = "The cat sat on the mat."
SAID = "language English<asr_text>The cap sat on mat."
WORKED_EXAMPLE = 0.715278  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)
GATE_OPEN = 0.7125  # 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75)
PLUGIN = Path(swift.__file__).with_name("plugin.py")


class Words(SwiftReward):
    def __init__(self, args: object = None) -> None:
        super().__init__(args, reward=WERReward())


@pytest.fixture
def orms(monkeypatch: pytest.MonkeyPatch) -> dict[str, type]:
    """ms-swift's table of reward functions, which holds its own."""
    package, rewards = ModuleType("swift"), ModuleType("swift.rewards")
    rewards.orms = {"accuracy": object}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "swift", package)
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    return rewards.orms  # type: ignore[attr-defined, no-any-return]


def execute(name: str) -> None:
    """As swift/utils/utils.py does."""
    spec = importlib.util.spec_from_file_location(name, PLUGIN)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_the_plugin_registers_what_ms_swift_makes_and_calls(orms: dict[str, type]) -> None:
    execute("_swift_external_" + "0" * 64)
    assert set(orms) == {"accuracy", "dgwgpo"}
    reward = orms["dgwgpo"](args=SimpleNamespace(max_completion_length=64))
    found = reward(
        [SAID, "hello"],
        solution=[REFERENCE, None],
        messages=[[], []],
        prompt_id=["a", "b"],
        is_truncated=[False, True],
        trainer_state=SimpleNamespace(global_step=1),
    )
    assert found == [pytest.approx(WORKED_EXAMPLE, abs=1e-6), None]
    assert type(reward).__name__ == "DGWGPO"  # its name in the logs


def test_importing_the_plugin_registers_nothing(orms: dict[str, type]) -> None:
    import asrdiag.metrics.rewards.swift.plugin  # noqa: F401

    assert set(orms) == {"accuracy"}


def test_nothing_beside_the_plugin_could_be_taken_for_a_package() -> None:
    """Its folder is first on ms-swift's path, where `trl` is imported afterwards."""
    assert {path.name for path in PLUGIN.parent.glob("*.py")} == {"__init__.py", "plugin.py"}


def test_settings_come_from_the_environment_and_keywords_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASRDIAG_REWARD", '{"tau": 0.5, "reference_column": "text"}')
    assert DGWGPO()([SAID], text=[REFERENCE]) == pytest.approx([GATE_OPEN], abs=1e-6)
    assert DGWGPO(tau=0.3)([SAID], text=[REFERENCE]) == pytest.approx([WORKED_EXAMPLE], abs=1e-6)
    monkeypatch.setenv("ASRDIAG_REWARD", "")
    assert DGWGPO(preset="paper-appendix")([SAID], solution=[REFERENCE]) == pytest.approx(
        [GATE_OPEN], abs=1e-6
    )


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("tau=0.5", ValueError, "ASRDIAG_REWARD is 'tau=0.5', which is no JSON"),
        ("[1]", ValueError, "expected a JSON object"),
        ('{"tau": "0.5"}', TypeError, "tau is '0.5'"),
        ('{"alpha": 1}', TypeError, "alpha"),
    ],
)
def test_wrong_settings_are_refused(
    value: str, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASRDIAG_REWARD", value)
    with pytest.raises(error, match=message):
        DGWGPO()


def test_another_reward_is_a_class_of_its_own() -> None:
    assert Words(args=None)([SAID], solution=[REFERENCE]) == pytest.approx([2 / 3])


def test_the_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"no column 'reference' or 'solution'.*found answer, prompt_id"):
        DGWGPO()(["hello"], answer=["hello"], prompt_id=["a"], trainer_state=None)


def test_it_survives_pickling() -> None:
    for reward in (DGWGPO(tau=0.5), Words()):
        twin = pickle.loads(pickle.dumps(reward))
        assert twin([SAID], solution=[REFERENCE]) == reward([SAID], solution=[REFERENCE])
