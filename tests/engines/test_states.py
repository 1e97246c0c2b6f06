import importlib.util
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from asrdiag.engines import ENGINES, hardware
from asrdiag.engines.base import EngineSpec, Package
from asrdiag.engines.states import EngineState, engine_states
from asrdiag.registry import Registry


def states(cuda: str | None = "no GPU driver is loaded") -> dict[str, EngineState]:
    return {state.name: state for state in engine_states(cuda=cuda)}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    """Makes packages look as if they were not installed."""
    real = importlib.util.find_spec

    def hide(*modules: str) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in modules else real(name))

    return hide


class Listener(EngineSpec):
    """Needs a GPU and a package under another name."""

    requires = (Package("listener-gpu", "yaml"), Package("nothing-such", "nothing_such", "whispers"))

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        return ("cuda",)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"listener": f"{__name__}:Listener", "odd": "asrdiag.errors:UsageError", "gone": "asrdiag.gone:X"}
    monkeypatch.setattr("asrdiag.engines.states.ENGINES", Registry("engine", "no.group", own))


def test_every_engine_has_a_state() -> None:
    found = states()
    assert list(found) == ENGINES.names()
    assert all(state.what.endswith(".") for state in found.values())
    moonshine = found["moonshine"]
    assert (moonshine.reason, moonshine.devices) == (None, ("cpu",))
    assert {package.name: version for package, version in moonshine.packages} == {
        "moonshine-voice": "0.1.0",
        "onnxruntime": metadata.version("onnxruntime"),
    }
    assert found["predictions"].devices == found["openai"].devices == ()


@pytest.mark.parametrize(
    ("engine", "hidden", "reason"),
    [
        (
            "transformers",
            ("torch", "transformers", "peft"),
            "torch, transformers are not installed: pip install 'asrdiag[transformers]'",
        ),
        ("openai", ("httpx2",), "httpx2 is not installed: pip install 'asrdiag[openai]'"),
        ("pocketsphinx", ("pocketsphinx",), "pocketsphinx is not installed: pip install pocketsphinx"),
        ("vllm", ("vllm",), "vllm is not installed: pip install asrdiag vllm==0.33.0"),
    ],
)
def test_what_is_missing_is_named_with_what_installs_it(
    without, engine: str, hidden: tuple[str, ...], reason: str
) -> None:
    without(*hidden)
    state = states()[engine]
    assert str(state.reason).startswith(reason)
    assert {package.module for package, version in state.packages if version is None} >= set(hidden)


def test_what_only_some_systems_need_does_not_make_an_engine_unusable(without) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install 'asrdiag[transformers]'")
    without("peft", "mistral_common")
    state = states()["transformers"]
    assert state.reason is None
    absent = {package.name: package.used_for for package, version in state.packages if version is None}
    assert absent["peft"] == "adapter, granite-speech"
    assert absent["mistral-common"] == "voxtral"


@pytest.mark.usefixtures("listener")
def test_an_engine_for_gpus_alone_is_usable_where_there_is_one() -> None:
    assert states("torch is not installed")["listener"].reason == (
        "it needs a CUDA device, and there is none: torch is not installed"
    )
    found = states(None)["listener"]
    assert (found.reason, found.devices) == (None, ("cuda",))


@pytest.mark.parametrize(
    ("version", "at_least", "missing"),
    [
        ("5.15.1", "5.15.1", None),
        ("5.16", "5.15.1", None),
        ("10.0", "5.15.1", None),
        ("2.13.0+cpu", "2.6", None),
        ("2.6.0a0+git1234", "2.6", None),
        ("unknown", "2.6", None),
        ("5.15.0", "5.15.1", "carrier 5.15.0 is installed, at least 5.15.1 is needed"),
        ("5.9.4.dev0", "5.15.1", "carrier 5.9.4.dev0 is installed, at least 5.15.1 is needed"),
        ("2.5.1+cu124", "2.6", "carrier 2.5.1+cu124 is installed, at least 2.6 is needed"),
    ],
)
def test_a_package_may_be_too_old(
    monkeypatch: pytest.MonkeyPatch, version: str, at_least: str, missing: str | None
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    assert Package("carrier", "json", at_least=at_least).missing() == missing
    assert Package("carrier", "json").missing() is None


def test_an_old_package_makes_an_engine_unusable_unless_only_some_systems_need_it(
    without, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install 'asrdiag[transformers]'")
    real = metadata.version
    old = {"transformers": "4.57.6", "torch": "2.5.1", "peft": "0.18.0"}
    monkeypatch.setattr(metadata, "version", lambda name: old.get(name) or real(name))
    state = states()["transformers"]
    assert state.reason == (
        "torch 2.5.1 is installed, at least 2.6 is needed; transformers 4.57.6 is installed, at least 5.15.1 "
        "is needed: pip install 'asrdiag[transformers]'"
    )
    del old["transformers"], old["torch"]
    state = states()["transformers"]
    assert state.reason is None
    [peft] = [package for package, _ in state.packages if package.name == "peft"]
    assert peft.missing() == f"peft 0.18.0 is installed, at least {peft.at_least} is needed"
    adapted = ENGINES.load("transformers")(
        id="a", engine="transformers", model="/nowhere", adapter="/nowhere"
    )
    assert adapted.unavailable() == f"{peft.missing()}: pip install 'asrdiag[transformers]'"
    without("vllm", "torch")
    old["transformers"] = "5.10.4"
    assert str(states()["transformers"].reason).startswith(
        "torch is not installed; transformers 5.10.4 is installed, at least 5.15.1 is needed: pip install"
    )


def test_the_oldest_versions_are_those_that_the_extra_installs() -> None:
    extra = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    installed = extra["project"]["optional-dependencies"]["transformers"]
    required = {one.name: one.at_least for one in ENGINES.load("transformers").requires if one.at_least}
    assert [f"{name}>={version}" for name, version in required.items()] == [
        requirement for name in required for requirement in installed if requirement.startswith(f"{name}>")
    ]
    assert set(required) == {"torch", "transformers", "accelerate", "peft"}


@pytest.mark.usefixtures("listener")
def test_a_module_that_came_under_another_name_is_shown_with_that_name() -> None:
    [(package, version), (other, absent)] = states(None)["listener"].packages
    assert (package.name, version) == ("listener-gpu", f"{metadata.version('PyYAML')} (PyYAML)")
    assert (other.name, absent) == ("nothing-such", None)


@pytest.mark.usefixtures("listener")
def test_what_is_registered_but_is_no_engine_is_said_so() -> None:
    found = states()
    assert found["odd"].reason == (
        "found <class 'asrdiag.errors.UsageError'>, expected a class derived from "
        "asrdiag.engines.base.EngineSpec"
    )
    assert str(found["gone"].reason).startswith("engine 'gone' (asrdiag.gone:X) cannot be loaded: ")


@pytest.mark.parametrize(
    ("version", "driver", "reason"),
    [
        ("2.13.0+cpu", True, "torch 2.13.0+cpu is a build without CUDA"),
        ("2.13.0", False, "no GPU driver is loaded"),
        ("2.13.0", True, None),
        (None, True, "torch is not installed"),
    ],
)
def test_why_there_is_no_cuda_device(
    without, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str | None, driver: bool, reason: str
) -> None:
    if version is None:
        without("torch")
    else:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace())
        monkeypatch.setattr(metadata, "version", lambda name: version)
    place = tmp_path / "nvidiactl"
    if driver:
        place.touch()
    monkeypatch.setattr(hardware, "DRIVERS", (str(place),))
    monkeypatch.setattr("sys.platform", "linux")
    assert hardware.why_no_cuda() == reason


def test_cuda_devices_are_named_as_run_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'asrdiag[transformers]'")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    found = SimpleNamespace(name="NVIDIA H200", total_memory=150 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: found)
    assert hardware.cuda_devices() == (
        hardware.CudaDevice("cuda:0", "NVIDIA H200", 150.0),
        hardware.CudaDevice("cuda:1", "NVIDIA H200", 150.0),
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert hardware.cuda_devices() == ()
