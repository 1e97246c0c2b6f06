"""Opening a policy: the model, the adapter of supervised training merged into it, and a new one to learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accelerate import PartialState

from ..families import trained
from ..families.base import Part
from ..learning.model_recipe import rates_by_part
from ..learning.opening import base_name, load_here, parts_of, system_spec
from ..learning.parts import let_learn, require_parts, with_adapter
from .policies import Itself, Policy, Writer, policy_of
from .schema import RlRecipe


@dataclass(frozen=True, slots=True)
class OpenedPolicy:
    """A policy and its new adapter."""

    policy: Policy
    model: Any
    """peft's model around the policy's; its `disable_adapter()` is the reference."""
    parts: Mapping[str, Part]
    writer: Writer
    """Who draws the answers."""


def open_policy(recipe: RlRecipe, device: str) -> OpenedPolicy:
    """Load, merge, and put a new adapter in.

    Raises:
        UsageError: it cannot be loaded or trained here, or a part of the recipe is none of the model's.
    """
    spec = system_spec(recipe.name, recipe.model, recipe.start)
    loaded = load_here(spec, device)
    if recipe.start is not None:
        _merge(loaded.model)
    family = trained(loaded)
    policy = policy_of(family)
    parts = parts_of(family, recipe)
    rates = rates_by_part(recipe.learning_rates)
    require_parts(rates, parts)
    adapted = {name: parts[name] for name in parts if name in rates}
    model = with_adapter(loaded.model, adapted, recipe.lora, recipe.seed)
    model.peft_config["default"].base_model_name_or_path = base_name(spec)
    let_learn(model, parts, rates, adapter=True)
    model.eval()  # nothing is dropped out, in sampling or in learning
    return OpenedPolicy(policy, model, parts, _writer(recipe, policy, device))


def _writer(recipe: RlRecipe, policy: Policy, device: str) -> Writer:
    if recipe.sampling.engine == "transformers":
        return Itself(policy)
    from .vllm_rollouts import open_vllm

    return open_vllm(recipe, policy, device, PartialState().num_processes)


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
