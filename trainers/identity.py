"""What decides what a training learns: a folder with another identity holds another training."""

import hashlib
from pathlib import Path
from typing import TypeVar

from asrdiag.spec import Json

from .model_recipe import ModelRecipe
from .opening import system_spec
from .recipe import LoadedRecipe

LEFT_OUT = ("name", "description", "workers", "trackers")
"""Keys of a recipe that change nothing of what is learnt, as `validation.max_rise`, which only chooses."""

R = TypeVar("R", bound=ModelRecipe)


def identity(loaded: LoadedRecipe[R]) -> dict[str, Json]:
    """All that decides what is learnt, save the rows, which are looked at later.

    Raises:
        UsageError: the checkpoint is not there.
    """
    recipe = loaded.recipe
    said = {key: value for key, value in loaded.resolved().items() if key not in LEFT_OUT}
    if isinstance(looked := said["validation"], dict):
        said["validation"] = {key: value for key, value in looked.items() if key != "max_rise"}
    return {
        "schema": 1,
        "recipe": said,
        "model": system_spec(recipe.name, recipe.model).identity()["revision"],
        "start": None if recipe.start is None else _sha256(recipe.start / "adapter_model.safetensors"),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
