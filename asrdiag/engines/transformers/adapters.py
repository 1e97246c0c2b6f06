"""PEFT adapters, put into a loaded model whole or not at all."""

import warnings
from collections.abc import Sequence
from typing import Any

from ...errors import UsageError
from .checkpoint import ADAPTER_CONFIG, Checkpoint

NAME = "default"
SHOWN = 5


def put_in(model: Any, adapter: Checkpoint) -> Any:
    """Put an adapter's layers into the model.

    PEFT goes on with fresh weights, which change nothing, for what the adapter's file lacks, and leaves out
    what it has for modules that its configuration does not name or the model does not have: half an adapter,
    or none, would pass for the whole.

    Returns:
        The model itself: its own `generate` is what knows about audio.

    Raises:
        UsageError: the adapter is not found, its weights do not match its configuration and the model, or it
            is of a kind that is not made of layers.
    """
    from peft import PeftConfig, PeftModel

    folder = str(adapter.fetched(ADAPTER_CONFIG))
    config = PeftConfig.from_pretrained(folder)
    if config.is_prompt_learning:
        raise UsageError(
            f"{adapter.name}: found an adapter of the kind {config.peft_type.value}, which changes the "
            "prompt; expected one that changes layers, such as LORA"
        )
    config.inference_mode = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        wrapped = PeftModel(model, config, NAME)
    found = wrapped.load_adapter(folder, NAME, torch_device=str(model.device))
    for kind, keys in (("missing", found.missing_keys), ("surplus", found.unexpected_keys)):
        if keys:
            raise UsageError(f"{adapter.name}: {len(keys)} {kind} adapter weights: {_some(keys)}")
    return wrapped.get_base_model()


def _some(keys: Sequence[str]) -> str:
    names = sorted(key.replace(f".{NAME}.", ".") for key in keys)
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
