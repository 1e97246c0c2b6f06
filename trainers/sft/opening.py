"""Opening the model that is to be trained, as the engine that will run it opens it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from asrdiag.engines.transformers.loading import load
from asrdiag.engines.transformers.spec import TransformersSpec
from asrdiag.errors import UsageError

from ..families import trained
from ..families.base import Part, TrainedFamily
from .parts import with_adapter
from .schema import SftRecipe
from .weights import load_start


@dataclass(frozen=True, slots=True)
class Opened:
    """A model with its adapter, if it gets one."""

    family: TrainedFamily
    model: Any
    """What the trainer trains: peft's model around the family's, or that itself."""
    parts: Mapping[str, Part]


def system_spec(recipe: SftRecipe) -> TransformersSpec:
    """The system that a suite would name, before training.

    Raises:
        UsageError: the checkpoint or a package is not there, or the family takes no such prompt or language.
    """
    model = recipe.model
    spec = TransformersSpec(
        id=recipe.name,
        engine="transformers",
        model=model.checkpoint,
        revision=model.revision,
        family=model.family,
        dtype=model.dtype,
        attention=model.attention,
        language=model.language,
        prompt=model.prompt,
    )
    if reason := spec.unavailable():
        raise UsageError(f"{reason}: {spec.install}" if spec.lacks() else reason)
    spec.facts()
    return spec


def open_model(recipe: SftRecipe, device: str) -> Opened:
    """Load the checkpoint and put an adapter in.

    Raises:
        UsageError: it cannot be loaded or trained here, or a part of the recipe is none of the model's.
    """
    threads = torch.get_num_threads()
    spec = system_spec(recipe)
    if recipe.lora is None:
        # A bfloat16 has 8 bits: a step of 1e-6 would be rounded away. It computes in bfloat16 all the same.
        spec = spec.model_copy(update={"dtype": "float32"})
    family = trained(load(spec, device))
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads)  # one process trains; the engine counts on several
    parts: Mapping[str, Part] = family.parts
    if recipe.modules is not None:
        parts = {name: Part(each.weights, each.lora) for name, each in recipe.modules.items()}
    if not parts:
        raise UsageError(
            f"{recipe.model.checkpoint}: what the parts of such a model are called is not known here; name "
            "them under `modules:`"
        )
    model = family.family.model
    if recipe.lora is not None:
        model = with_adapter(model, parts, recipe.lora, recipe.seed)
        # Where the base lay when this was trained means nothing elsewhere.
        base = spec.checkpoint.folder
        model.peft_config["default"].base_model_name_or_path = base.name if base else spec.checkpoint.name
    if recipe.start is not None:
        load_start(model, recipe.start)
    if recipe.gradient_checkpointing:
        base_model = family.family.model
        # transformers 5.23 gave it another name.
        enable = getattr(base_model, "activation_checkpointing_enable", None)
        (enable or base_model.gradient_checkpointing_enable)({"use_reentrant": False})
    return Opened(family, model, parts)
