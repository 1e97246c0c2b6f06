"""Two adapters that were trained one after the other, as one for the model that the first was made for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from asrdiag.errors import UsageError
from asrdiag.store.atomic import replacing_folder, write_json

from ..learning.weights import CONFIG, WEIGHTS, read_adapter

_A, _B = ".lora_A.weight", ".lora_B.weight"

Factors = dict[str, tuple[torch.Tensor, torch.Tensor]]


def join(first: Path, second: Path, folder: Path) -> None:
    """Write one adapter that changes the weights by what both change them, up to rounding.

    B1 A1 s1 + B2 A2 s2 = [s1 B1, s2 B2] [A1; A2], so the rank of the result is the sum of both ranks. A layer
    that only one of them adapts is filled up with zeros.

    Args:
        first: of the base model.
        second: of the base model with `first` merged into it.
        folder: is made anew; weights are float32.

    Raises:
        UsageError: one of them is no LoRA adapter, or of a kind whose change is not B A s.
        SaveError: it could not be written.
    """
    from safetensors.torch import save_file

    (old, config), (new, other) = _read(first), _read(second)
    ranks = int(config["r"]), int(other["r"])
    weights: dict[str, torch.Tensor] = {}
    for layer in sorted({*old, *new}):
        a, b = zip(
            *(_filled(each, layer, rank, (old, new)) for each, rank in zip((old, new), ranks, strict=True)),
            strict=True,
        )
        weights[layer + _A] = torch.cat(a, dim=0).contiguous()
        weights[layer + _B] = torch.cat(b, dim=1).contiguous()
    rank = sum(ranks)
    names = sorted(layer.removeprefix("base_model.model.") for layer in {*old, *new})
    said = {
        **other,
        "r": rank,
        "lora_alpha": rank,
        "target_modules": names,
        "rank_pattern": {},
        "alpha_pattern": {},
    }
    with replacing_folder(folder) as temporary:
        save_file(weights, temporary / WEIGHTS, metadata={"format": "pt"})
        write_json(temporary / CONFIG, said)


def _filled(
    factors: Factors, layer: str, rank: int, both: tuple[Factors, Factors]
) -> tuple[torch.Tensor, torch.Tensor]:
    if layer in factors:
        return factors[layer]
    a, b = next(each[layer] for each in both if layer in each)
    return a.new_zeros(rank, a.shape[1]), b.new_zeros(b.shape[0], rank)


def require_joinable(adapter: Path) -> None:
    """Look at an adapter before a training whose result is to be joined with it.

    Raises:
        UsageError: as `join`.
    """
    _read(adapter)


def _read(folder: Path) -> tuple[Factors, Mapping[str, Any]]:
    """A and s B of each layer, and the configuration."""
    config, weights = read_adapter(folder)
    patterns = config.get("rank_pattern") or config.get("alpha_pattern")
    plain = {"peft_type": "LORA", "use_dora": False, "use_rslora": False}
    if patterns or any(config.get(key, value) != value for key, value in plain.items()):
        raise UsageError(f"start: {folder / CONFIG}: expected a plain LORA adapter of one rank")
    try:
        scale = config["lora_alpha"] / config["r"]
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise UsageError(
            f"start: {folder / CONFIG}: expected numbers for r and lora_alpha: {error}"
        ) from error
    layers = [name.removesuffix(_A) for name in weights if name.endswith(_A)]
    if odd := sorted({*weights} ^ {layer + factor for layer in layers for factor in (_A, _B)}):
        raise UsageError(
            f"start: {folder / WEIGHTS}: found {odd[0]}, expected the factors A and B of layers, and no more"
        )
    return {
        layer: (weights[layer + _A].float(), weights[layer + _B].float() * scale) for layer in layers
    }, config
