"""Two adapters as one: what a suite loads says what the trained policy said."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from asrdiag.errors import UsageError
from asrdiag.trainers.learning.weights import read_adapter
from asrdiag.trainers.rl.joining import join


def write(folder, layers, rank, alpha, seed):
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for layer in layers:
        weights[f"base_model.model.{layer}.lora_A.weight"] = torch.randn(rank, 5, generator=generator)
        weights[f"base_model.model.{layer}.lora_B.weight"] = torch.randn(4, rank, generator=generator)
    folder.mkdir()
    save_file(weights, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(
        f'{{"peft_type": "LORA", "r": {rank}, "lora_alpha": {alpha}, "target_modules": "x"}}'
    )
    return {
        layer: weights[f"base_model.model.{layer}.lora_B.weight"]
        @ weights[f"base_model.model.{layer}.lora_A.weight"]
        * (alpha / rank)
        for layer in layers
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3])
def test_weights_that_are_none_are_refused(tmp_path, value):
    write(tmp_path / "a", ["one.q"], rank=2, alpha=8, seed=0)
    path = tmp_path / "a" / "adapter_model.safetensors"
    save_file({name: torch.full(each.shape, value) for name, each in load_file(path).items()}, path)
    with pytest.raises(
        UsageError, match=r"start: .*one\.q\.lora_A\.weight: found NaN, infinity or whole numbers"
    ):
        read_adapter(tmp_path / "a")


def test_changes_add_up(tmp_path):
    first = write(tmp_path / "a", ["one.q", "one.k"], rank=2, alpha=8, seed=0)
    second = write(tmp_path / "b", ["one.k", "two.v"], rank=3, alpha=6, seed=1)
    join(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    from peft import LoraConfig
    from safetensors.torch import load_file

    config = LoraConfig.from_pretrained(str(tmp_path / "c"))
    weights = load_file(tmp_path / "c" / "adapter_model.safetensors")
    assert sorted(config.target_modules) == ["one.k", "one.q", "two.v"]
    assert config.r == 5
    for layer in ("one.q", "one.k", "two.v"):
        found = (
            weights[f"base_model.model.{layer}.lora_B.weight"]
            @ weights[f"base_model.model.{layer}.lora_A.weight"]
            * (config.lora_alpha / config.r)
        )
        expected = first.get(layer, torch.zeros(4, 5)) + second.get(layer, torch.zeros(4, 5))
        torch.testing.assert_close(found, expected)
