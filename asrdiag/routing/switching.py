"""An adapter that is switched on and off between batches, so that off is the base model to the last bit.

Adding a change to resident weights and subtracting it later does not give back the bits: floating-point
sums round. So both versions of the adapted layers are kept, and a layer is given one or the other.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn


class Switch(Protocol):
    """An adapter that can be on or off."""

    def use(self, adapted: bool) -> None:
        """Have the model's next pass go through the adapted weights, or through its own."""
        ...


@dataclass(frozen=True, slots=True)
class Pair:
    """Both versions of one layer's weight."""

    layer: nn.Module
    name: str
    base: nn.Parameter
    adapted: nn.Parameter


class WeightSwitch:
    """Gives each adapted layer a reference to one of its two weights: nothing is copied or computed.

    It takes the memory of the adapted layers a second time.
    """

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs

    def use(self, adapted: bool) -> None:
        for pair in self.pairs:
            setattr(pair.layer, pair.name, pair.adapted if adapted else pair.base)

    @property
    def extra_bytes(self) -> int:
        """What the second versions take."""
        return sum(pair.adapted.numel() * pair.adapted.element_size() for pair in self.pairs)


class LayerSwitch:
    """Has PEFT's layers pass by their adapter: slower when on, for adapters that cannot be merged."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers

    def use(self, adapted: bool) -> None:
        for layer in self.layers:
            layer.enable_adapters(adapted)


def make_switch(model: nn.Module) -> WeightSwitch | LayerSwitch:
    """Make a model's PEFT adapter one that can be switched; it is on at first.

    A LoRA on layers with weights of their own is merged into second versions of these, and PEFT's layers are
    taken out. Anything else is left to PEFT: other kinds of adapter, modules that are replaced as a whole,
    weights that are quantised, not in memory or shared with another layer (an embedding that is the head
    too).

    Args:
        model: with an adapter put in; it is changed.

    Raises:
        ValueError: the adapted weights have values that are not finite, or the model has no adapter.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    found = {name: module for name, module in model.named_modules() if isinstance(module, BaseTunerLayer)}
    replaced = [module for module in model.modules() if isinstance(module, AuxiliaryTrainingWrapper)]
    if not found and not replaced:
        raise ValueError("found no adapter in the model, expected one to switch")
    if replaced or not all(_mergeable(model, layer) for layer in found.values()):
        return LayerSwitch([*found.values(), *replaced])
    pairs = []
    for name, layer in found.items():
        pairs.append(_merged(layer))
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.get_base_layer())
    switch = WeightSwitch(pairs)
    switch.use(True)
    return switch


def _mergeable(model: nn.Module, layer: Any) -> bool:
    from peft.tuners.lora import LoraLayer

    base = layer.get_base_layer()
    weight = getattr(base, "weight", None)
    return (
        isinstance(layer, LoraLayer)
        and isinstance(base, nn.Linear | nn.Conv1d | nn.Conv2d)
        and isinstance(weight, nn.Parameter)
        and weight.is_floating_point()
        and weight.device.type != "meta"
        and not any(layer.lora_bias.values())
        and _owners(model, weight) == 1
    )


def _owners(model: nn.Module, weight: nn.Parameter) -> int:
    return sum(own is weight for module in model.modules() for own in module.parameters(recurse=False))


def _merged(layer: Any) -> Pair:
    base_layer = layer.get_base_layer()
    base = base_layer.weight
    base_layer.weight = nn.Parameter(base.detach().clone(), requires_grad=False)
    with torch.no_grad():
        layer.merge(safe_merge=True)  # refuses what is not finite
    adapted = base_layer.weight
    base_layer.weight = base
    return Pair(base_layer, "weight", base, adapted)
