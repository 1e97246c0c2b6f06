"""Which GPUs vLLM gets, and what is said where there are none."""

import os
from pathlib import Path
from typing import Any

import pytest
from engines.vllm.asking import system
from engines.vllm.stand_in import Vllm

from asrdiag.errors import UsageError
from asrdiag.runner.usable import require_usable


@pytest.mark.parametrize(
    ("device", "shared_by", "visible", "expected"),
    [
        ("cuda", 1, None, None),
        ("cuda:1", 1, None, "1"),
        ("cuda:1", 2, None, "1,2"),
        ("cuda:1", 1, "4,7", "7"),
        ("cuda:0", 2, "4,7,9", "4,7"),
        ("cuda:1", 1, "GPU-5d0c9a77,GPU-12ab34cd", "GPU-12ab34cd"),
    ],
)
def test_the_gpu_asked_for_is_chosen_before_cuda_is_asked_anything(
    vllm: Vllm,
    qwen3: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    shared_by: int,
    visible: str | None,
    expected: str | None,
) -> None:
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    system(qwen3, tensor_parallel_size=shared_by).open(device)
    # CUDA reads the variable once; what it is later changes nothing.
    assert vllm.visible_at_first == expected == os.environ.get("CUDA_VISIBLE_DEVICES")
    # torch counts the GPUs without starting CUDA.
    assert os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] == "1"
    assert vllm.engine.get("distributed_executor_backend") == ("mp" if shared_by > 1 else None)


@pytest.mark.parametrize(
    ("gpus", "visible", "device", "shared_by", "reason"),
    [
        (0, None, "cuda", 1, "theirs cannot use the device 'cuda': there is no CUDA device: "),
        (2, "", "cuda:0", 1, "theirs cannot use the device 'cuda:0': there is no CUDA device: "),
        (
            2,
            None,
            "cuda:2",
            1,
            "theirs cannot use the device 'cuda:2': there is no such device; torch finds 2 ",
        ),
        (
            2,
            None,
            "cuda:1",
            2,
            "theirs cannot use the device 'cuda:1': it takes 2 from there on; torch finds 2 ",
        ),
        (2, None, "cuda", 4, "theirs cannot use the device 'cuda': it takes 4 from there on; torch finds 2 "),
        (
            2,
            None,
            "cpu",
            1,
            "theirs cannot use the device 'cpu'; it can use: cuda, cuda:N; vLLM runs on NVIDIA",
        ),
    ],
)
def test_a_gpu_that_is_not_there(
    vllm: Vllm,
    qwen3: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpus: int,
    visible: str | None,
    device: str,
    shared_by: int,
    reason: str,
) -> None:
    vllm.gpus = gpus
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    spec = system(qwen3, tensor_parallel_size=shared_by)
    assert str(spec.refuses(device)).startswith(reason)
    # The package is there; which GPUs are is another question, which another machine may answer.
    assert spec.unavailable() is None
    with pytest.raises(UsageError):
        spec.open(device)
    assert not vllm.engine


def test_a_choice_that_the_environment_does_not_allow(
    vllm: Vllm, qwen3: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4")
    with pytest.raises(
        UsageError, match="found CUDA_VISIBLE_DEVICES '4', expected 1 devices from 'cuda:1' on"
    ):
        system(qwen3).open("cuda:1")


def test_every_gpu_has_a_model_or_a_share_in_one(vllm: Vllm, qwen3: Path) -> None:
    vllm.gpus = 5
    assert system(qwen3).devices("cuda") == ("cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4")
    # Two models of two GPUs each; the fifth GPU is left over.
    assert system(qwen3, tensor_parallel_size=2).devices("cuda") == ("cuda:0", "cuda:2")
    assert system(qwen3, tensor_parallel_size=2).devices("cuda:3") == ("cuda:3",)


def test_two_models_are_not_put_on_one_gpu(vllm: Vllm, qwen3: Path) -> None:
    shared = system(qwen3, tensor_parallel_size=2)
    require_usable([shared], "cuda:0,cuda:2", here=True)
    require_usable([system(qwen3)], "cuda:1,cuda:2", here=True)
    with pytest.raises(UsageError) as refused:
        require_usable([shared], "cuda:1,cuda:2", here=True)
    assert str(refused.value) == (
        "theirs takes 2 GPUs, from the named one on, so cuda:1 and cuda:2 would share cuda:2; name devices "
        "that are at least 2 apart"
    )


def test_a_machine_without_gpus_can_send_the_work_to_others(vllm: Vllm, qwen3: Path) -> None:
    vllm.gpus = 0
    require_usable([system(qwen3)], "cuda", here=False)
    with pytest.raises(UsageError, match="there is no CUDA device"):
        require_usable([system(qwen3)], "cuda", here=True)


def test_memory_is_asked_of_the_gpu_as_torch_calls_it(qwen3: Path) -> None:
    assert system(qwen3).torch_device("cuda:3") == "cuda:0"  # the only one that its process sees
    # The weights are in processes of vLLM's own, of which torch knows nothing here.
    assert system(qwen3, tensor_parallel_size=2).torch_device("cuda:0") is None


def test_without_vllm_it_says_what_to_install(qwen3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "vllm" else object())
    reason = "vllm is not installed: pip install asrdiag vllm==0.33.0"
    assert system(qwen3).unavailable().startswith(reason)
    with pytest.raises(UsageError, match=reason):
        system(qwen3).open("cuda")


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        ({"vllm": "0.28.0"}, "vllm 0.28.0 is installed, at least 0.29 is needed: pip install"),
        (
            {"vllm": "0.29.0", "transformers": "5.10.4"},
            "transformers 5.10.4 is installed, at least 5.15.1 is needed: pip install",
        ),
    ],
)
def test_a_version_that_would_do_something_else_is_refused(
    vllm: Vllm, qwen3: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], reason: str
) -> None:
    from importlib import metadata

    real: Any = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: versions.get(name) or real(name))
    assert str(system(qwen3).unavailable()).startswith(reason)


def test_a_vllm_that_cannot_be_imported_is_named(
    vllm: Vllm, qwen3: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delattr(sys.modules["vllm"], "LLM")
    with pytest.raises(UsageError, match="theirs: vllm cannot be imported: cannot import name 'LLM'"):
        system(qwen3).open("cuda")
