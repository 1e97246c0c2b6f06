import importlib.machinery
import json
import sys
import types
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")

from engines.vllm import stand_in  # noqa: E402  (after the skip)


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> stand_in.Vllm:
    """Puts the stand-in in place of the package, on a machine that seems to have ten GPUs."""
    import torch

    fake = stand_in.Vllm()
    for name, content in stand_in.modules(fake).items():
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.33.0" if name == "vllm" else real(name))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: fake.count() > 0)
    monkeypatch.setattr(torch.cuda, "device_count", fake.count)
    for name in ("CUDA_VISIBLE_DEVICES", "PYTORCH_NVML_BASED_CUDA_CHECK", "VLLM_LOGGING_LEVEL"):
        monkeypatch.setenv(name, "")  # so that what the engine sets is undone
        monkeypatch.delenv(name)
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "")
    monkeypatch.delenv("VLLM_ENABLE_V1_MULTIPROCESSING")
    return fake


@pytest.fixture(scope="session")
def qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.qwen3_asr(tmp_path_factory.mktemp("qwen3"))


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter of every layer that vLLM adapts as it should."""
    from safetensors.numpy import save_file

    layers = [
        *(f"audio_tower.layers.0.self_attn.{one}_proj" for one in ("q", "k", "v", "out")),
        "audio_tower.layers.1.fc1",
        "audio_tower.layers.1.fc2",
        "multi_modal_projector.linear_1",
        "multi_modal_projector.linear_2",
        *(f"language_model.layers.0.self_attn.{one}_proj" for one in "qkvo"),
        *(f"language_model.layers.0.mlp.{one}_proj" for one in ("gate", "up", "down")),
    ]
    weights = {
        f"base_model.model.model.{layer}.lora_{side}.weight": np.zeros((1, 1), np.float32)
        for layer in layers
        for side in "AB"
    }
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 4, "rank_pattern": {"q_proj": 12}}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file(weights, folder / "adapter_model.safetensors")
    return folder
