import sys
from types import SimpleNamespace

import pytest

from asrdiag.runner.batching import Room
from asrdiag.runner.memory import device_name, peak_device_memory_bytes
from asrdiag.runner.transcribing import Transcriber


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A process whose torch uses CUDA and sees one device, whatever its number in the machine."""

    def only_the_first(index: int) -> int:
        assert index == 0, "invalid device"
        return index

    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: 1,
        get_device_name=lambda index: f"GPU {only_the_first(index)}",
        max_memory_allocated=lambda index: 7 + only_the_first(index),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return cuda


def test_the_device_that_torch_has_is_named_and_measured(one_gpu: SimpleNamespace) -> None:
    for device in ("cuda", "cuda:0"):
        assert (device_name(device), peak_device_memory_bytes(device)) == ("GPU 0", 7)
    one_gpu.is_initialized = lambda: False
    assert (device_name("cuda:0"), peak_device_memory_bytes("cuda:0")) == (None, None)


@pytest.mark.usefixtures("one_gpu")
@pytest.mark.parametrize("device", ["cuda:1", None, "mps"])
def test_of_a_device_that_torch_does_not_have_nothing_is_said(device: str | None) -> None:
    assert (device_name(device), peak_device_memory_bytes(device)) == (None, None)


@pytest.mark.usefixtures("one_gpu")
def test_a_processor_has_no_device_memory() -> None:
    assert peak_device_memory_bytes("cpu") is None


@pytest.mark.usefixtures("one_gpu")
def test_a_process_is_measured_on_the_device_that_torch_has_in_it() -> None:
    """A process for `cuda:3` that sees this device alone: torch knows it as `cuda:0`, and no `cuda:3`."""
    engine = SimpleNamespace(id="a", open=lambda device: object(), torch_device=lambda device: "cuda:0")
    used = Transcriber(SimpleNamespace(engine=engine, room=Room(1)), "cuda:3").usage()
    assert (used.device, used.device_name, used.peak_device_memory_bytes) == ("cuda:3", "GPU 0", 7)
    engine.torch_device = lambda device: None  # the model is in other processes
    used = Transcriber(SimpleNamespace(engine=engine, room=Room(1)), "cuda:3").usage()
    assert (used.device_name, used.peak_device_memory_bytes) == (None, None)
