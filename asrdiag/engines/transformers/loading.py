"""Loading a checkpoint and its adapter onto a device."""

import importlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import util
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from ...errors import UsageError
from ..base import Package
from ..devices import cuda_index
from .adapters import put_in
from .checkpoint import Checkpoint
from .families import FamilyFacts
from .hub import left_alone_if_unreachable

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

        Copies to a GPU go through page-locked memory, and one begins before the one before it has ended. They
        do not overlap with computing: a batch is put when the answers to the one before it have been read.
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
    if old := Package("transformers", "transformers", at_least=facts.since).missing():
        raise UsageError(f"{spec.model}: models of the family {facts.name}: {old}")
    if absent := [package for module, package in facts.needs.items() if util.find_spec(module) is None]:
        raise UsageError(
            f"{spec.model}: models of the family {facts.name} need {', '.join(absent)}: "
            f"pip install {' '.join(repr(package) for package in absent)}"
        )
    if device != "cpu" and spec.device_map is None:
        # Else page-locked memory, and some kernels, make a context on the first GPU from every process.
        torch.cuda.set_device(cuda_index(device) or 0)
    checkpoint = spec.checkpoint
    family = _told(checkpoint, lambda: _family_class(facts))
    pinned = _pinned(spec, checkpoint)
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

    adapter = spec.adapter_checkpoint
    on_the_hub = any(one is not None and one.folder is None for one in (checkpoint, adapter))
    with left_alone_if_unreachable() if on_the_hub else nullcontext():
        model = _told(checkpoint, open_model)
        if adapter is not None:
            model = _told(adapter, lambda: put_in(model, adapter))
        processor = _told(checkpoint, lambda: family.open_processor(checkpoint.repository, pinned))
    model.eval()
    return family(Loaded(model, model.device, dtype), processor, spec)


def _family_class(facts: FamilyFacts) -> "type[Family]":
    module, _, name = facts.implementation.partition(":")
    found: type[Family] = getattr(importlib.import_module(f"{__package__}.families.{module}"), name)
    return found


def _pinned(spec: "TransformersSpec", checkpoint: Checkpoint) -> dict[str, Any]:
    """What every `from_pretrained` is told of where to look."""
    options: dict[str, Any] = {"trust_remote_code": spec.trust_remote_code}
    if code := spec.code_elsewhere():
        options["code_revision"] = code.revision
    if checkpoint.folder is None:
        options["revision"] = checkpoint.resolved("config.json")
    return options


def _told(checkpoint: Checkpoint, action: Callable[[], T]) -> T:
    """Run a step of loading; what a user can set right is said without a traceback."""
    try:
        return action()
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, re.error) as error:
        said = f"{checkpoint.name}: cannot be loaded: {type(error).__name__}: {error}"
        raise UsageError(said + _package_missing(error)) from error


def _package_missing(error: BaseException) -> str:
    """What transformers keeps to itself: it "can't load feature extractor" where a package is missing."""
    before = error.__context__
    while before is not None and not isinstance(before, ImportError):
        before = before.__context__
    return "" if before is None else f"; before that: {str(before).strip()}"
