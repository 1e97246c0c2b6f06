"""A model's parts: which weights each has, which of them learn, and how fast."""

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from asrdiag.errors import UsageError, unknown

from ..families.base import Part
from .model_recipe import Lora

_WRAPPED = re.compile(r"^base_model\.model\.|\.base_layer(?=\.)|\.lora_[AB]\.default(?=\.)")
"""What peft adds to the name of a parameter."""


def with_adapter(model: Any, parts: Mapping[str, Part], lora: Lora, seed: int) -> Any:
    """Put an adapter into the linear layers of all parts; the model's own weights then stay as they are.

    Its first factor is drawn and its second one zero, so that nothing changes before it learns.

    Raises:
        UsageError: a part has no such layers, or its name is that of others too, which cannot be adapted.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    for part, spec in parts.items():
        if not any(re.fullmatch(spec.lora, name) for name in names):
            raise UsageError(f"modules.{part}: no linear layer of the model has a name like {spec.lora!r}")
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="|".join(f"(?:{spec.lora})" for spec in parts.values()),
    )
    with torch.random.fork_rng(), warnings.catch_warnings():
        torch.manual_seed(seed)
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        try:
            return get_peft_model(model, config)
        except ValueError as error:
            told = str(error).replace("\n", " ")
            raise UsageError(
                f"modules: the names of `lora` fit more than linear layers: {told:.200}"
            ) from error


def own_names(model: Any) -> Iterator[tuple[str, Any]]:
    """Every parameter under the name that it has, or that its layer's weight has, in the model itself."""
    for name, parameter in model.named_parameters():
        yield _WRAPPED.sub("", name), parameter


def part_of(name: str, parts: Mapping[str, Part]) -> str | None:
    """The part that a parameter belongs to."""
    return next((part for part, spec in parts.items() if re.match(spec.weights, name)), None)


def require_parts(rates: Mapping[str, float], parts: Mapping[str, Part]) -> None:
    """Make sure that what is to learn is there.

    Raises:
        UsageError: a name is none of the model's parts.
    """
    for part in rates:
        if part not in parts:
            raise UsageError(f"learning_rates: {unknown('part', part, parts)}")


def let_learn(model: Any, parts: Mapping[str, Part], rates: Mapping[str, float], *, adapter: bool) -> None:
    """Let the weights of the parts with a learning rate learn, and no others.

    Raises:
        UsageError: there is no such part, or it has no weights that could learn.
    """
    require_parts(rates, parts)
    learning = dict.fromkeys(rates, 0)
    for (wrapped, parameter), (name, _) in zip(model.named_parameters(), own_names(model), strict=True):
        own = part_of(name, parts)
        learns = own in rates and (not adapter or ".lora_" in wrapped)
        parameter.requires_grad_(learns)
        if learns and own is not None:
            learning[own] += 1
    for each, count in learning.items():
        if not count:
            raise UsageError(f"modules.{each}: no weights have names like {parts[each].weights!r}")


def groups(
    model: Any, parts: Mapping[str, Part], rates: Mapping[str, float], weight_decay: float
) -> list[dict[str, Any]]:
    """Parameters for an optimiser: a group for each part that learns, with and without weight decay.

    Vectors (biases, the weights of norms) are not decayed.
    """
    found = []
    for part, rate in rates.items():
        own = [
            parameter
            for name, parameter in own_names(model)
            if parameter.requires_grad and part_of(name, parts) == part
        ]
        for decay, chosen in (
            (weight_decay, [each for each in own if each.dim() > 1]),
            (0.0, [each for each in own if each.dim() <= 1]),
        ):
            if chosen:
                found.append({"params": chosen, "lr": rate, "weight_decay": decay, "part": part})
    return found
