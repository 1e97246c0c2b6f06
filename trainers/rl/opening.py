"""Opening a policy: the model, the adapter of supervised training merged into it, and a new one to learn."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from asrdiag.engines.transformers.loading import load
from asrdiag.engines.transformers.spec import TransformersSpec
from asrdiag.errors import UsageError

from ..families import trained
from ..families.base import Part
from ..sft.parts import let_learn, with_adapter
from ..sft.schema import Model
from .policies import Policy, policy_of
from .schema import RlRecipe


@dataclass(frozen=True, slots=True)
class OpenedPolicy:
    """A policy and its new adapter."""

    policy: Policy
    model: Any
    """peft's model around the policy's; its `disable_adapter()` is the reference."""
    parts: Mapping[str, Part]


def system_spec(name: str, model: Model, start: Path | None) -> TransformersSpec:
    """The system that training starts from.

    Raises:
        UsageError: the checkpoint, the adapter or a package is not there.
    """
    spec = TransformersSpec(
        id=name,
        engine="transformers",
        model=model.checkpoint,
        revision=model.revision,
        adapter=None if start is None else str(start),
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


def open_policy(recipe: RlRecipe, device: str) -> OpenedPolicy:
    """Load, merge, and put a new adapter in.

    Raises:
        UsageError: it cannot be loaded or trained here, or a part of the recipe is none of the model's.
    """
    threads = torch.get_num_threads()
    loaded = load(system_spec(recipe.name, recipe.model, recipe.start), device)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads)  # one process trains; the engine counts on several
    if recipe.start is not None:
        _merge(loaded.model)
    family = trained(loaded)
    parts: Mapping[str, Part] = family.parts
    if recipe.modules is not None:
        parts = {name: Part(each.weights, each.lora) for name, each in recipe.modules.items()}
    adapted = {name: part for name, part in parts.items() if name in rates(recipe)}
    model = with_adapter(loaded.model, adapted, recipe.lora, recipe.seed)
    let_learn(model, parts, rates(recipe), adapter=True)
    model.eval()  # nothing is dropped out, in sampling or in learning
    return OpenedPolicy(policy_of(family), model, parts)


def rates(recipe: RlRecipe) -> dict[str, float]:
    """Learning rates by part."""
    return {"decoder" if part == "llm" else part: rate for part, rate in recipe.learning_rates.items()}


def _merge(model: Any) -> None:
    """Add each adapted layer's change to its weight, and put the plain layer back."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, layer in list(model.named_modules()):
        if isinstance(layer, BaseTunerLayer):
            layer.merge(safe_merge=True)
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, layer.get_base_layer())
    # peft leaves a note of the adapter on the model; with it, the new one would be taken for a second.
    for left in ("peft_config", "_hf_peft_config_loaded"):
        vars(model).pop(left, None)
