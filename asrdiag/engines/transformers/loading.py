"""Loading a checkpoint and its adapter onto a device."""

import importlib
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import util
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from ...errors import UsageError
from .checkpoint import Checkpoint
from .families import FamilyFacts

if TYPE_CHECKING:
    from .families.base import Family
    from .spec import TransformersSpec

T = TypeVar("T")

TRAINING_ONLY = ("masked_spec_embed",)
"""Weights that only training uses and that published checkpoints lack."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model on its device."""

    model: Any
    device: torch.device
    dtype: torch.dtype

    def put(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The batch on the model's device, its floating-point tensors in the model's number format.

        Copies to a GPU go through page-locked memory, so that they overlap with what it still computes.
        """
        pinned = self.device.type == "cuda"
        moved = {}
        for name, tensor in batch.items():
            source = tensor.to(self.dtype) if tensor.is_floating_point() else tensor
            if pinned and source.device.type == "cpu":
                source = source.pin_memory()
            moved[name] = source.to(self.device, non_blocking=pinned)
        return moved


def load(spec: "TransformersSpec", device: str) -> "Family":
    """Open the checkpoint with the class of its family.

    Raises:
        UsageError: the checkpoint or the adapter cannot be loaded, or a package is missing that the family
            needs.
    """
    import transformers

    if device == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        # Parallelism comes from worker processes; a second thread in each makes a busy machine slower.
        torch.set_num_threads(1)
    logging: Any = transformers.utils.logging
    # What it has to say of a model is asked for below; the rest would be said again for every batch.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    facts = spec.facts()
    if absent := [package for module, package in facts.needs.items() if util.find_spec(module) is None]:
        raise UsageError(
            f"{spec.model}: models of the family {facts.name} need {', '.join(absent)}: "
            f"pip install {' '.join(repr(package) for package in absent)}"
        )
    checkpoint = spec.checkpoint
    family = _told(checkpoint, lambda: _family_class(facts))
    pinned = {
        "revision": None if checkpoint.folder else checkpoint.resolved("config.json"),
        "trust_remote_code": spec.trust_remote_code,
    }
    dtype = getattr(torch, spec.resolved_dtype())

    def open_model() -> Any:
        model, info = family.model_class(checkpoint.read("config.json")).from_pretrained(
            checkpoint.repository,
            dtype=dtype,
            device_map=spec.device_map,
            output_loading_info=True,
            **({"attn_implementation": spec.attention} if spec.attention else {}),
            **pinned,
        )
        if missing := sorted(key for key in info["missing_keys"] if not key.endswith(TRAINING_ONLY)):
            raise UsageError(
                f"{checkpoint.name}: has no weights for {len(missing)} parts of {type(model).__name__}, "
                f"which would be random: {', '.join(missing[:3])}; is this another kind of checkpoint?"
            )
        return model if spec.device_map else model.to(device)

    model = _told(checkpoint, open_model)
    if adapter := spec.adapter_checkpoint:
        model = _told(adapter, lambda: _adapted(model, adapter))
    processor = _told(checkpoint, lambda: family.open_processor(checkpoint.repository, pinned))
    model.eval()
    return family(Loaded(model, model.device, dtype), processor, spec)


def _family_class(facts: FamilyFacts) -> "type[Family]":
    module, _, name = facts.implementation.partition(":")
    found: type[Family] = getattr(importlib.import_module(f"{__package__}.families.{module}"), name)
    return found


def _adapted(model: Any, adapter: Checkpoint) -> Any:
    from peft import PeftModel

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        wrapped = PeftModel.from_pretrained(model, str(adapter.fetched("adapter_config.json")))
    for warning in said:
        if "missing adapter keys" in str(warning.message):
            # PEFT goes on with fresh weights, which change nothing: the plain model would pass for this one.
            raise UsageError(f"{adapter.name}: {str(warning.message)[:300]}")
    # The layers were put into the model itself; its own `generate` is what knows about audio.
    return wrapped.get_base_model()


def _told(checkpoint: Checkpoint, action: Callable[[], T]) -> T:
    """Run a step of loading; what a user can set right is said without a traceback."""
    try:
        return action()
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise UsageError(f"{checkpoint.name}: cannot be loaded: {type(error).__name__}: {error}") from error
