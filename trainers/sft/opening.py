"""Opening a model, with an adapter in it, if it gets one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..families import trained
from ..families.base import Part, TrainedFamily
from ..learning.opening import base_name, load_here, parts_of, system_spec
from ..learning.parts import with_adapter
from ..learning.weights import load_start
from .schema import SftRecipe


@dataclass(frozen=True, slots=True)
class Opened:
    """A model with its adapter, if it gets one."""

    family: TrainedFamily
    model: Any
    """What the trainer trains: peft's model around the family's, or that itself."""
    parts: Mapping[str, Part]


def open_model(recipe: SftRecipe, device: str) -> Opened:
    """Load the checkpoint and put an adapter in.

    Raises:
        UsageError: it cannot be loaded or trained here, or a part of the recipe is none of the model's.
    """
    spec = system_spec(recipe.name, recipe.model)
    if recipe.lora is None:
        # A bfloat16 has 8 bits: a step of 1e-6 would be rounded away. It computes in bfloat16 all the same.
        spec = spec.model_copy(update={"dtype": "float32"})
    family = trained(load_here(spec, device))
    parts = parts_of(family, recipe)
    model = family.family.model
    if recipe.lora is not None:
        model = with_adapter(model, parts, recipe.lora, recipe.seed)
        model.peft_config["default"].base_model_name_or_path = base_name(spec)
    if recipe.start is not None:
        load_start(model, recipe.start)
    if recipe.gradient_checkpointing:
        base_model = family.family.model
        # transformers 5.23 gave it another name.
        enable = getattr(base_model, "activation_checkpointing_enable", None)
        (enable or base_model.gradient_checkpointing_enable)({"use_reentrant": False})
    return Opened(family, model, parts)
