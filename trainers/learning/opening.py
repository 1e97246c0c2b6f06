"""Opening a model that is to be trained, as the engine that will run it opens it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from asrdiag.engines.transformers.spec import TransformersSpec
from asrdiag.errors import UsageError

from .model_recipe import Model, ModelRecipe

if TYPE_CHECKING:
    from asrdiag.engines.transformers.families.base import Family

    from ..families.base import Part, TrainedFamily


def system_spec(name: str, model: Model, adapter: Path | None = None) -> TransformersSpec:
    """The system that a suite would name, before training.

    Raises:
        UsageError: the checkpoint, the adapter or a package is not there, or the family takes no such prompt
            or language.
    """
    spec = TransformersSpec(
        id=name,
        engine="transformers",
        model=model.checkpoint,
        revision=model.revision,
        adapter=None if adapter is None else str(adapter),
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


def base_name(spec: TransformersSpec) -> str:
    """What an adapter says of its base: where that lay when it was trained means nothing elsewhere."""
    folder = spec.checkpoint.folder
    return folder.name if folder else spec.checkpoint.name


def load_here(spec: TransformersSpec, device: str) -> "Family":
    """Load a model into this process, which alone works with it.

    Raises:
        UsageError: it cannot be loaded.
    """
    import torch

    from asrdiag.engines.transformers.loading import load

    threads = torch.get_num_threads()
    family = load(spec, device)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads)  # the engine counts on several processes, and takes one thread
    return family


def parts_of(family: "TrainedFamily", recipe: ModelRecipe) -> "Mapping[str, Part]":
    """A model's parts: those of the recipe, where it names any.

    Raises:
        UsageError: nobody knows them.
    """
    from ..families.base import Part

    if recipe.modules is not None:
        return {name: Part(each.weights, each.lora) for name, each in recipe.modules.items()}
    if not family.parts:
        raise UsageError(
            f"{recipe.model.checkpoint}: what the parts of such a model are called is not known here; name "
            "them under `modules:`"
        )
    return family.parts
